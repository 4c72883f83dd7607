/** So many parts of a search one message pays for. */
const partsPerTry = 5;

/** What is kept, and what is known of it. */
export interface ExpirySource<V> {
  /** Everything, with undefined after each part. */
  all(): Iterator<V | undefined>;
  expiryOf(value: V): number;
  remove(value: V): void;
}

/**
 * Throws out what has expired when there is no room for more. A part at a time, so that no message pays for a
 * million others; and not at all while nothing can have expired.
 */
export class RetainedExpiry<V extends object> {
  readonly #source: ExpirySource<V>;
  #round: Iterator<V | undefined> | undefined;
  /** Nothing expires before. */
  #first = Number.POSITIVE_INFINITY;
  /** The same, as far as this round has come. */
  #next = Number.POSITIVE_INFINITY;

  constructor(source: ExpirySource<V>) {
    this.#source = source;
  }

  /** Something is kept from now on that expires then. */
  note(expiresAt: number): void {
    this.#first = Math.min(this.#first, expiresAt);
    this.#next = Math.min(this.#next, expiresAt);
  }

  /** @returns whether anything has been thrown out */
  throwOut(now: number): boolean {
    if (now < this.#first) return false;
    let isAny = false;
    for (let part = 0; part < partsPerTry; ) {
      const { done, value } = this.#step();
      if (done) break;
      if (value === undefined) part++;
      else if (this.#look(value, now)) isAny = true;
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

  #look(value: V, now: number): boolean {
    const expiresAt = this.#source.expiryOf(value);
    if (now < expiresAt) {
      this.#next = Math.min(this.#next, expiresAt);
      return false;
    }
    this.#source.remove(value);
    return true;
  }
}
