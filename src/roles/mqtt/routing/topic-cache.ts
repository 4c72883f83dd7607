import { MqttError, malformed } from "../../../protocol/mqtt/errors.ts";
import { copyOf, decodeUtf8 } from "../../../protocol/mqtt/reader.ts";
import { Reason } from "../../../protocol/mqtt/reason.ts";
import { type TopicLimits, topicLimitMistake, topicNameMistake } from "../../../protocol/mqtt/topic.ts";
import type { Subscribers } from "./subscribers.ts";
import { TopicRoute } from "./topic-route.ts";

const encoder = new TextEncoder();

/** More topics than this with one hash are no accident: the cache starts again, with another hash. */
const maxChain = 16;

const randomMultiplier = (): number => (Math.random() * 0x7fffffff) | 0x10001;

/** Topics may be long: all names in the cache together take no more than about this. */
const maxCachedBytes = 8 * 1024 * 1024;

/** The topics in use with their routes, found by the bytes of a PUBLISH without making a string of them. */
export class TopicCache {
  readonly #limits: TopicLimits;
  readonly #maxTopics: number;
  readonly #nobody: Subscribers;
  readonly #byHash = new Map<number, TopicRoute>();
  readonly #byText = new Map<string, TopicRoute>();
  /** Odd, and another one in each broker and after each attack. */
  #multiplier = randomMultiplier();
  #cachedBytes = 0;

  constructor(limits: TopicLimits, maxTopics: number, nobody: Subscribers) {
    this.#limits = limits;
    this.#maxTopics = maxTopics;
    this.#nobody = nobody;
  }

  /** The topics that are cached, the latest to come into use last. */
  topics(): Iterable<string> {
    return this.#byText.keys();
  }

  /** The route of a topic, if it is cached. */
  get(topic: string): TopicRoute | undefined {
    return this.#byText.get(topic);
  }

  /**
   * The route of a topic name that lies in `bytes`. Its characters are checked when it is new.
   * @throws {MqttError}
   */
  ofBytes(bytes: Uint8Array, start: number, end: number): TopicRoute {
    const hash = this.#hash(bytes, start, end);
    let chained = 0;
    for (let route = this.#byHash.get(hash); route !== undefined; route = route.next) {
      if (sameBytes(route.bytes, bytes, start, end)) return route;
      chained++;
    }
    const text = this.#check(bytes, start, end);
    if (chained >= maxChain) this.#clear();
    return this.#add(text, copyOf(bytes, start, end));
  }

  /** The route of a topic name that is known to be valid. */
  ofText(text: string): TopicRoute {
    return this.#byText.get(text) ?? this.#add(text, encoder.encode(text));
  }

  #check(bytes: Uint8Array, start: number, end: number): string {
    const { maxTopicLength } = this.#limits;
    // Before it is decoded.
    if (end - start > maxTopicLength) {
      const message = `the topic has ${end - start} bytes, and maxTopicLength is ${maxTopicLength}`;
      throw new MqttError(Reason.TopicNameInvalid, message);
    }
    const text = decodeUtf8(bytes, start, end, "topic");
    const mistake = topicNameMistake(text);
    if (mistake !== undefined) throw malformed(`the topic of PUBLISH ${mistake}`);
    const excess = topicLimitMistake(text, this.#limits);
    if (excess !== undefined) throw new MqttError(Reason.TopicNameInvalid, `the topic ${excess}`);
    return text;
  }

  #add(text: string, bytes: Uint8Array): TopicRoute {
    this.#cachedBytes += bytes.length;
    if (this.#byText.size >= this.#maxTopics || this.#cachedBytes > maxCachedBytes) this.#clear();
    const hash = this.#hash(bytes, 0, bytes.length);
    const route = new TopicRoute(text, bytes, this.#byHash.get(hash), this.#nobody);
    this.#byHash.set(hash, route);
    this.#byText.set(text, route);
    return route;
  }

  /**
   * A product alone would not do: whatever the multiplier, topics like the Thue-Morse sequence share one hash, because
   * the lowest bits never depend on those above. The shift brings these down.
   */
  #hash(bytes: Uint8Array, start: number, end: number): number {
    const multiplier = this.#multiplier;
    let hash = end - start;
    for (let at = start; at < end; at++) {
      hash = Math.imul(hash ^ bytes[at]!, multiplier);
      hash ^= hash >>> 15;
    }
    return hash;
  }

  #clear(): void {
    for (const route of this.#byText.values()) route.drop();
    this.#byText.clear();
    this.#byHash.clear();
    this.#cachedBytes = 0;
    this.#multiplier = randomMultiplier();
  }
}

/** Whether `known` is what lies in `bytes` from `start` to `end`. */
export function sameBytes(known: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  const { length } = known;
  if (length !== end - start) return false;
  // From the back: topics differ at their ends.
  for (let index = length - 1; index >= 0; index--) if (known[index] !== bytes[start + index]) return false;
  return true;
}
