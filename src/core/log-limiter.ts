/** How long a key is silent after its line, in milliseconds. */
const period = 60_000;

/** Lines of all keys together in a period. */
const defaultMaxLines = 100;

/**
 * Decides which lines about what strangers do are logged: one for each key, such as an address, and period, and not more
 * than a hundred, or another number, of all keys together. The others are counted.
 */
export class LogLimiter {
  readonly #now: () => number;
  /** So many keys are remembered, too. */
  readonly #maxLines: number;
  readonly #logged = new Set<string>();
  #periodEnds = Number.NEGATIVE_INFINITY;
  #left = 0;

  constructor(now: () => number = () => performance.now(), maxLines = defaultMaxLines) {
    this.#now = now;
    this.#maxLines = maxLines;
  }

  /** @returns undefined: not to be logged; otherwise what to add to the line: how many have been left out before it */
  take(key: string): string | undefined {
    const left = this.admit(key);
    if (left === undefined) return undefined;
    return left === 0 ? "" : ` (${left} more such lines were left out before)`;
  }

  /** @returns undefined: not to be logged; otherwise how many have been left out before it */
  admit(key: string): number | undefined {
    const now = this.#now();
    if (now >= this.#periodEnds) {
      this.#periodEnds = now + period;
      this.#logged.clear();
    }
    if (this.#logged.has(key) || this.#logged.size >= this.#maxLines) {
      this.#left++;
      return undefined;
    }
    this.#logged.add(key);
    const left = this.#left;
    this.#left = 0;
    return left;
  }
}
