import type { Qos } from "../../../protocol/mqtt/packet.ts";
import type { PublishView } from "../../../protocol/mqtt/publish-view.ts";
import type { LargePacket } from "./large-packet.ts";
import { Message, noGroup, type TopicName } from "./message.ts";
import { PublishRun } from "./publish-run.ts";
import { type EncodedRun, PublishVariants } from "./publish-variants.ts";

/** A topic that messages are published to, as the router knows it. */
export interface PublishedTopic extends TopicName {
  /** The name alone, for messages that are kept: they must not keep what the router knows. */
  readonly name: TopicName;
}

const noTopic: PublishedTopic = {
  text: "",
  bytes: new Uint8Array(0),
  name: { text: "", bytes: new Uint8Array(0) },
};

/**
 * What is being published now, in every form that a subscriber may need: one message, or several that came in a row
 * to the same topic, of the same size and QoS. Such a run goes to each subscriber as one copy; a subscriber with the
 * publisher's version and QoS gets the very bytes that came in, with its packet identifiers written into them. So a
 * subscriber costs one call per run and not per message. One object is used again for each publication.
 *
 * The bytes are the network's: a publication is delivered before its chunk is given back.
 */
export class Publication {
  topic: PublishedTopic = noTopic;
  /** The session that publishes, for subscriptions with no local; undefined: the broker itself, or another node. */
  origin: object | undefined;
  readonly run = new PublishRun();
  readonly #now: () => number;
  readonly #variants = new PublishVariants(this.run);
  #messages: (Message | undefined)[] = [];
  /** Of those messages that observers see. */
  #groups: (number | undefined)[] = [];
  /** Observers could see how it came in. */
  #isShown = false;
  #large: LargePacket | undefined;

  /** @param now the broker's clock */
  constructor(now: () => number) {
    this.#now = now;
  }

  get count(): number {
    return this.run.count;
  }

  get qos(): Qos {
    return this.run.qos;
  }

  get retain(): boolean {
    return this.run.retain;
  }

  get payloadLength(): number {
    return this.run.payloadLength;
  }

  /** The packet, when it is so large that its payload is sent from where it lies; then it is the only one. */
  get large(): LargePacket | undefined {
    return this.#large;
  }

  /**
   * Adds the message that `view` has read from `bytes`.
   * @param group what `Traffic.begin` said of it; `noGroup`: it was not asked
   * @returns false when it does not go with what is there: that must be delivered and cleared first
   */
  append(
    view: PublishView,
    bytes: Buffer,
    topic: PublishedTopic,
    origin: object | undefined,
    v5: boolean,
    group = noGroup,
  ): boolean {
    const { run } = this;
    if (run.count > 0) {
      if (this.topic !== topic || this.origin !== origin || !run.append(view, bytes)) return false;
      if (group > 0) this.#groups[run.count - 1] = group;
      return true;
    }
    run.begin(view, bytes, v5);
    this.#isShown = group !== noGroup;
    if (group > 0) this.#groups[0] = group;
    this.topic = topic;
    this.origin = origin;
    return true;
  }

  /** Observers have seen none of these messages come in, though they could. */
  get isUnseen(): boolean {
    return this.#isShown && this.#groups.length === 0;
  }

  /** That of the message at `index` among observed messages; 0: it is not observed, `noGroup`: not known. */
  groupOf(index: number): number {
    return this.#groups[index] ?? (this.#isShown ? 0 : noGroup);
  }

  /** The one message that is there lies in this packet. */
  setLarge(packet: LargePacket | undefined): void {
    this.#large = packet;
  }

  /** All messages as packets of one kind; see `PublishVariants.encoded`. */
  encoded(
    v5: boolean,
    qos: Qos,
    retain: boolean,
    subscriptionIds: readonly number[] | undefined,
    alias: number,
  ): EncodedRun {
    return this.#variants.encoded(this.topic, v5, qos, retain, subscriptionIds, alias);
  }

  /** One message that introduces a topic alias to an MQTT 5 subscriber. */
  withNewAlias(
    index: number,
    qos: Qos,
    retain: boolean,
    subscriptionIds: readonly number[] | undefined,
    alias: number,
  ): EncodedRun {
    return this.#variants.withNewAlias(this.topic, index, qos, retain, subscriptionIds, alias);
  }

  /** The message at `index`, to be kept by a queue or in flight; copied once at most, however many keep it. */
  message(index: number): Message {
    this.#large?.keep();
    return this.transientMessage(index);
  }

  /** The same, to be used before this publication is cleared only. */
  transientMessage(index: number): Message {
    const known = this.#messages[index];
    if (known !== undefined) return known;
    const isImmutable = this.#large !== undefined;
    // Without properties it does not expire.
    const now = this.run.hasProperties ? this.#now() : 0;
    const message = new Message(this.topic.name, this.run.at(index), now, isImmutable);
    message.group = this.#groups[index] ?? noGroup;
    this.#messages[index] = message;
    return message;
  }

  clear(): void {
    this.run.clear();
    this.#variants.clear();
    this.topic = noTopic;
    this.origin = undefined;
    this.#large = undefined;
    if (this.#messages.length > 0) this.#messages = [];
    if (this.#groups.length > 0) this.#groups = [];
  }
}
