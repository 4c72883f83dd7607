import { TimeoutQueue } from "../timeout-queue.ts";

/** A request's body did not arrive in time, or too many newer ones were being sent. It is answered with 408. */
export class BodyTimeoutError extends Error {
  override readonly name = "BodyTimeoutError";
  constructor() {
    super("The request body did not arrive in time");
  }
}

export interface BodyLimits {
  /** Milliseconds in which a body must have arrived. */
  readonly timeout: number;
  readonly maxBodies: number;
  /** Bytes that all bodies together may have, by their announced lengths. */
  readonly maxBytes: number;
}

interface PendingBody {
  readonly size: number;
  readonly reject: () => void;
}

/**
 * The request bodies that are still being sent. Past a limit the oldest are given up: an honest client sends its
 * body soon, and a client that only holds places loses its own instead of keeping others out.
 */
export class PendingBodies {
  readonly #limits: BodyLimits;
  readonly #pending: TimeoutQueue<PendingBody>;
  #bytes = 0;

  constructor(limits: BodyLimits) {
    this.#limits = limits;
    this.#pending = new TimeoutQueue(limits.timeout, (body) => this.#rejectRemoved(body));
  }

  get count(): number {
    return this.#pending.size;
  }

  /**
   * @param size the most bytes that the body can have
   * @throws {BodyTimeoutError}
   */
  wait<T>(body: Promise<T>, size: number): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const pending: PendingBody = { size, reject: () => reject(new BodyTimeoutError()) };
    this.#pending.add(pending);
    this.#bytes += size;
    this.#enforceLimits();
    body.then(
      (value) => {
        this.#remove(pending);
        resolve(value);
      },
      (error) => {
        this.#remove(pending);
        reject(error);
      },
    );
    return promise;
  }

  close(): void {
    for (const body of this.#pending) this.#giveUp(body);
    this.#pending.close();
  }

  /** The newest body stays, whatever its size. */
  #enforceLimits(): void {
    const { maxBodies, maxBytes } = this.#limits;
    for (const body of this.#pending) {
      const { size } = this.#pending;
      if (size <= 1 || (size <= maxBodies && this.#bytes <= maxBytes)) return;
      this.#giveUp(body);
    }
  }

  #giveUp(body: PendingBody): void {
    if (this.#pending.remove(body)) this.#rejectRemoved(body);
  }

  #remove(body: PendingBody): void {
    if (this.#pending.remove(body)) this.#bytes -= body.size;
  }

  #rejectRemoved(body: PendingBody): void {
    this.#bytes -= body.size;
    body.reject();
  }
}
