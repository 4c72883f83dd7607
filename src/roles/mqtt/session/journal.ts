import type { Store } from "../ports/store.ts";
import type { SubscriptionOptions } from "../routing/subscription.ts";
import type { Pending } from "../wire/message.ts";
import type { StoredMessages } from "./stored-messages.ts";

/** Whose session it is. */
export interface SessionName {
  readonly clientId: string;
  readonly owner: string | undefined;
}

/**
 * Records the changes of one session that outlives its connection in the store. A session has a journal only if the
 * store is durable.
 */
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

  /** A message with this number has been restored: further ones come after it. */
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

  subscribed({ filter, qos, noLocal, retainAsPublished, identifier }: SubscriptionOptions): void {
    this.#store.subscribe(this.#clientId, { filter, qos, noLocal, retainAsPublished, identifier });
  }

  unsubscribed(filter: string): void {
    this.#store.unsubscribe(this.#clientId, filter);
  }

  queued(pending: Pending): void {
    this.#deliver(pending, undefined);
  }

  /** It has a packet identifier from now on, whether it was queued or not. */
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

  /** Removes it from the stored queue, if it is there. */
  dequeued({ number }: Pending): void {
    if (number !== undefined) this.#store.dequeued(this.#clientId, number);
  }

  /** PUBREC has come for a message of ours. */
  pubrec(packetId: number): void {
    this.#store.pubrec(this.#clientId, packetId);
  }

  /** A delivery is complete, given up, or goes to another client. */
  completed(packetId: number): void {
    this.#store.completed(this.#clientId, packetId);
  }

  /** A QoS 2 message has come from the client. */
  received(packetId: number): void {
    this.#store.received(this.#clientId, packetId);
  }

  /** PUBREL has come for it. */
  released(packetId: number): void {
    this.#store.released(this.#clientId, packetId);
  }
}
