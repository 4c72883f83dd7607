import type { Contents, StoredDelivery, StoredMessage, StoredSession } from "../ports/store.ts";
import type { Pending } from "../session/queue.ts";
import type { Session } from "../session/session.ts";
import type { TopicName } from "../wire/message.ts";
import type { Broker } from "./broker.ts";

const encoder = new TextEncoder();

/** Puts back what a store kept. Limits that are lower by now take nothing away. */
export function restore(broker: Broker, { sessions, retained }: Contents): void {
  const restoring = new Restoring(broker);
  // The one that lost its client first comes first: it is the first to go when sessions become too many.
  const inOrder = [...sessions].sort((one, other) => other.away - one.away);
  for (const session of inOrder) restoring.session(session);
  for (const message of retained) {
    if (message.expiresIn > 0) broker.retained.restore(restoring.message(message));
    else broker.store.clear(message.topic);
  }
}

class Restoring {
  readonly #broker: Broker;
  /** A topic is one object for all messages of it, as it is for those that come in. */
  readonly #topics = new Map<string, TopicName>();

  constructor(broker: Broker) {
    this.#broker = broker;
  }

  session(stored: StoredSession): void {
    const { clientId, expiry, away, owner } = stored;
    if (away >= expiry) {
      this.#broker.store.endSession(clientId);
      return;
    }
    const session = this.#broker.putBack(clientId, owner, expiry, away);
    for (const subscription of stored.subscriptions) this.#broker.resubscribe(session, subscription);
    for (const packetId of stored.confirmed) session.outgoing.restore(packetId, undefined);
    for (const delivery of stored.deliveries) this.#delivery(session, delivery);
    for (const packetId of stored.incoming) session.incoming.add(packetId);
  }

  #delivery(session: Session, delivery: StoredDelivery): void {
    const { number, qos, retain, subscriptionIds, share, packetId } = delivery;
    const message = this.message(delivery.message);
    const pending: Pending = { message, qos, retain, subscriptionIds, share, number };
    if (packetId === undefined) session.queue.push(pending);
    else session.outgoing.restore(packetId, pending);
    if (share !== undefined) session.hasShared = true;
    session.journal?.continueAfter(number);
  }

  message(stored: StoredMessage) {
    return this.#broker.storedMessages.restore(stored, this.#topic(stored.topic));
  }

  #topic(text: string): TopicName {
    const known = this.#topics.get(text);
    if (known !== undefined) return known;
    const topic = { text, bytes: encoder.encode(text) };
    this.#topics.set(text, topic);
    return topic;
  }
}
