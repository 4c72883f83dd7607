import type { TopicName } from "./message.ts";

/**
 * Shorter topics get no alias. It costs three bytes in each packet, so a topic of eight saves five from the second
 * message on; and messages whose topic is left out cannot be passed on as the bytes that came in.
 */
const minTopicLength = 8;

/**
 * Messages at QoS 2 name their topics. MQTT.js (5.16) hands such a message over when its PUBREL comes, and has
 * forgotten by then what the alias stood for; and with four packets for each message there is little to save.
 */
export const maxAliasedQos = 1;

/**
 * The topic aliases that the broker has assigned on one connection, section 3.3.2.3.4. They begin and end with the
 * connection. [MQTT-3.3.2-7]
 *
 * First come, first served. Once all are assigned they are replaced by the clock algorithm: each topic that asks in
 * vain moves the hand on by one; an alias that was used since the hand last passed stays, another one is reassigned.
 * So topics that come once do not take the aliases of those that come again and again.
 */
export class TopicAliases {
  readonly #byTopic = new Map<string, number>();
  /** By alias; 0 is none. */
  readonly #topics: (string | undefined)[] = [undefined];
  readonly #isUsed: boolean[] = [false];
  #hand = 0;

  /** @param limit as many as the client takes, and the broker wants to assign. [MQTT-3.3.2-11] */
  constructor(readonly limit: number) {}

  /** The alias that the client knows for the topic; 0: none. */
  aliasOf(topic: string): number {
    const alias = this.#byTopic.get(topic);
    if (alias === undefined) return 0;
    this.#isUsed[alias] = true;
    return alias;
  }

  /** An alias that may be assigned to the topic; 0: none now. Nothing is assigned before `assign`. */
  candidate(topic: TopicName): number {
    if (topic.bytes.length < minTopicLength) return 0;
    if (this.#topics.length <= this.limit) return this.#topics.length;
    this.#hand = (this.#hand % this.limit) + 1;
    if (this.#isUsed[this.#hand] !== true) return this.#hand;
    this.#isUsed[this.#hand] = false;
    return 0;
  }

  /** To be called when the packet that introduces the alias is on its way, and only then. */
  assign(alias: number, topic: string): void {
    const before = this.#topics[alias];
    if (before !== undefined) this.#byTopic.delete(before);
    this.#topics[alias] = topic;
    this.#isUsed[alias] = false;
    this.#byTopic.set(topic, alias);
  }
}
