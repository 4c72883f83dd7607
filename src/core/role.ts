import type { z } from "zod";
import type { Address } from "./address.ts";
import type { DescriptorBudget } from "./descriptors.ts";
import type { Logger } from "./log.ts";
import type { Operations } from "./operation.ts";
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
  /** What this machine lacks for the configuration, such as a file; checked before a start. */
  unmet?(config: C): readonly UnmetNeed[];
  /** A shell command that talks to the service, shown when it has started. */
  example?(config: C, addresses: readonly Address[]): string;
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

/** @throws {Error} saying what is wrong with the input, and what would be right */
export type Action = (input: unknown) => unknown;

export interface RunningService<C = unknown> {
  /** Where it really listens: port 0 has become a real port. */
  readonly addresses: readonly Address[];
  /** Counters (`..._total`) and gauges, read on demand. */
  stats(): Readonly<Record<string, number>>;
  /** The peers connected now, `host:port`, where the service has connections. */
  clients?(): readonly string[];
  /** What is wrong at the moment without being an error: one sentence each, for a person to read. */
  problems?(): readonly string[];
  /** Views of the service's internal state, by name: plain data, bounded in size. Main thread only. */
  readonly views?: Readonly<Record<string, View>>;
  /** What the service can be asked to do, by name. Main thread only. */
  readonly actions?: Readonly<Record<string, Action>>;
  /** Drains until the deadline, then drops; safe to call twice. */
  stop(deadline: AbortSignal): Promise<void>;
  /** Applies a new configuration live; absent or false: the supervisor restarts the service. */
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
  /** In a worker: how many clients each thread of the service has. */
  readonly loads?: ThreadLoads;
  /** A failure after start that the service cannot live with. The supervisor stops and restarts it. */
  fail(error: Error): void;
}
