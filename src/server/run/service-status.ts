import type { Address } from "../../core/address.ts";

export type ServiceState = "starting" | "running" | "waiting" | "stopping" | "stopped" | "failed";

export interface ServiceStatus {
  readonly name: string;
  readonly role: string;
  readonly state: ServiceState;
  readonly addresses: readonly Address[];
  /** Milliseconds since 1970 at which it last began to run; undefined while it does not. */
  readonly runningSince: number | undefined;
  /**
   * How often it has come to run again: after a failure, or by a restart that somebody asked for. A start after a
   * stop is none, and neither is an attempt that did not succeed.
   */
  readonly restarts: number;
  /** Why it is waiting or has failed. */
  readonly error?: string | undefined;
}

/** A state as the end of a sentence about a service. */
export const stateWords: Readonly<Record<ServiceState, string>> = {
  starting: "is starting",
  running: "is running",
  waiting: "waits to be started again",
  stopping: "is stopping",
  stopped: "is stopped",
  failed: "has failed",
};
