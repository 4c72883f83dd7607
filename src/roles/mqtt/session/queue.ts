import type { Qos } from "../../../protocol/mqtt/packet.ts";
import type { Message } from "../wire/message.ts";

/** A message for one subscriber, with what is the subscriber's own about it. */
export interface Pending {
  readonly message: Message;
  readonly qos: Qos;
  readonly retain: boolean;
  readonly subscriptionIds: readonly number[] | undefined;
  /** The shared subscription that it came by: another member may get it instead. */
  readonly share?: string | undefined;
  /** Its number in the store, once that knows of it. */
  number?: number;
}

/** What waits in all queues together. */
export interface Total {
  bytes: number;
}

/** After so many milliseconds a queue may be searched again for what has expired. */
const pause = 1000;

/** First in, first out, counted in bytes. */
export class Queue {
  #items: Pending[] = [];
  #head = 0;
  #bytes = 0;
  /** Nothing in it expires before. */
  #firstExpiry = Number.POSITIVE_INFINITY;
  #nextSearch = 0;
  #isSearched = false;

  constructor(readonly total: Total = { bytes: 0 }) {}

  get length(): number {
    return this.#items.length - this.#head;
  }

  get bytes(): number {
    return this.#bytes;
  }

  push(pending: Pending): void {
    this.#items.push(pending);
    const { expiresAt } = pending.message;
    if (expiresAt < this.#firstExpiry) this.#firstExpiry = expiresAt;
    this.#count(pending.message.size);
  }

  shift(): Pending | undefined {
    const pending = this.#items[this.#head];
    if (pending === undefined) return undefined;
    this.#head++;
    this.#count(-pending.message.size);
    // What was taken is let go of in blocks, so taking one costs the same however long the queue is.
    if (this.#head === this.#items.length || this.#head > 1024) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return pending;
  }

  /** Those that wait, in their order. */
  *[Symbol.iterator](): Generator<Pending, void, undefined> {
    for (let index = this.#head; index < this.#items.length; index++) yield this.#items[index]!;
  }

  /** Takes out those that are chosen, wherever they stand; they are asked about in their order. */
  takeOut(isChosen: (pending: Pending) => boolean): Pending[] {
    const chosen: Pending[] = [];
    const others: Pending[] = [];
    this.#isSearched = true;
    for (const pending of this.#items.slice(this.#head)) (isChosen(pending) ? chosen : others).push(pending);
    this.#isSearched = false;
    this.#items = others;
    this.#head = 0;
    for (const { message } of chosen) this.#count(-message.size);
    return chosen;
  }

  /** Takes out what has expired, if something may have. It looks at all that wait, so not at every call. */
  takeExpired(now: number): readonly Pending[] {
    // Who is asked about one of ours may look for room, and that way come back to us.
    if (now < this.#firstExpiry || now < this.#nextSearch || this.#isSearched) return [];
    this.#nextSearch = now + pause;
    this.#firstExpiry = Number.POSITIVE_INFINITY;
    return this.takeOut(({ message }) => {
      if (message.isExpired(now)) return true;
      this.#firstExpiry = Math.min(this.#firstExpiry, message.expiresAt);
      return false;
    });
  }

  clear(): void {
    this.#items = [];
    this.#head = 0;
    this.#count(-this.#bytes);
  }

  #count(bytes: number): void {
    this.#bytes += bytes;
    this.total.bytes += bytes;
  }
}
