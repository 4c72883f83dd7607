import type { Grant } from "../ports/access.ts";
import type { Store } from "../ports/store.ts";
import type { SubscriptionOptions } from "../routing/subscription.ts";
import type { Pending } from "../wire/message.ts";

/** Whose session it is. */
export interface SessionName {
  readonly clientId: string;
  readonly owner: string | undefined;
  /** "": it has none. */
  readonly prefix: string;
  readonly grant: Grant | undefined;
}

/**
 * Records the changes of one session that outlives its connection in the store. A session has a journal only if the
 * store is durable.
 */
export class Journal {
  readonly #session: SessionName;
  readonly #clientId: string;
  readonly #store: Store;
  /** The number of the last message. */
  #last = 0;

  constructor(session: SessionName, store: Store) {
    this.#session = session;
    this.#clientId = session.clientId;
    this.#store = store;
  }

  /** A message with this number has been restored: further ones come after it. */
  continueAfter(number: number): void {
    this.#last = Math.max(this.#last, number);
  }

  keep(expiry: number): void {
    const { clientId, owner, prefix, grant } = this.#session;
    this.#store.keepSession(clientId, expiry, owner, prefix === "" ? undefined : prefix, grant);
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
    else this.#store.sent(this.#clientId, pending, pending.number, packetId);
  }

  /** Messages that differ in nothing else, with packet identifiers that follow each other, and that were not queued. */
  sentRun(run: readonly Pending[], packetId: number): void {
    const first = this.#last + 1;
    for (const pending of run) pending.number = ++this.#last;
    this.#store.deliverRun(this.#clientId, run, first, packetId);
  }

  #deliver(pending: Pending, packetId: number | undefined): void {
    const number = ++this.#last;
    pending.number = number;
    this.#store.deliver(this.#clientId, pending, number, packetId);
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
