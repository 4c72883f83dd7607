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
   * How often it was started again successfully: after a failure, or by a requested restart. A start after a requested
   * stop does not count.
   */
  readonly restarts: number;
  /** Why it is waiting or has failed. */
  readonly error?: string | undefined;
}

/** The predicate of a sentence about a service. */
export const stateWords: Readonly<Record<ServiceState, string>> = {
  starting: "is starting",
  running: "is running",
  waiting: "waits to be started again",
  stopping: "is stopping",
  stopped: "is stopped",
  failed: "has failed",
};
