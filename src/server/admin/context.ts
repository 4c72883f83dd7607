import type { OpenAPIHono } from "@hono/zod-openapi";
import type { CommandNames } from "../../core/command-names.ts";
import type { Logger } from "../../core/log.ts";
import type { Tries } from "../../core/try.ts";
import type { DashboardAssets } from "../../dashboard/assets.ts";
import type { History } from "../../observe/history.ts";
import type { Plan } from "../config/plan.ts";
import type { AdminConfig } from "../config/schema.ts";
import type { Supervisor } from "../run/supervisor.ts";

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
  /** One sentence each, for a person to read. */
  problems(): readonly string[];
  /** Lines of the log lost since the start, by where they should have gone. */
  lostLogLines(): Readonly<Record<string, number>>;
  /** File descriptors, where the system says. */
  descriptors(): { readonly open: number | undefined; readonly limit: number | undefined };
}

/** The dependencies of the admin service. They are injected, so that tests need neither a port nor a process. */
export interface AdminContext {
  readonly config: AdminConfig;
  readonly version: string;
  readonly plan: Plan;
  readonly supervisor: Supervisor;
  readonly history: History;
  readonly log: Logger;
  /** How the programs are run, for the commands that are shown. */
  readonly names: CommandNames;
  readonly facts: () => ProcessFacts;
  readonly health: ProcessHealth;
  /** Stops the whole process, as SIGTERM does. */
  readonly drain: (reason: string) => void;
  /** The text of /metrics. */
  readonly metrics: () => Promise<string>;
  readonly dashboard?: () => Promise<DashboardAssets>;
  readonly tries?: () => Promise<Tries>;
  /** Aborted when the admin service stops. Event streams end then; they never end by themselves. */
  readonly stopping: AbortSignal;
}

/** Adds a group of routes to the app. */
export type AddRoutes = (app: OpenAPIHono, context: AdminContext) => void;
