/**
 * Those who have the same time to do something, the first to come in front: one timer serves them all, however
 * many there are.
 */
export class Patience<T> {
  readonly #waiting = new Map<T, number>();
  readonly #limit: number;
  readonly #giveUp: (late: T) => void;
  #timer: Timer | undefined;

  /** @param limit milliseconds */
  constructor(limit: number, giveUp: (late: T) => void) {
    this.#limit = limit;
    this.#giveUp = giveUp;
  }

  begin(one: T): void {
    this.#waiting.set(one, performance.now());
    this.#timer ??= setTimeout(() => this.#expire(), this.#limit);
  }

  /** @returns whether it was still waited for */
  done(one: T): boolean {
    return this.#waiting.delete(one);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#waiting.clear();
  }

  #expire(): void {
    this.#timer = undefined;
    const now = performance.now();
    for (const [one, since] of this.#waiting) {
      const left = since + this.#limit - now;
      if (left > 0) {
        this.#timer = setTimeout(() => this.#expire(), Math.ceil(left));
        return;
      }
      this.#waiting.delete(one);
      this.#giveUp(one);
    }
  }
}
