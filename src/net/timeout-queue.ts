import { lateMs } from "./patient-timer.ts";

/** Items that all have the same timeout, the oldest first: one timer serves them all, however many there are. */
export class TimeoutQueue<T> {
  readonly #addedAt = new Map<T, number>();
  readonly #timeout: number;
  readonly #expired: (item: T) => void;
  #timer: Timer | undefined;
  /** When the timer should go off. */
  #dueAt = 0;
  #wasLate = false;

  /**
   * @param timeout milliseconds
   * @param expired called once for each item that was not removed in time; it is not in the queue any more
   */
  constructor(timeout: number, expired: (item: T) => void) {
    this.#timeout = timeout;
    this.#expired = expired;
  }

  get size(): number {
    return this.#addedAt.size;
  }

  /** The items, the oldest first. */
  [Symbol.iterator](): Iterator<T> {
    return this.#addedAt.keys();
  }

  has(item: T): boolean {
    return this.#addedAt.has(item);
  }

  /** The timeout of an item that is in the queue already begins anew. */
  add(item: T): void {
    // A Map would keep its old place.
    this.#addedAt.delete(item);
    this.#addedAt.set(item, performance.now());
    if (this.#timer === undefined) this.#wait(this.#timeout);
  }

  /** @returns whether it was in the queue */
  remove(item: T): boolean {
    return this.#addedAt.delete(item);
  }

  /** Removes all items; none of them expires. */
  close(): void {
    clearTimeout(this.#timer);
    this.#addedAt.clear();
  }

  #wait(ms: number): void {
    clearTimeout(this.#timer);
    this.#dueAt = performance.now() + ms;
    this.#timer = setTimeout(() => this.#check(), ms);
  }

  #check(): void {
    this.#timer = undefined;
    const now = performance.now();
    // The loop was busy, and timers come before sockets: what has arrived in time is read first.
    this.#wasLate = !this.#wasLate && now - this.#dueAt > lateMs;
    if (this.#wasLate) return this.#wait(1);
    for (const [item, addedAt] of this.#addedAt) {
      const left = addedAt + this.#timeout - now;
      if (left > 0) return this.#wait(Math.ceil(left));
      this.#addedAt.delete(item);
      this.#expired(item);
    }
  }
}
