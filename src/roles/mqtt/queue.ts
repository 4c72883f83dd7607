import type { Qos } from "../../protocol/mqtt/packet.ts";
import type { Message } from "./message.ts";

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

/** First in, first out, counted in bytes. */
export class Queue {
  #items: Pending[] = [];
  #head = 0;
  #bytes = 0;

  constructor(readonly total: Total = { bytes: 0 }) {}

  get length(): number {
    return this.#items.length - this.#head;
  }

  get bytes(): number {
    return this.#bytes;
  }

  push(pending: Pending): void {
    this.#items.push(pending);
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
    for (const pending of this.#items.slice(this.#head)) (isChosen(pending) ? chosen : others).push(pending);
    this.#items = others;
    this.#head = 0;
    for (const { message } of chosen) this.#count(-message.size);
    return chosen;
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
