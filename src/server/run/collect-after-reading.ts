import { heapSize } from "bun:jsc";

/** Bytes that are worth a collection. */
const large = 64 * 1024 * 1024;

/**
 * Collects what has been left behind by the reading of a large configuration. The collector itself waits until the heap is
 * as large again: ten thousand users and rules, which take 50 MB, had left 80 MB more, and each of the collections while
 * messages were going through had to deal with them. What was there before the reading is none of its doing.
 */
export function collectAfterReading(
  before: number,
  heap: () => number = heapSize,
  collect = () => Bun.gc(true),
): void {
  // In a turn of its own: what has just returned may still hold some of it.
  setTimeout(() => {
    if (heap() - before >= large) collect();
  }, 0);
}
