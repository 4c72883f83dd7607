import type { Connection } from "../client/connection.ts";
import type { Clock } from "../ports/clock.ts";

/** So many clients at least are remembered before those are forgotten that have not published lately. */
const fewest = 1000;

/** How often those who wait are looked at, in milliseconds. */
const period = 50;

/** What may be spent: it grows by `rate` a second up to the rate, and one who takes too much owes the rest. */
class Bucket {
  #level: number;
  #last: number;

  constructor(rate: number, now: number) {
    this.#level = rate;
    this.#last = now;
  }

  take(amount: number, rate: number, now: number): void {
    const filled = this.#level + ((now - this.#last) / 1000) * rate;
    this.#level = Math.min(rate, filled) - amount;
    this.#last = now;
  }

  /** Milliseconds until something may be taken again; 0: now. */
  wait(rate: number): number {
    return this.#level > 0 ? 0 : (-this.#level / rate) * 1000;
  }

  /** One that is full is as good as a new one. */
  isFull(rate: number, now: number): boolean {
    return this.#level + ((now - this.#last) / 1000) * rate >= rate;
  }

  get isEmpty(): boolean {
    return this.#level <= 0;
  }
}

/** What one client may still publish. */
interface Allowance {
  readonly messages: Bucket;
  readonly bytes: Bucket;
}

export interface PaceLimits {
  readonly maxPublishRate: number;
  readonly maxPublishBytesRate: number;
}

/** Keeps publishers to their rate: who is faster is not read until it may go on. */
export class Pace {
  readonly #limits: PaceLimits;
  readonly #clock: Clock;
  /** By client identifier: who connects again goes on where it was. */
  readonly #allowances = new Map<string, Allowance>();
  #most = fewest;
  /** Who may go on at which time. */
  readonly #slowed = new Map<Connection, number>();
  #stop: (() => void) | undefined;

  constructor(limits: PaceLimits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
  }

  get isLimited(): boolean {
    return this.#limits.maxPublishRate > 0 || this.#limits.maxPublishBytesRate > 0;
  }

  /** A PUBLISH of so many bytes has come; it is the last one for a while if that was too fast. */
  spend(connection: Connection, size: number): void {
    const now = this.#clock.now();
    const wait = Math.max(
      this.#take(connection, "messages", 1, this.#limits.maxPublishRate, now),
      this.#take(connection, "bytes", size, this.#limits.maxPublishBytesRate, now),
    );
    if (wait === 0) return;
    connection.slow();
    this.#slowed.set(connection, now + wait);
    this.#stop ??= this.#clock.every(period, () => this.#letGo(this.#clock.now()));
  }

  /** @returns how long to wait */
  #take(connection: Connection, what: keyof Allowance, amount: number, rate: number, now: number): number {
    if (rate === 0) return 0;
    const bucket = this.#allowance(connection, now)[what];
    bucket.take(amount, rate, now);
    return bucket.isEmpty ? Math.max(1, bucket.wait(rate)) : 0;
  }

  #allowance(connection: Connection, now: number): Allowance {
    const { clientId } = connection.identity;
    const known = this.#allowances.get(clientId);
    if (known !== undefined) return known;
    const { maxPublishRate, maxPublishBytesRate } = this.#limits;
    const fresh = { messages: new Bucket(maxPublishRate, now), bytes: new Bucket(maxPublishBytesRate, now) };
    if (this.#allowances.size >= this.#most) this.#forget(now);
    this.#allowances.set(clientId, fresh);
    return fresh;
  }

  /** Looks at all of them, each time that they have become twice as many. */
  #forget(now: number): void {
    const { maxPublishRate, maxPublishBytesRate } = this.#limits;
    for (const [clientId, { messages, bytes }] of this.#allowances) {
      const isUnused = messages.isFull(maxPublishRate, now) && bytes.isFull(maxPublishBytesRate, now);
      if (isUnused) this.#allowances.delete(clientId);
    }
    this.#most = Math.max(fewest, 2 * this.#allowances.size);
  }

  /** Other limits hold now. */
  letAllGo(): void {
    this.#letGo(Number.POSITIVE_INFINITY);
  }

  #letGo(now: number): void {
    // Who is slowed again meanwhile is not looked at twice.
    for (const [connection, until] of [...this.#slowed]) {
      if (now < until && connection.state !== "closed") continue;
      this.#slowed.delete(connection);
      connection.speedUp();
    }
    if (this.#slowed.size === 0) this.stop();
  }

  stop(): void {
    this.#stop?.();
    this.#stop = undefined;
  }
}
