import type { Address } from "../../core/address.ts";
import type { DescriptorBudget } from "../../core/descriptors.ts";
import type { StartErrorCode } from "../../core/errors.ts";
import type { Ban } from "../../core/guards.ts";
import type { LogFields, LogLevel } from "../../core/log.ts";
import type { Problem } from "../../core/problem.ts";
import type { TrafficEvent, TrafficKind } from "../../core/traffic.ts";
import type { SampleRates } from "../../observe/observer.ts";
import type { OperationDefinition } from "../config/plan.ts";
import type { BanChange } from "../guards/ban-list.ts";

/** What a worker needs to start its role. */
export type StartMessage = Extract<ToThread, { kind: "start" }>;

/** Messages from the main thread to a worker. */
export type ToThread =
  | {
      readonly kind: "start";
      readonly role: string;
      readonly service: string;
      readonly version: string;
      readonly config: unknown;
      readonly operations: readonly OperationDefinition[];
      readonly descriptors: DescriptorBudget | undefined;
      readonly thread: number;
      /** Another thread of the service listens on the port already. */
      readonly joins: boolean;
      /** The memory of the threads' `ThreadLoads`. */
      readonly loads: SharedArrayBuffer;
      /** The memory of the thread's `InFlightTraffic`. */
      readonly inFlight: SharedArrayBuffer;
      readonly rates: SampleRates;
      /** Who is banned; absent: nobody is kept out. */
      readonly bans: readonly Ban[] | undefined;
    }
  /** Who is banned is not the same any more. */
  | { readonly kind: "bans"; readonly change: BanChange }
  /** Observers were added or removed; from now on these are the rates to sample at. */
  | { readonly kind: "rates"; readonly rates: SampleRates }
  | { readonly kind: "read"; readonly id: number }
  /** Read the certificates again that this configuration names. */
  | { readonly kind: "renew-tls"; readonly id: number; readonly config: unknown }
  | { readonly kind: "stop"; readonly graceMs: number };

/** Messages from a worker to the main thread. */
export type FromThread =
  | { readonly kind: "started"; readonly addresses: readonly Address[] }
  | { readonly kind: "refused"; readonly code: StartErrorCode; readonly message: string }
  | {
      readonly kind: "stats";
      readonly id: number;
      readonly stats: Record<string, number>;
      readonly clients: readonly string[];
      readonly problems: readonly Problem[];
    }
  /** An error, or whether any certificate is different. */
  | { readonly kind: "renewed-tls"; readonly id: number; readonly result: boolean | string }
  | {
      readonly kind: "log";
      readonly level: LogLevel;
      readonly message: string;
      readonly fields?: LogFields | undefined;
    }
  /** The events of a turn, and what they count as being on their way. */
  | { readonly kind: "traffic"; readonly events: readonly TrafficEvent[]; readonly size: number }
  | { readonly kind: "sampled-out"; readonly traffic: TrafficKind; readonly count: number }
  | { readonly kind: "failed"; readonly message: string }
  | { readonly kind: "stopped" };
