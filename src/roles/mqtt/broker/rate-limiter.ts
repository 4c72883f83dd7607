import type { Clock } from "../ports/clock.ts";
import { forEachGuarded } from "../wire/guard.ts";

/** Clients that have not published lately are forgotten when more than this are known. */
const minKnown = 1000;

/** How often throttled clients are checked, in milliseconds. */
const period = 50;

/** A token bucket: it fills by `rate` a second up to the rate, and goes below zero for whoever takes too much. */
class TokenBucket {
  #level: number;
  #last: number;

  constructor(rate: number, now: number) {
    this.#level = rate;
    this.#last = now;
  }

  consume(amount: number, rate: number, now: number): void {
    const filled = this.#level + ((now - this.#last) / 1000) * rate;
    this.#level = Math.min(rate, filled) - amount;
    this.#last = now;
  }

  /** Milliseconds until it is above zero again; 0: it is. */
  wait(rate: number): number {
    return this.#level > 0 ? 0 : (-this.#level / rate) * 1000;
  }

  /** A full bucket is the same as a new one. */
  isFull(rate: number, now: number): boolean {
    return this.#level + ((now - this.#last) / 1000) * rate >= rate;
  }

  get isEmpty(): boolean {
    return this.#level <= 0;
  }
}

/** What one client may still publish. */
interface Allowance {
  readonly messages: TokenBucket;
  readonly bytes: TokenBucket;
}

/** A client that publishes. */
export interface RateLimitedClient {
  readonly identity: { readonly clientId: string };
  readonly isClosed: boolean;
  throttle(): void;
  unthrottle(): void;
}

export interface RateLimits {
  readonly maxPublishRate: number;
  readonly maxPublishBytesRate: number;
}

/** Holds publishers to their rate: a faster client is throttled, which means that it is not read for a while. */
export class RateLimiter {
  readonly #limits: RateLimits;
  readonly #clock: Clock;
  readonly #onError: (error: unknown) => void;
  /** By client identifier: who connects again gains one message at most. */
  readonly #allowances = new Map<string, Allowance>();
  #maxKnown = minKnown;
  /** Until when each is throttled. */
  readonly #throttled = new Map<RateLimitedClient, number>();
  #stop: (() => void) | undefined;

  /** @param onError called with what going on with a client throws; the others go on all the same */
  constructor(limits: RateLimits, clock: Clock, onError: (error: unknown) => void) {
    this.#limits = limits;
    this.#clock = clock;
    this.#onError = onError;
  }

  get isLimited(): boolean {
    return this.#limits.maxPublishRate > 0 || this.#limits.maxPublishBytesRate > 0;
  }

  /** A PUBLISH of so many bytes has come: the client is throttled if that was too fast. */
  consume(client: RateLimitedClient, size: number): void {
    const now = this.#clock.now();
    const wait = Math.max(
      this.#consume(client, "messages", 1, this.#limits.maxPublishRate, now),
      this.#consume(client, "bytes", size, this.#limits.maxPublishBytesRate, now),
    );
    if (wait === 0) return;
    client.throttle();
    this.#throttled.set(client, now + wait);
    this.#stop ??= this.#clock.every(period, () => this.#unthrottle(this.#clock.now()));
  }

  /** @returns how long to wait */
  #consume(
    client: RateLimitedClient,
    what: keyof Allowance,
    amount: number,
    rate: number,
    now: number,
  ): number {
    if (rate === 0) return 0;
    const bucket = this.#allowance(client, now)[what];
    bucket.consume(amount, rate, now);
    return bucket.isEmpty ? Math.max(1, bucket.wait(rate)) : 0;
  }

  #allowance(client: RateLimitedClient, now: number): Allowance {
    const { clientId } = client.identity;
    const known = this.#allowances.get(clientId);
    if (known !== undefined) return known;
    const { maxPublishRate, maxPublishBytesRate } = this.#limits;
    const fresh = {
      messages: new TokenBucket(maxPublishRate, now),
      bytes: new TokenBucket(maxPublishBytesRate, now),
    };
    if (this.#allowances.size >= this.#maxKnown) this.#forget(now);
    this.#allowances.set(clientId, fresh);
    return fresh;
  }

  /** Checks all of them, each time that they have become twice as many. */
  #forget(now: number): void {
    const { maxPublishRate, maxPublishBytesRate } = this.#limits;
    for (const [clientId, { messages, bytes }] of this.#allowances) {
      const isUnused = messages.isFull(maxPublishRate, now) && bytes.isFull(maxPublishBytesRate, now);
      if (isUnused) this.#allowances.delete(clientId);
    }
    this.#maxKnown = Math.max(minKnown, 2 * this.#allowances.size);
  }

  /** The limits have changed. */
  unthrottleAll(): void {
    this.#unthrottle(Number.POSITIVE_INFINITY);
  }

  #unthrottle(now: number): void {
    // A client that is throttled again meanwhile is not checked twice.
    const due = [...this.#throttled].filter(([client, until]) => now >= until || client.isClosed);
    for (const [client] of due) this.#throttled.delete(client);
    forEachGuarded(due, ([client]) => client.unthrottle(), this.#onError);
    if (this.#throttled.size === 0) this.stop();
  }

  stop(): void {
    this.#stop?.();
    this.#stop = undefined;
  }
}
