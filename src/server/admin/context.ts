import type { OpenAPIHono } from "@hono/zod-openapi";
import type { Asker, Audit } from "../../core/audit.ts";
import type { CommandNames } from "../../core/command-names.ts";
import type { Logins } from "../../core/guards.ts";
import type { Logger } from "../../core/log.ts";
import type { Problem } from "../../core/problem.ts";
import type { Tries } from "../../core/try.ts";
import type { DashboardAssets } from "../../dashboard/assets.ts";
import type { History } from "../../observe/history.ts";
import type { RateHistory } from "../../observe/rate-history.ts";
import type { TrafficHub } from "../../observe/traffic-hub.ts";
import type { AdminConfig } from "../config/schema.ts";
import type { BanList } from "../guards/ban-list.ts";
import type { GuardNumbers } from "../guards/process-guards.ts";
import type { ReloadReport } from "../run/reloader.ts";
import type { Supervisor } from "../run/supervisor.ts";
import type { AdminUsers } from "./admin-users.ts";
import type { LocalUser } from "./local-users.ts";

/** What the process knows about itself. */
export interface ProcessFacts {
  readonly pid: number;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** Bytes. */
  readonly memory: { readonly rss: number; readonly heap: number };
  /** Seconds of processor time. */
  readonly cpu: { readonly user: number; readonly system: number };
  readonly platform: string;
  readonly bun: string;
}

/** What goes wrong in the process itself, outside of its services. */
export interface ProcessHealth {
  problems(): readonly Problem[];
  /** Lines of the log lost since the start, by where they should have gone. */
  lostLogLines(): Readonly<Record<string, number>>;
  /** Packets of the capture; undefined where there is none. */
  capture(): { readonly received: number; readonly dropped: number } | undefined;
  /** File descriptors, where the system says. */
  descriptors(): { readonly open: number | undefined; readonly limit: number | undefined };
  /** Bans, and wrong logins. */
  guards(): GuardNumbers;
}

/**
 * What is kept in this directory, as `distsrv store export` prints it; whoever stops reading ends it.
 * @throws {Error} where it cannot be read, also in the middle
 */
export type CopyStore = (directory: string) => AsyncIterable<Uint8Array>;

/** The dependencies of the admin service. They are injected, so that tests need neither a port nor a process. */
export interface AdminContext {
  readonly config: AdminConfig;
  readonly version: string;
  readonly supervisor: Supervisor;
  readonly history: History;
  /** For what wants all traffic, and no sample of it. */
  readonly hub: TrafficHub;
  readonly rates: RateHistory;
  readonly log: Logger;
  /** How the programs are run, for the commands that are shown. */
  readonly names: CommandNames;
  readonly facts: () => ProcessFacts;
  readonly health: ProcessHealth;
  readonly bans: BanList;
  readonly logins: Logins;
  /** Those who have a token. */
  readonly users: AdminUsers;
  /** Whose connection it is whose other end is `peer`; undefined where nobody can be made out. */
  readonly whoIs: (peer: string) => Promise<LocalUser | undefined>;
  /** Goes over to what the file says now. @throws {Error} when nothing is changed, saying why */
  readonly reload: (asker: Asker) => Promise<ReloadReport>;
  /** Stops the whole process, as SIGTERM does. */
  readonly drain: (reason: string, asker: Asker) => void;
  /** Records what is asked for; absent: nobody wants to know. */
  readonly audit?: Audit | undefined;
  /** The text of /metrics. */
  readonly metrics: () => Promise<string>;
  readonly dashboard?: () => Promise<DashboardAssets>;
  readonly tries?: () => Promise<Tries>;
  readonly copyStore: CopyStore;
  /** Aborted when the admin service stops. Event streams end then; they never end by themselves. */
  readonly stopping: AbortSignal;
}

/** Adds a group of routes to the app. */
export type AddRoutes = (app: OpenAPIHono, context: AdminContext) => void;
