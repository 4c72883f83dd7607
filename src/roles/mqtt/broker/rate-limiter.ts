import type { Clock } from "../ports/clock.ts";
import { forEachGuarded } from "../wire/guard.ts";

/** Clients that have not published lately are forgotten when more than this are known. */
const minKnown = 1000;

/** How often throttled clients are checked, in milliseconds. */
const period = 50;

/**
 * How long anybody waits for a single message at most, in milliseconds. One packet may have 256 MB, and those of a user
 * name are counted together: without an end, one of them could silence the others for days.
 */
const maxDebt = 60_000;

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
    this.#level = Math.max(Math.min(rate, filled) - amount, (-rate * maxDebt) / 1000);
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

/** Messages, and bytes of their packets, a second; 0 is no limit. */
export interface PublishRates {
  readonly maxPublishRate: number;
  readonly maxPublishBytesRate: number;
}

/** A client that publishes. */
export interface RateLimitedClient {
  readonly identity: { readonly clientId: string; readonly username: string | undefined };
  /** What all clients of its listener may publish together, as one object for all of them; undefined: no limit. */
  readonly listenerRates: PublishRates | undefined;
  readonly isClosed: boolean;
  throttle(): void;
  unthrottle(): void;
}

export interface RateLimits extends PublishRates {
  readonly maxUserPublishRate: number;
  readonly maxUserPublishBytesRate: number;
}

/** What one publisher, or all that count together, may still publish. */
interface Allowance {
  readonly messages: TokenBucket;
  readonly bytes: TokenBucket;
}

/** What is left to each of those that count, by whatever they are known. */
class Allowances<K> {
  readonly #known = new Map<K, Allowance>();
  #maxKnown = minKnown;

  /** Somebody has published so many bytes. @returns how long to wait, in milliseconds */
  consume(key: K, size: number, rates: PublishRates, now: number): number {
    const { maxPublishRate, maxPublishBytesRate } = rates;
    if (maxPublishRate === 0 && maxPublishBytesRate === 0) return 0;
    const { messages, bytes } = this.#of(key, rates, now);
    return Math.max(
      consumeFrom(messages, 1, maxPublishRate, now),
      consumeFrom(bytes, size, maxPublishBytesRate, now),
    );
  }

  #of(key: K, rates: PublishRates, now: number): Allowance {
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const fresh = {
      messages: new TokenBucket(rates.maxPublishRate, now),
      bytes: new TokenBucket(rates.maxPublishBytesRate, now),
    };
    if (this.#known.size >= this.#maxKnown) this.#forget(rates, now);
    this.#known.set(key, fresh);
    return fresh;
  }

  /** Checks all of them, each time that they have become twice as many. */
  #forget({ maxPublishRate, maxPublishBytesRate }: PublishRates, now: number): void {
    for (const [key, { messages, bytes }] of this.#known) {
      const isUnused = messages.isFull(maxPublishRate, now) && bytes.isFull(maxPublishBytesRate, now);
      if (isUnused) this.#known.delete(key);
    }
    this.#maxKnown = Math.max(minKnown, 2 * this.#known.size);
  }
}

function consumeFrom(bucket: TokenBucket, amount: number, rate: number, now: number): number {
  if (rate === 0) return 0;
  bucket.consume(amount, rate, now);
  return bucket.isEmpty ? Math.max(1, bucket.wait(rate)) : 0;
}

/**
 * Holds publishers to their rates: each client to its own, those of a user name and those of a listener to what they have
 * together. A client that is faster is throttled, which means that it is not read for a while.
 */
export class RateLimiter {
  readonly #limits: RateLimits;
  readonly #clock: Clock;
  readonly #onError: (error: unknown) => void;
  /** By client identifier: who connects again gains one message at most. */
  readonly #clients = new Allowances<string>();
  readonly #users = new Allowances<string>();
  readonly #listeners = new Allowances<PublishRates>();
  #userRates: PublishRates = { maxPublishRate: 0, maxPublishBytesRate: 0 };
  #limitsClients = false;
  /** Until when each is throttled. */
  readonly #throttled = new Map<RateLimitedClient, number>();
  #stop: (() => void) | undefined;

  /** @param onError called with what going on with a client throws; the others go on all the same */
  constructor(limits: RateLimits, clock: Clock, onError: (error: unknown) => void) {
    this.#limits = limits;
    this.#clock = clock;
    this.#onError = onError;
    this.#read();
  }

  /** Asked for each message: where nothing is limited it costs two comparisons. */
  limits(client: RateLimitedClient): boolean {
    return this.#limitsClients || client.listenerRates !== undefined;
  }

  /** A PUBLISH of so many bytes has come: the client is throttled if that was too fast. */
  consume(client: RateLimitedClient, size: number): void {
    const now = this.#clock.now();
    const wait = Math.max(this.#consumeOwn(client, size, now), this.#consumeListener(client, size, now));
    if (wait === 0) return;
    client.throttle();
    this.#throttled.set(client, now + wait);
    this.#stop ??= this.#clock.every(period, () => this.#unthrottle(this.#clock.now()));
  }

  #consumeOwn({ identity }: RateLimitedClient, size: number, now: number): number {
    const { clientId, username } = identity;
    const wait = this.#clients.consume(clientId, size, this.#limits, now);
    if (username === undefined) return wait;
    return Math.max(wait, this.#users.consume(username, size, this.#userRates, now));
  }

  #consumeListener({ listenerRates }: RateLimitedClient, size: number, now: number): number {
    return listenerRates === undefined ? 0 : this.#listeners.consume(listenerRates, size, listenerRates, now);
  }

  #read(): void {
    const { maxUserPublishRate, maxUserPublishBytesRate, maxPublishRate, maxPublishBytesRate } = this.#limits;
    this.#userRates = { maxPublishRate: maxUserPublishRate, maxPublishBytesRate: maxUserPublishBytesRate };
    this.#limitsClients =
      maxPublishRate + maxPublishBytesRate + maxUserPublishRate + maxUserPublishBytesRate > 0;
  }

  /** The limits have changed. */
  changed(): void {
    this.#read();
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
