import type { TopicName } from "./message.ts";

/**
 * Shorter topics get no alias. It costs three bytes in each packet, so a topic of eight saves five from the second
 * message on; and messages whose topic is left out cannot go out as the bytes that came in.
 */
const shortestTopic = 8;

/**
 * Messages at QoS 2 name their topics. MQTT.js (5.16) hands such a message over when its PUBREL comes, and has
 * forgotten by then what the alias stood for; and four packets for each message leave little to be saved.
 */
export const highestAliasedQos = 1;

/**
 * The aliases that the broker has given to topics on one connection, section 3.3.2.3.4. They begin and end with the
 * connection. [MQTT-3.3.2-7]
 *
 * First come, first served. Once all are given, a hand goes round as in the clock algorithm of paging: each topic
 * that asks in vain moves it on by one, an alias that was used since the hand last passed stays, another one is
 * taken back. So topics that come once do not take the aliases of those that come again and again.
 */
export class OutgoingAliases {
  readonly #byTopic = new Map<string, number>();
  /** By alias; 0 is none. */
  readonly #topics: (string | undefined)[] = [undefined];
  readonly #isUsed: boolean[] = [false];
  #hand = 0;

  /** @param limit as many as the client takes, and the broker wants to give. [MQTT-3.3.2-11] */
  constructor(readonly limit: number) {}

  /** The alias that the client knows for the topic; 0: none. */
  of(topic: string): number {
    const alias = this.#byTopic.get(topic);
    if (alias === undefined) return 0;
    this.#isUsed[alias] = true;
    return alias;
  }

  /** An alias that the topic may have; 0: none now. Nothing is settled before `give`. */
  free(topic: TopicName): number {
    if (topic.bytes.length < shortestTopic) return 0;
    if (this.#topics.length <= this.limit) return this.#topics.length;
    this.#hand = (this.#hand % this.limit) + 1;
    if (this.#isUsed[this.#hand] !== true) return this.#hand;
    this.#isUsed[this.#hand] = false;
    return 0;
  }

  /** The packet that tells the client is on its way: to be called then, and only then. */
  give(alias: number, topic: string): void {
    const before = this.#topics[alias];
    if (before !== undefined) this.#byTopic.delete(before);
    this.#topics[alias] = topic;
    this.#isUsed[alias] = false;
    this.#byTopic.set(topic, alias);
  }
}
