/** Items that all have the same timeout, the oldest first: one timer serves them all, however many there are. */
export class TimeoutQueue<T> {
  readonly #addedAt = new Map<T, number>();
  readonly #timeout: number;
  readonly #expired: (item: T) => void;
  #timer: Timer | undefined;

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
    this.#timer ??= setTimeout(() => this.#check(), this.#timeout);
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

  #check(): void {
    this.#timer = undefined;
    const now = performance.now();
    for (const [item, addedAt] of this.#addedAt) {
      const left = addedAt + this.#timeout - now;
      if (left > 0) {
        this.#timer = setTimeout(() => this.#check(), Math.ceil(left));
        return;
      }
      this.#addedAt.delete(item);
      this.#expired(item);
    }
  }
}
