import type { Qos } from "../../../protocol/mqtt/packet.ts";
import { PublishView } from "../../../protocol/mqtt/publish-view.ts";
import type { Clock } from "../ports/clock.ts";
import type { StoredMessage } from "../ports/store.ts";
import { Message, type TopicName } from "../wire/message.ts";

/** A message as a store sees it. */
class MessageView implements StoredMessage {
  readonly topic: string;
  readonly qos: Qos;
  readonly retain: boolean;
  readonly properties: Uint8Array;
  readonly payload: Uint8Array;
  readonly #clock: Clock;
  readonly #expiresAt: number;

  constructor(message: Message, clock: Clock) {
    const { bytes, payloadStart, end, properties, propertiesStart, propertiesEnd } = message;
    this.topic = message.topic.text;
    this.qos = message.qos;
    this.retain = message.retain;
    this.properties = properties.subarray(propertiesStart, propertiesEnd);
    this.payload = bytes.subarray(payloadStart, end);
    this.#clock = clock;
    this.#expiresAt = message.expiresAt;
  }

  get expiresIn(): number {
    return this.#expiresAt - this.#clock.now();
  }
}

/** Messages as a store sees them, each as one object however many sessions it is kept for. */
export class StoredMessages {
  readonly #clock: Clock;
  readonly #views = new WeakMap<Message, StoredMessage>();
  readonly #restored = new WeakMap<StoredMessage, Message>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  of(message: Message): StoredMessage {
    const known = this.#views.get(message);
    if (known !== undefined) return known;
    const view = new MessageView(message, this.#clock);
    this.#views.set(message, view);
    return view;
  }

  /** The message that a store kept: one, however many sessions it is for, if the store gives one object. */
  restore(stored: StoredMessage, topic: TopicName): Message {
    const known = this.#restored.get(stored);
    if (known !== undefined) return known;
    const message = this.#make(stored, topic);
    this.#restored.set(stored, message);
    return message;
  }

  #make(stored: StoredMessage, topic: TopicName): Message {
    const { qos, retain, properties, payload, expiresIn } = stored;
    const view = new PublishView();
    view.first = (qos << 1) | (retain ? 1 : 0);
    view.properties = properties;
    view.propertiesStart = 0;
    view.propertiesEnd = properties.length;
    view.bytes = payload;
    view.payloadStart = 0;
    view.end = payload.length;
    // A negative number would mean that it never expires.
    view.expiry = expiresIn === Number.POSITIVE_INFINITY ? -1 : Math.max(0, expiresIn) / 1000;
    return new Message(topic, view, this.#clock.now());
  }
}
