import type { z } from "zod";
import type { Address } from "./address.ts";
import type { Asker, Audit } from "./audit.ts";
import type { DescriptorBudget } from "./descriptors.ts";
import type { Guards } from "./guards.ts";
import type { Logger } from "./log.ts";
import type { Operations } from "./operation.ts";
import type { Problem } from "./problem.ts";
import type { ThreadLoads } from "./thread-loads.ts";
import type { Traffic } from "./traffic.ts";

/**
 * A kind of server: one folder under `src/roles/`, one entry in `src/roles/index.ts`. A role keeps no module state,
 * because two services of one role run side by side, and it does not know whether it runs in a thread.
 */
export interface Role<C = unknown> {
  /** The value of `role:`; a service of this name needs no `role:`. */
  readonly name: string;
  /** One line, shown by `distsrv roles`. */
  readonly summary: string;
  /** The role's own schema: strict, with every default in it, its result plain data that survives a clone. */
  readonly config: z.ZodType<C>;
  /** The transport of the service's port: two services on one port are reported before they start. */
  readonly transport?: "tcp" | "udp";
  /** The ports of a service that listens on more than its own `port`; absent: that one. */
  ports?(config: C): readonly PortClaim[];
  /**
   * The configuration with the ports moved up that stand inside of texts, such as tcp://0.0.0.0:5555; those of `ports`
   * are moved already. Absent: there are none.
   * @throws {Error} that says which of them would be above 65535
   */
  movedEndpoints?(config: C, offset: number): C;
  /** The configuration with the paths of its files made absolute by `resolve`. Absent: it names no files. */
  resolveFiles?(config: C, resolve: (path: string) => string): C;
  /**
   * Called when the configuration is to be run, and not when it is only checked: the configuration once what it lacks has
   * been made, such as a list of passwords. Absent: it makes nothing.
   * @throws {Error} when it cannot be made
   */
  prepare?(config: C, log: Logger): C;
  /** What this machine lacks for the configuration, such as a file; checked before a start. */
  unmet?(config: C): readonly UnmetNeed[];
  /** A shell command that talks to the service, shown when it has started. */
  example?(config: C, addresses: readonly Address[]): string;
  /** What only one running service can have besides ports, such as a directory, in words of the role's own. */
  exclusive?(config: C): readonly string[];
  /** Whether it lets in only who proves who they are; absent: where `tls` requires their certificates. */
  knowsItsClients?(config: C): boolean;
  /** It serves the operations of the file: a change of these concerns it. */
  readonly usesOperations?: boolean;
  /** Worker threads to run `start` in, each a listener on the same port; absent or 0: the main thread. */
  threads?(config: C): number;
  /**
   * Called with a checked configuration. When it resolves, the service accepts clients.
   * @throws {StartError} and leaves nothing behind
   */
  start(context: RoleContext, config: C): Promise<RunningService<C>>;
}

/** A port that a service wants. */
export interface PortClaim {
  readonly transport: "tcp" | "udp";
  readonly host: string;
  readonly port: number;
  /** The setting that asks for it, e.g. `["listeners", 0, "port"]`. */
  readonly path: readonly (string | number)[];
}

/** Something that a service needs and this machine lacks. */
export interface UnmetNeed {
  /** The setting that asks for it. */
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** Gives plain data (what JSON can say) for a query such as `{ filter: "sister/#", limit: "100" }`. */
export type View = (query: Readonly<Record<string, string>>) => unknown;

/**
 * @param asker who wants it, for the audit; absent: nobody is known
 * @throws {Error} saying what is wrong with the input, and what would be right
 */
export type Action = (input: unknown, asker?: Asker) => unknown;

export interface RunningService<C = unknown> {
  /** Where it really listens: port 0 has become a real port. */
  readonly addresses: readonly Address[];
  /** Counters (`..._total`) and gauges, read on demand. */
  stats(): Readonly<Record<string, number>>;
  /** The peers connected now, `host:port`, where the service has connections. */
  clients?(): readonly string[];
  /** What is wrong at the moment without being an error. */
  problems?(): readonly Problem[];
  /** Why it cannot do all of its work although it runs, in a sentence; undefined: it can. */
  unready?(): string | undefined;
  /** Views of the service's internal state, by name: plain data, bounded in size. Main thread only. */
  readonly views?: Readonly<Record<string, View>>;
  /** What the service can be asked to do, by name. Main thread only. */
  readonly actions?: Readonly<Record<string, Action>>;
  /** Where it keeps what outlives it; absent: nowhere. */
  readonly dataDirectory?: string | undefined;
  /** Drains until the deadline, then drops; safe to call twice. */
  stop(deadline: AbortSignal): Promise<void>;
  /**
   * Reads the certificates that `next` names again, for clients from now on; those that are connected stay.
   * @returns whether anything is different
   * @throws {Error} when they cannot be used: nothing is changed
   */
  renewTls?(next: C): Promise<boolean>;
  /** Applies a new configuration live; absent or false, and nothing applied: the supervisor restarts the service. */
  reload?(next: C): Promise<boolean>;
}

/** Everything of the program that a role may use. */
export interface RoleContext {
  /** The service's name, a key under `services:`. */
  readonly service: string;
  /** The program's version, for a protocol that announces it. */
  readonly version: string;
  readonly log: Logger;
  readonly traffic: Traffic;
  readonly operations: Operations;
  /** 0 on the main thread, 1 and up in a worker. */
  readonly thread: number;
  /** Another thread of this service listens on the port already: share it instead of claiming it. */
  readonly joins: boolean;
  /** How the connections of all services share the file descriptors; absent where the limit is not known. */
  readonly descriptors?: DescriptorBudget | undefined;
  /** Who is kept out of all services, and who tries passwords out; absent: nobody is kept out. */
  readonly guards?: Guards | undefined;
  /** Records who comes, who is refused and what is changed; absent: nobody asked for that. */
  readonly audit?: Audit | undefined;
  /** In a worker: how many clients each thread of the service has. */
  readonly loads?: ThreadLoads;
  /** A failure after start that the service cannot live with. The supervisor stops and restarts it. */
  fail(error: Error): void;
}
