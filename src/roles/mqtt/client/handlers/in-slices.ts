import type { Connection } from "../connection.ts";

/** Topic filters handled in one slice: one or two milliseconds. */
const sliceLength = 1000;

/**
 * Handles each topic filter of a packet, then calls `end`. A packet may name a million of them, so it is handled in
 * slices; the client's next packet is read when this one is done.
 */
export function inSlices<T>(
  connection: Connection,
  items: readonly T[],
  each: (item: T) => void,
  end: () => void,
): void {
  if (items.length <= sliceLength) {
    items.forEach(each);
    end();
    return;
  }
  const { clock, scheduler } = connection.broker;
  let next = 0;
  const nextSlice = () => {
    if (connection.isClosed) return;
    const start = clock.now();
    items.slice(next, next + sliceLength).forEach(each);
    next += sliceLength;
    scheduler.charge(clock.now() - start);
    connection.lastSeen = clock.now();
    if (next < items.length) {
      scheduler.defer(nextSlice);
      return;
    }
    connection.state = "open";
    end();
    connection.release();
  };
  connection.hold();
  nextSlice();
}
