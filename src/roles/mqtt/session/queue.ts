import type { Pending } from "../wire/message.ts";
import { QueuedMemory } from "./queued-memory.ts";

/** Minimum interval between two searches of a queue for what has expired, in milliseconds. */
const searchPause = 1000;

/** First in, first out, counted in bytes. */
export class Queue {
  #items: (Pending | undefined)[] = [];
  #head = 0;
  #bytes = 0;
  /** Nothing in it expires before. */
  #firstExpiry = Number.POSITIVE_INFINITY;
  #nextSearch = 0;
  #isSearched = false;

  /** @param memory of all sessions together */
  constructor(readonly memory = new QueuedMemory()) {}

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
    this.#bytes += pending.message.size;
    this.memory.add(pending.message);
  }

  shift(): Pending | undefined {
    const pending = this.#items[this.#head];
    if (pending === undefined) return undefined;
    // What is given away is not referred to any more; its place is freed with many others, each time that they are half.
    this.#items[this.#head++] = undefined;
    this.#removed(pending);
    if (this.#head === this.#items.length || (this.#head > 1024 && 2 * this.#head > this.#items.length)) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return pending;
  }

  *[Symbol.iterator](): Generator<Pending, void, undefined> {
    for (let index = this.#head; index < this.#items.length; index++) yield this.#items[index]!;
  }

  /** What stands behind the one with this number in the store. Numbers grow along the queue. */
  *after(number: number): Generator<Pending, void, undefined> {
    let from = this.#head;
    for (let end = this.#items.length; from < end; ) {
      const middle = (from + end) >>> 1;
      if ((this.#items[middle]?.number ?? 0) <= number) from = middle + 1;
      else end = middle;
    }
    for (let index = from; index < this.#items.length; index++) yield this.#items[index]!;
  }

  /** Removes those that are chosen, wherever they stand; `isChosen` is called in their order. */
  remove(isChosen: (pending: Pending) => boolean): Pending[] {
    const chosen: Pending[] = [];
    const others: Pending[] = [];
    this.#isSearched = true;
    for (const pending of [...this]) (isChosen(pending) ? chosen : others).push(pending);
    this.#isSearched = false;
    this.#items = others;
    this.#head = 0;
    for (const pending of chosen) this.#removed(pending);
    return chosen;
  }

  /** Removes what has expired, if something may have. It looks at every message, so not at every call. */
  removeExpired(now: number): readonly Pending[] {
    // `isChosen` may look for room elsewhere, and that way come back to this queue.
    if (now < this.#firstExpiry || now < this.#nextSearch || this.#isSearched) return [];
    this.#nextSearch = now + searchPause;
    this.#firstExpiry = Number.POSITIVE_INFINITY;
    return this.remove(({ message }) => {
      if (message.isExpired(now)) return true;
      this.#firstExpiry = Math.min(this.#firstExpiry, message.expiresAt);
      return false;
    });
  }

  clear(): void {
    for (const pending of this) this.#removed(pending);
    this.#items = [];
    this.#head = 0;
  }

  #removed({ message }: Pending): void {
    this.#bytes -= message.size;
    this.memory.remove(message);
  }
}
