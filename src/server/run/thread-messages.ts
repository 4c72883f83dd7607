import type { Address } from "../../core/address.ts";
import type { StartErrorCode } from "../../core/errors.ts";
import type { LogFields, LogLevel } from "../../core/log.ts";
import type { TrafficEvent, TrafficKind } from "../../core/traffic.ts";
import type { Appetite } from "../../observe/traffic-hub.ts";
import type { OperationDefinition } from "../config/plan.ts";

/** What the main thread tells a worker. */
export type ToThread =
  | {
      readonly kind: "start";
      readonly role: string;
      readonly service: string;
      readonly version: string;
      readonly config: unknown;
      readonly operations: readonly OperationDefinition[];
      readonly thread: number;
      /** Another thread of the service listens on the port already. */
      readonly joins: boolean;
      readonly appetite: Appetite;
    }
  /** Who observes has come or gone: from now on so much is worth telling. */
  | { readonly kind: "appetite"; readonly appetite: Appetite }
  | { readonly kind: "read"; readonly id: number }
  | { readonly kind: "stop"; readonly graceMs: number };

/** What a worker tells the main thread. */
export type FromThread =
  | { readonly kind: "started"; readonly addresses: readonly Address[] }
  | { readonly kind: "refused"; readonly code: StartErrorCode; readonly message: string }
  | {
      readonly kind: "reading";
      readonly id: number;
      readonly stats: Record<string, number>;
      readonly clients: readonly string[];
    }
  | {
      readonly kind: "log";
      readonly level: LogLevel;
      readonly message: string;
      readonly fields?: LogFields | undefined;
    }
  | { readonly kind: "traffic"; readonly event: TrafficEvent }
  | { readonly kind: "left-out"; readonly traffic: TrafficKind; readonly count: number }
  | { readonly kind: "failed"; readonly message: string }
  | { readonly kind: "stopped" };
