import { ConnectQueue } from "./connect-queue.ts";

/** The longest that a connection waits, in milliseconds: a client gives up soon after. */
const maxWait = 10_000;

/** How often those that wait are let in, in milliseconds. */
const period = 20;

export interface ConnectRateOptions<T> {
  /** New connections a second on average, and as many at once after a pause. */
  readonly perSecond: number;
  /** Its turn has come. */
  readonly enter: (connection: T) => void;
  /** It has waited, and has to make room for another address. */
  readonly displaced?: (connection: T) => void;
  readonly now?: () => number;
}

/**
 * Lets in so many new connections a second. Those above it wait, in turn by address, and are not closed: whoever is closed
 * comes back at once, so a storm of clients would only grow, while one that waits costs a file descriptor. Those that
 * would have to wait too long are closed all the same, because their clients have given up by then.
 */
export class ConnectRate<T> {
  readonly #options: ConnectRateOptions<T>;
  readonly #now: () => number;
  readonly #waiting = new ConnectQueue<T>();
  /** A token bucket, filled up to the rate. */
  #tokens: number;
  #filledAt: number;
  #timer: Timer | undefined;

  constructor(options: ConnectRateOptions<T>) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    this.#tokens = Math.max(1, options.perSecond);
    this.#filledAt = this.#now();
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  take(connection: T, address: string): "enters" | "waits" | "refused" {
    this.#fill();
    if (this.#waiting.size === 0 && this.#tokens >= 1) {
      this.#tokens--;
      return "enters";
    }
    const max = (this.#options.perSecond * maxWait) / 1000;
    const { waits, displaced } = this.#waiting.add(connection, address, max);
    if (displaced !== undefined) this.#options.displaced?.(displaced);
    if (!waits) return "refused";
    this.#timer ??= setInterval(() => this.letIn(), period);
    return "waits";
  }

  /** It has left before its turn. */
  gone(connection: T): void {
    this.#waiting.delete(connection);
  }

  /** Lets in as many of those that wait as may come in by now. */
  letIn(): void {
    this.#fill();
    while (this.#tokens >= 1) {
      const connection = this.#waiting.next();
      if (connection === undefined) return this.stop();
      this.#tokens--;
      this.#options.enter(connection);
    }
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #fill(): void {
    const { perSecond } = this.#options;
    const now = this.#now();
    this.#tokens = Math.min(
      Math.max(1, perSecond),
      this.#tokens + ((now - this.#filledAt) / 1000) * perSecond,
    );
    this.#filledAt = now;
  }
}
