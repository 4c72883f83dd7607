import type { Contents, Store, StoredDelivery, StoredMessage, StoredSession } from "../ports/store.ts";
import type { Retained } from "../routing/retained.ts";
import type { Session } from "../session/session.ts";
import type { StoredMessages } from "../session/stored-messages.ts";
import type { Message, Pending, TopicName } from "../wire/message.ts";
import type { SessionRegistry } from "./session-registry.ts";

const encoder = new TextEncoder();

/** What is restored into. */
interface RestoreContext {
  readonly store: Store;
  readonly storedMessages: StoredMessages;
  readonly registry: SessionRegistry;
  readonly retained: Retained;
}

/** Restores what a store kept. Limits that are lower by now take nothing away. */
export function restore(context: RestoreContext, { sessions, retained }: Contents): void {
  const restorer = new Restorer(context);
  // The one that lost its client first comes first: it is the first to go when sessions become too many.
  const inOrder = [...sessions].sort((one, other) => other.away - one.away);
  for (const session of inOrder) restorer.session(session);
  for (const message of retained) {
    if (message.expiresIn > 0) context.retained.restore(restorer.message(message));
    else context.store.clear(message.topic);
  }
}

class Restorer {
  readonly #context: RestoreContext;
  /** All messages of a topic share its name, as those that come in do. */
  readonly #topics = new Map<string, TopicName>();

  constructor(context: RestoreContext) {
    this.#context = context;
  }

  session(stored: StoredSession): void {
    const { clientId, expiry, away, owner } = stored;
    const { store, registry } = this.#context;
    if (away >= expiry) {
      store.endSession(clientId);
      return;
    }
    const session = registry.restore(clientId, owner, expiry, away);
    for (const subscription of stored.subscriptions) session.restoreSubscription(subscription);
    for (const packetId of stored.awaitingPubcomp) session.inflight.restore(packetId, undefined);
    for (const delivery of stored.deliveries) this.#delivery(session, delivery);
    for (const packetId of stored.incoming) session.incoming.add(packetId);
  }

  #delivery(session: Session, delivery: StoredDelivery): void {
    const { number, qos, retain, subscriptionIds, share, packetId } = delivery;
    const message = this.message(delivery.message);
    const pending: Pending = { message, qos, retain, subscriptionIds, share, number };
    if (packetId === undefined) session.queue.push(pending);
    else session.inflight.restore(packetId, pending);
    if (share !== undefined) session.outgoing.sender.hasShared = true;
    session.journal?.continueAfter(number);
  }

  message(stored: StoredMessage): Message {
    return this.#context.storedMessages.restore(stored, this.#topic(stored.topic));
  }

  #topic(text: string): TopicName {
    const known = this.#topics.get(text);
    if (known !== undefined) return known;
    const topic = { text, bytes: encoder.encode(text) };
    this.#topics.set(text, topic);
    return topic;
  }
}
