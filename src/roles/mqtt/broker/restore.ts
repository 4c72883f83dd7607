import { Frame } from "../../../protocol/mqtt/frame.ts";
import { PublishView } from "../../../protocol/mqtt/publish-view.ts";
import type {
  Contents,
  Store,
  StoredDelivery,
  StoredMessage,
  StoredSession,
  StoredWill,
} from "../ports/store.ts";
import type { Retained } from "../routing/retained.ts";
import type { Session } from "../session/session.ts";
import { delayWill, mayPublish, type WillContext } from "../session/will.ts";
import { Message, type Pending, type TopicName } from "../wire/message.ts";
import type { SessionRegistry } from "./session-registry.ts";

const encoder = new TextEncoder();

/** Messages restored until the garbage is collected: left to itself it would grow as large as all that is kept. */
const perCollection = 250_000;

/** What is restored into. */
interface RestoreContext extends WillContext {
  readonly store: Store;
  readonly registry: SessionRegistry;
  readonly retained: Retained;
}

/** Restores what a store kept. Limits that are lower by now take nothing away. */
export function restore(context: RestoreContext, { sessions, retained, wills }: Contents): void {
  const restorer = new Restorer(context);
  // The one that lost its client first comes first: it is the first to go when sessions become too many.
  const inOrder = [...sessions].sort((one, other) => other.away - one.away);
  for (const session of inOrder) restorer.session(session);
  // The rules may have changed since. Not before all are there: others may get what one may not.
  for (const session of context.registry.all.values()) session.dropForbidden();
  for (const message of retained) {
    if (message.expiresIn > 0) context.retained.restore(restorer.retained(message));
    else context.store.clear(message.topic);
  }
  for (const will of wills) restoreWill(context, will);
}

/** The client has not come back before the broker ended: its will waits for the rest of its delay, or is due now. */
function restoreWill(context: RestoreContext, { clientId, delay, away, packet, author }: StoredWill): void {
  const { registry, store } = context;
  const bytes = Buffer.from(packet);
  const topic = topicOf(bytes);
  const session = registry.all.get(clientId);
  if (session !== undefined) session.willAuthor = author;
  const left = session === undefined ? 0 : Math.min(delay, session.expiry) - away;
  if (session !== undefined && left > 0) {
    delayWill(context, session, bytes, topic, left);
    return;
  }
  store.dropWill(clientId);
  if (!mayPublish(context, { clientId, willAuthor: author }, topic)) return;
  context.publish(bytes, topic, session ?? { clientId });
}

function topicOf(packet: Buffer): string {
  const frame = new Frame();
  const view = new PublishView();
  frame.read(packet, 0, packet.length);
  view.read(packet, 0, frame.body, frame.end, 5);
  return packet.toString("utf8", view.topicStart, view.topicEnd);
}

class Restorer {
  readonly #context: RestoreContext;
  /** All messages of a topic share its name, as those that come in do. */
  readonly #topics = new Map<string, TopicName>();
  /** Those that were kept for several sessions are one object again. */
  readonly #messages = new Map<StoredMessage, Message>();
  /** One for all: a million of them would be as much memory again. */
  readonly #view = new PublishView();
  #made = 0;

  constructor(context: RestoreContext) {
    this.#context = context;
  }

  session(stored: StoredSession): void {
    const { clientId, expiry, away } = stored;
    const { store, registry } = this.#context;
    if (away >= expiry) {
      store.endSession(clientId);
      return;
    }
    const session = registry.restore(stored);
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

  /** What is retained is packed as it is kept: nothing of this message stays. */
  retained(stored: StoredMessage): Message {
    const topic = { text: stored.topic, bytes: encoder.encode(stored.topic) };
    return this.#make(stored, topic);
  }

  message(stored: StoredMessage): Message {
    const known = this.#messages.get(stored);
    if (known !== undefined) return known;
    const message = this.#make(stored, this.#topic(stored.topic));
    this.#messages.set(stored, message);
    return message;
  }

  #topic(text: string): TopicName {
    const known = this.#topics.get(text);
    if (known !== undefined) return known;
    const topic = { text, bytes: encoder.encode(text) };
    this.#topics.set(text, topic);
    return topic;
  }

  #make({ qos, retain, properties, payload, expiresIn }: StoredMessage, topic: TopicName): Message {
    if (++this.#made % perCollection === 0) Bun.gc(true);
    const view = this.#view;
    view.first = (qos << 1) | (retain ? 1 : 0);
    view.properties = properties;
    view.propertiesEnd = properties.length;
    view.bytes = payload;
    view.end = payload.length;
    // A negative number would mean that it never expires.
    view.expiry = expiresIn === Number.POSITIVE_INFINITY ? -1 : Math.max(0, expiresIn) / 1000;
    // Properties and payload are to lie together, as in any message that came in.
    return new Message(topic, view, this.#context.clock.now(), properties.length === 0);
  }
}
