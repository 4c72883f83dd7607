/** Lines in an interval; of what comes beyond, the count is written at its end: nobody from outside fills a log. */
const limits = { lines: 20, intervalMs: 60_000 };

/** Writes lines whose number somebody else decides. */
export class LimitedLog {
  readonly #write: (line: string) => void;
  readonly #what: string;
  readonly #limits: typeof limits;
  #written = 0;
  #left = 0;
  #timer: Timer | undefined;

  /** @param what the lines are about, in the plural: `failed handshakes` */
  constructor(write: (line: string) => void, what: string, own: Partial<typeof limits> = {}) {
    this.#write = write;
    this.#what = what;
    this.#limits = { ...limits, ...own };
  }

  write(line: string): void {
    this.#timer ??= setTimeout(() => this.#endInterval(), this.#limits.intervalMs);
    if (this.#written >= this.#limits.lines) {
      this.#left++;
      return;
    }
    this.#written++;
    this.#write(line);
  }

  /** Writes what is left, and waits for nothing any more. */
  close(): void {
    clearTimeout(this.#timer);
    this.#endInterval();
  }

  #endInterval(): void {
    if (this.#left > 0) this.#write(`${this.#left} more ${this.#what} are not in the log one by one`);
    this.#timer = undefined;
    this.#written = this.#left = 0;
  }
}
