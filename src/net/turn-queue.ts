/** How many take their turn in one turn of the event loop: a millisecond or two of work, then everybody else is served. */
const perTurn = 8;

/** Milliseconds after which nobody else begins: some parts are larger. */
const sliceMs = 5;

/**
 * Those who have more to do than fits into one turn of the event loop, in order of arrival. Each does a small part and
 * goes to the end of the queue, so a client that sends a million requests delays another one by a few milliseconds.
 */
export class TurnQueue<T> {
  readonly #waiting = new Set<T>();
  readonly #take: (item: T) => void;
  readonly #now: () => number;
  #isScheduled = false;

  /**
   * @param take does a part of the work of `item`, and adds it again if more is left
   * @param now a clock in milliseconds
   */
  constructor(take: (item: T) => void, now = () => performance.now()) {
    this.#take = take;
    this.#now = now;
  }

  get isEmpty(): boolean {
    return this.#waiting.size === 0;
  }

  /** Has no effect for one that waits already. */
  add(item: T): void {
    this.#waiting.add(item);
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => this.#turn());
  }

  remove(item: T): void {
    this.#waiting.delete(item);
  }

  #turn(): void {
    // Who is added meanwhile comes in the next turn, even if there is time left.
    let count = Math.min(perTurn, this.#waiting.size);
    const start = this.#now();
    try {
      for (const item of this.#waiting) {
        if (count-- === 0 || this.#now() - start > sliceMs) break;
        this.#waiting.delete(item);
        this.#take(item);
      }
    } finally {
      // Also after an error: the others go on.
      this.#isScheduled = false;
      const [next] = this.#waiting;
      if (next !== undefined) this.add(next);
    }
  }
}
