import type { Qos } from "../../protocol/mqtt/packet.ts";
import type { Message } from "./message.ts";

/** A message for one subscriber, with what is the subscriber's own about it. */
export interface Pending {
  readonly message: Message;
  readonly qos: Qos;
  readonly retain: boolean;
  readonly subscriptionIds: readonly number[] | undefined;
}

/** First in, first out, counted in bytes. */
export class Queue {
  #items: Pending[] = [];
  #head = 0;
  #bytes = 0;

  get length(): number {
    return this.#items.length - this.#head;
  }

  get bytes(): number {
    return this.#bytes;
  }

  push(pending: Pending): void {
    this.#items.push(pending);
    this.#bytes += pending.message.size;
  }

  shift(): Pending | undefined {
    const pending = this.#items[this.#head];
    if (pending === undefined) return undefined;
    this.#head++;
    this.#bytes -= pending.message.size;
    // What was taken is let go of in blocks, so taking one costs the same however long the queue is.
    if (this.#head === this.#items.length || this.#head > 1024) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return pending;
  }
}
