import type { Address } from "../../core/address.ts";

/** A service as the supervisor holds it, whether it runs in the main thread or in several. */
export interface Runner {
  readonly addresses: readonly Address[];
  stats(): Promise<Readonly<Record<string, number>>>;
  clients(): Promise<readonly string[]>;
  stop(deadline: AbortSignal): Promise<void>;
}
