import type { Total } from "./queue.ts";
import type { SessionLimits } from "./session-context.ts";

/** What each client may have while a limit for all of them together is reached, in bytes. */
export const minBytesPerClient = 64 * 1024;

/**
 * How many messages of this size may go in flight to a client that has `held` bytes there already, if they must be
 * kept until it acknowledges them. While all clients together have too much, each of them goes on with little. One
 * message may always go, unless it is the one that is too much for all: otherwise a large one never could.
 */
export function inflightAllowance(
  size: number,
  held: number,
  { maxQueuedBytes, maxAllQueuedBytes }: SessionLimits,
  queued: Total,
): number {
  const left = Math.min(maxQueuedBytes - held, maxAllQueuedBytes - queued.bytes);
  const floor = Math.min(minBytesPerClient, maxQueuedBytes) - held;
  const count = Math.floor(Math.max(left, floor) / Math.max(1, size));
  if (count > 0) return count;
  const fitsAll = size <= minBytesPerClient || queued.bytes + size <= maxAllQueuedBytes;
  return held === 0 && fitsAll ? 1 : 0;
}
