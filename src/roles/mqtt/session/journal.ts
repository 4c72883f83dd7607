import type { Store } from "../ports/store.ts";
import type { Terms } from "../routing/subscribers.ts";
import type { Pending } from "./queue.ts";
import type { StoredMessages } from "./stored-messages.ts";

/** Whose session it is. */
interface SessionName {
  readonly clientId: string;
  readonly owner: string | undefined;
}

/** Tells the store of one session that outlives its connection. A session has one only if the store is durable. */
export class Journal {
  readonly #clientId: string;
  readonly #owner: string | undefined;
  readonly #store: Store;
  readonly #messages: StoredMessages;
  /** The number of the last message. */
  #last = 0;

  constructor({ clientId, owner }: SessionName, store: Store, messages: StoredMessages) {
    this.#clientId = clientId;
    this.#owner = owner;
    this.#store = store;
    this.#messages = messages;
  }

  /** A message has been put back with this number: further ones come behind it. */
  continueAfter(number: number): void {
    this.#last = Math.max(this.#last, number);
  }

  keep(expiry: number): void {
    this.#store.keepSession(this.#clientId, expiry, this.#owner);
  }

  setAway(isAway: boolean): void {
    this.#store.setAway(this.#clientId, isAway);
  }

  end(): void {
    this.#store.endSession(this.#clientId);
  }

  subscribed({ filter, qos, noLocal, retainAsPublished, identifier }: Terms): void {
    this.#store.subscribe(this.#clientId, { filter, qos, noLocal, retainAsPublished, identifier });
  }

  unsubscribed(filter: string): void {
    this.#store.unsubscribe(this.#clientId, filter);
  }

  queued(pending: Pending): void {
    this.#deliver(pending, undefined);
  }

  /** It has a packet identifier from now on, whether it waited or not. */
  sent(pending: Pending, packetId: number): void {
    if (pending.number === undefined) this.#deliver(pending, packetId);
    else this.#store.sent(this.#clientId, pending.number, packetId);
  }

  #deliver(pending: Pending, packetId: number | undefined): void {
    const { qos, retain, subscriptionIds, share } = pending;
    const number = ++this.#last;
    const message = this.#messages.of(pending.message);
    pending.number = number;
    this.#store.deliver(this.#clientId, { number, message, qos, retain, subscriptionIds, share, packetId });
  }

  /** It waits no more, if it did. */
  dropped({ number }: Pending): void {
    if (number !== undefined) this.#store.dropped(this.#clientId, number);
  }

  confirmed(packetId: number): void {
    this.#store.confirmed(this.#clientId, packetId);
  }

  settled(packetId: number): void {
    this.#store.settled(this.#clientId, packetId);
  }

  received(packetId: number): void {
    this.#store.received(this.#clientId, packetId);
  }

  released(packetId: number): void {
    this.#store.released(this.#clientId, packetId);
  }
}
