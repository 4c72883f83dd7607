/** A request's body had not arrived in time, or too many newer ones were being sent. Its answer is 408. */
export class BodyTimeoutError extends Error {
  override readonly name = "BodyTimeoutError";
  constructor() {
    super("The request body did not arrive in time");
  }
}

export interface WaitingLimits {
  /** Milliseconds in which a body must have arrived. */
  readonly timeout: number;
  readonly bodies: number;
  /** Bytes that all of them may come to, by what they announce. */
  readonly bytes: number;
}

interface Waiting {
  readonly since: number;
  readonly size: number;
  readonly giveUp: () => void;
}

/**
 * The bodies that are still being sent. Where they become too many, the oldest must go: a body that is sent in
 * earnest arrives soon, and who only holds places loses his own ones instead of keeping others out.
 */
export class WaitingBodies {
  readonly #limits: WaitingLimits;
  /** The oldest first: every one has the same time, so one timer serves them all. */
  readonly #waiting = new Set<Waiting>();
  #bytes = 0;
  #timer: Timer | undefined;

  constructor(limits: WaitingLimits) {
    this.#limits = limits;
  }

  get count(): number {
    return this.#waiting.size;
  }

  /**
   * @param size the most bytes that the body can have
   * @throws {BodyTimeoutError}
   */
  wait<T>(body: Promise<T>, size: number): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const waiting: Waiting = { since: performance.now(), size, giveUp: () => reject(new BodyTimeoutError()) };
    this.#waiting.add(waiting);
    this.#bytes += size;
    this.#makeRoom();
    this.#timer ??= setTimeout(() => this.#expire(), this.#limits.timeout);
    body.then(
      (value) => {
        this.#forget(waiting);
        resolve(value);
      },
      (error) => {
        this.#forget(waiting);
        reject(error);
      },
    );
    return promise;
  }

  close(): void {
    clearTimeout(this.#timer);
    for (const waiting of this.#waiting) this.#giveUp(waiting);
  }

  /** The newest one stays, whatever its size. */
  #makeRoom(): void {
    const { bodies, bytes } = this.#limits;
    for (const waiting of this.#waiting) {
      if (this.#waiting.size <= 1 || (this.#waiting.size <= bodies && this.#bytes <= bytes)) return;
      this.#giveUp(waiting);
    }
  }

  #expire(): void {
    this.#timer = undefined;
    const now = performance.now();
    for (const waiting of this.#waiting) {
      const left = waiting.since + this.#limits.timeout - now;
      if (left > 0) {
        this.#timer = setTimeout(() => this.#expire(), Math.ceil(left));
        return;
      }
      this.#giveUp(waiting);
    }
  }

  #giveUp(waiting: Waiting): void {
    this.#forget(waiting);
    waiting.giveUp();
  }

  #forget(waiting: Waiting): void {
    if (this.#waiting.delete(waiting)) this.#bytes -= waiting.size;
  }
}
