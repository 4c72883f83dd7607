import type { MqttConfig } from "../config.ts";
import { scarce } from "../wire/scarce.ts";
import type { Total } from "./queue.ts";

/** Where the limits stand, and what they are compared with. */
interface Accounts {
  readonly config: Pick<MqttConfig, "maxQueuedBytes" | "maxAllQueuedBytes">;
  readonly queued: Total;
}

/**
 * How many messages of this size may go on their way to a client that has `held` bytes there already, if they must
 * be kept until it acknowledges them. While all clients together have too much, each of them goes on with little;
 * and one message may always go, if it would not be the one that is too much for all: else a large one never could.
 */
export function roomFor(size: number, held: number, { config, queued }: Accounts): number {
  const { maxQueuedBytes, maxAllQueuedBytes } = config;
  const left = Math.min(maxQueuedBytes - held, maxAllQueuedBytes - queued.bytes);
  const least = Math.min(scarce, maxQueuedBytes) - held;
  const count = Math.floor(Math.max(left, least) / Math.max(1, size));
  if (count > 0) return count;
  return held === 0 && (size <= scarce || queued.bytes + size <= maxAllQueuedBytes) ? 1 : 0;
}
