import type { z } from "zod";
import type { Address } from "./address.ts";
import type { Logger } from "./log.ts";
import type { Operations } from "./operation.ts";
import type { Traffic } from "./traffic.ts";

/**
 * A kind of server. One folder under `src/roles/`, one word in `src/roles/index.ts`. A role keeps no module
 * state: two services of one role run side by side, and a role does not know whether it runs in a thread.
 */
export interface Role<C = unknown> {
  /** The word in `role:`, and the name of the service that needs no `role:`. */
  readonly name: string;
  /** One line, shown by `distsrv roles`. */
  readonly summary: string;
  /** The role's own schema: strict, with every default in it, its result plain data that survives a clone. */
  readonly config: z.ZodType<C>;
  /** What the service's port is a port of, so that two services on one port are told before they start. */
  readonly transport?: "tcp" | "udp";
  /** The ports of a service that listens on more than its own `port`; absent: that one. */
  ports?(config: C): readonly PortClaim[];
  /** What is wrong with the machine that is to run it, such as a file that is missing; looked at before a start. */
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
  /** Where in the service's settings it is said, e.g. `["listeners", 0, "port"]`. */
  readonly path: readonly (string | number)[];
}

/** Something that a service needs of the machine and does not find there. */
export interface UnmetNeed {
  /** Where in the service's settings it is asked for. */
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
  /** Counters (`..._total`) and gauges, pulled by whoever wants them. */
  stats(): Readonly<Record<string, number>>;
  /** The peers connected now, `host:port`, where the service has connections. */
  clients?(): readonly string[];
  /** What goes wrong just now without being an error, a sentence each, for a person to read. */
  problems?(): readonly string[];
  /** What the service shows of its insides, by name: plain data, bounded in size. Main thread only. */
  readonly views?: Readonly<Record<string, View>>;
  /** What the service can be asked to do, by name. Main thread only. */
  readonly actions?: Readonly<Record<string, Action>>;
  /** Drains until the deadline, then drops; safe to call twice. */
  stop(deadline: AbortSignal): Promise<void>;
  /** Applies a new configuration live; absent or false: the supervisor restarts the service. */
  reload?(next: C): Promise<boolean>;
}

/** All that a role may touch. */
export interface RoleContext {
  /** The service's name, a key under `services:`. */
  readonly service: string;
  /** The program's version, for a protocol that says it. */
  readonly version: string;
  readonly log: Logger;
  readonly traffic: Traffic;
  readonly operations: Operations;
  /** 0 on the main thread, 1 and up in a worker. */
  readonly thread: number;
  /** Another thread of this service listens on the port already: share it instead of claiming it. */
  readonly joins: boolean;
  /** A failure after start that the service cannot live with. The supervisor stops and restarts it. */
  fail(error: Error): void;
}
