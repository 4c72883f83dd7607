/** The least time between two readings, in milliseconds. */
const period = 100;

export interface SharedReadingOptions<T> {
  readonly read: () => Promise<T>;
  readonly now?: () => number;
  readonly sleep?: (ms: number) => Promise<unknown>;
}

/**
 * Reads something costly for many who ask, ten times a second at most and never twice at once. Nobody gets a reading that
 * had begun before the question: what it shows may have been different then.
 */
export class SharedReading<T> {
  readonly #read: () => Promise<T>;
  readonly #now: () => number;
  readonly #sleep: (ms: number) => Promise<unknown>;
  #last: Promise<unknown> = Promise.resolve();
  #next: Promise<T> | undefined;
  #begun = Number.NEGATIVE_INFINITY;

  constructor({ read, now = () => performance.now(), sleep = Bun.sleep }: SharedReadingOptions<T>) {
    this.#read = read;
    this.#now = now;
    this.#sleep = sleep;
  }

  /** The reading that begins next: all who ask until then share it. */
  get(): Promise<T> {
    this.#next ??= this.#begin();
    return this.#next;
  }

  async #begin(): Promise<T> {
    await this.#last;
    const pause = this.#begun + period - this.#now();
    if (pause > 0) await this.#sleep(pause);
    this.#next = undefined;
    this.#begun = this.#now();
    const reading = this.#read();
    this.#last = reading.catch(() => {});
    return await reading;
  }
}
