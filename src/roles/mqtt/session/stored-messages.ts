import type { Qos } from "../../../protocol/mqtt/packet.ts";
import { PublishView } from "../../../protocol/mqtt/publish-view.ts";
import type { Clock } from "../ports/clock.ts";
import type { StoredMessage } from "../ports/store.ts";
import { Message, type TopicName } from "../wire/message.ts";

/** A message as a store sees it. */
class Seen implements StoredMessage {
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

/** Shows messages to a store, each as one object however many sessions it is kept for. */
export class StoredMessages {
  readonly #clock: Clock;
  readonly #seen = new WeakMap<Message, StoredMessage>();
  readonly #restored = new WeakMap<StoredMessage, Message>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  of(message: Message): StoredMessage {
    const known = this.#seen.get(message);
    if (known !== undefined) return known;
    const seen = new Seen(message, this.#clock);
    this.#seen.set(message, seen);
    return seen;
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
    // Less than nothing would mean that it never expires.
    view.expiry = expiresIn === Number.POSITIVE_INFINITY ? -1 : Math.max(0, expiresIn) / 1000;
    return new Message(topic, view, this.#clock.now());
  }
}
