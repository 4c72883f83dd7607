/** How many slices of a search one message pays for. */
const slicesPerTry = 5;

/** What is searched. */
export interface ExpirySource<V> {
  /** All values, with undefined after each slice of the search. */
  all(): Iterator<V | undefined>;
  expiryOf(value: V): number;
  remove(value: V): void;
}

/**
 * Evicts what has expired when a limit is reached: a slice at a time, so that no message pays for a million others;
 * and not at all while nothing can have expired.
 */
export class RetainedExpiry<V extends object> {
  readonly #source: ExpirySource<V>;
  #round: Iterator<V | undefined> | undefined;
  /** Nothing expires before. */
  #first = Number.POSITIVE_INFINITY;
  /** The same, as far as this round has searched. */
  #next = Number.POSITIVE_INFINITY;

  constructor(source: ExpirySource<V>) {
    this.#source = source;
  }

  /** A value has been added that expires then. */
  added(expiresAt: number): void {
    this.#first = Math.min(this.#first, expiresAt);
    this.#next = Math.min(this.#next, expiresAt);
  }

  /** @returns whether anything was evicted */
  evict(now: number): boolean {
    if (now < this.#first) return false;
    let isAny = false;
    for (let slice = 0; slice < slicesPerTry; ) {
      const { done, value } = this.#step();
      if (done) break;
      if (value === undefined) slice++;
      else if (this.#check(value, now)) isAny = true;
    }
    return isAny;
  }

  #step(): IteratorResult<V | undefined> {
    if (this.#round === undefined) {
      this.#round = this.#source.all();
      this.#next = Number.POSITIVE_INFINITY;
    }
    const step = this.#round.next();
    if (!step.done) return step;
    this.#round = undefined;
    this.#first = this.#next;
    return step;
  }

  #check(value: V, now: number): boolean {
    const expiresAt = this.#source.expiryOf(value);
    if (now < expiresAt) {
      this.#next = Math.min(this.#next, expiresAt);
      return false;
    }
    this.#source.remove(value);
    return true;
  }
}
