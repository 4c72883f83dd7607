import type { Address } from "../../core/address.ts";
import type { Action, View } from "../../core/role.ts";

/** A service as the supervisor holds it, whether it runs in the main thread or in several. */
export interface Runner {
  readonly addresses: readonly Address[];
  stats(): Promise<Readonly<Record<string, number>>>;
  /** Undefined where the service has no connections. */
  clients(): Promise<readonly string[] | undefined>;
  problems(): readonly string[];
  /** A service in threads has none: what one thread would show is not the whole. */
  readonly views: Readonly<Record<string, View>>;
  readonly actions: Readonly<Record<string, Action>>;
  stop(deadline: AbortSignal): Promise<void>;
}
