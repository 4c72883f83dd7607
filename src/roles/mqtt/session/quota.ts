import type { QueuedMemory } from "./queued-memory.ts";
import type { SessionLimits } from "./session-limits.ts";

/** What each client may have while a limit for all of them together is reached, in bytes. */
export const minBytesPerClient = 64 * 1024;

/**
 * How many messages of this size may go in flight to a client that has `held` bytes there already, if they must be
 * kept until it acknowledges them. At the limit of all clients together each of them still has 64 KiB. A client with
 * nothing in flight may get one larger message, unless that exceeds the common limit.
 */
export function inflightAllowance(
  size: number,
  held: number,
  { maxQueuedBytes, maxAllQueuedBytes }: SessionLimits,
  queued: QueuedMemory,
): number {
  const left = Math.min(maxQueuedBytes - held, maxAllQueuedBytes - queued.bytes);
  const floor = Math.min(minBytesPerClient, maxQueuedBytes) - held;
  const count = Math.floor(Math.max(left, floor) / Math.max(1, size));
  if (count > 0) return count;
  const fitsAll = size <= minBytesPerClient || queued.bytes + size <= maxAllQueuedBytes;
  return held === 0 && fitsAll ? 1 : 0;
}
