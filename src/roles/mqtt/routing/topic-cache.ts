import { MqttError, malformed } from "../../../protocol/mqtt/errors.ts";
import { decodeUtf8 } from "../../../protocol/mqtt/reader.ts";
import { Reason } from "../../../protocol/mqtt/reason.ts";
import { type TopicLimits, topicLimitMistake, topicNameMistake } from "../../../protocol/mqtt/topic.ts";
import type { Subscribers } from "./subscribers.ts";
import { TopicRoute } from "./topic-route.ts";

/** More topics than this with one hash are no accident: the cache starts again, with another hash. */
const maxChain = 16;

/** Topics may be long: all names in the cache together take no more than this for each topic that it may hold. */
const maxBytesPerTopic = 400;

/** When the cache is full, one in so many topics that are not in it takes the place of one that is. */
const admission = 16;

const randomMultiplier = (): number => (Math.random() * 0x7fffffff) | 0x10001;

/**
 * The topics in use with their routes, found by the bytes of a PUBLISH without making a string of them.
 *
 * When it is full, most topics that it does not hold get a route for this time only, and one in sixteen replaces a
 * topic chosen at random. So a million topics in turn do not throw each other out, which would cost more than what
 * the cache saves, and a topic that comes again and again is soon in it.
 */
export class TopicCache {
  readonly #limits: TopicLimits;
  readonly #maxTopics: number;
  readonly #nobody: Subscribers;
  readonly #byHash = new Map<number, TopicRoute>();
  readonly #byText = new Map<string, TopicRoute>();
  /** The same routes in no order, for a choice at random. */
  readonly #all: TopicRoute[] = [];
  /** Odd, and another one in each broker and after each attack. */
  #multiplier = randomMultiplier();
  #cachedBytes = 0;
  /** Topics that were not in the full cache. */
  #misses = 0;

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
   * The route of a topic name that lies in `bytes`. Its characters are checked when it is not cached.
   * @throws {MqttError}
   */
  ofBytes(bytes: Buffer, start: number, end: number): TopicRoute {
    const hash = this.#hash(bytes, start, end);
    let chained = 0;
    for (let route = this.#byHash.get(hash); route !== undefined; route = route.next) {
      if (sameBytes(route.bytes, bytes, start, end)) return route;
      chained++;
    }
    const text = this.#read(bytes, start, end);
    if (chained < maxChain) return this.#make(text, hash);
    this.#clear();
    return this.#make(text, this.#hash(bytes, start, end));
  }

  /** The route of a topic name that is known to be valid. */
  ofText(text: string): TopicRoute {
    const known = this.#byText.get(text);
    if (known !== undefined) return known;
    const bytes = Buffer.from(text);
    return this.#make(text, this.#hash(bytes, 0, bytes.length));
  }

  #read(bytes: Buffer, start: number, end: number): string {
    if (isPlainAscii(bytes, start, end, this.#limits)) return bytes.toString("latin1", start, end);
    return this.#decode(bytes, start, end);
  }

  #decode(bytes: Buffer, start: number, end: number): string {
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

  #make(text: string, hash: number): TopicRoute {
    const route = new TopicRoute(text, hash, this.#nobody);
    if (this.#isAdmitted()) this.#add(route);
    return route;
  }

  #isAdmitted(): boolean {
    const isFull =
      this.#all.length >= this.#maxTopics || this.#cachedBytes > this.#maxTopics * maxBytesPerTopic;
    if (!isFull) return true;
    if (++this.#misses % admission !== 0) return false;
    this.#evictOne();
    return true;
  }

  #add(route: TopicRoute): void {
    route.isCached = true;
    route.index = this.#all.length;
    this.#all.push(route);
    route.next = this.#byHash.get(route.hash);
    this.#byHash.set(route.hash, route);
    this.#byText.set(route.text, route);
    this.#cachedBytes += route.bytes.length;
  }

  #evictOne(): void {
    const victim = this.#all[Math.floor(Math.random() * this.#all.length)];
    const last = this.#all.pop();
    if (victim === undefined || last === undefined) return;
    if (last !== victim) {
      this.#all[victim.index] = last;
      last.index = victim.index;
    }
    this.#byText.delete(victim.text);
    this.#unchain(victim);
    this.#cachedBytes -= victim.bytes.length;
    victim.evict();
  }

  #unchain(victim: TopicRoute): void {
    const first = this.#byHash.get(victim.hash);
    if (first !== victim) {
      let before = first;
      while (before !== undefined && before.next !== victim) before = before.next;
      if (before !== undefined) before.next = victim.next;
    } else if (victim.next === undefined) this.#byHash.delete(victim.hash);
    else this.#byHash.set(victim.hash, victim.next);
  }

  /**
   * A product alone would not do: whatever the multiplier, topics like the Thue-Morse sequence share one hash, because
   * the lowest bits never depend on those above. The shift brings these down.
   */
  #hash(bytes: Buffer, start: number, end: number): number {
    const multiplier = this.#multiplier;
    let hash = end - start;
    for (let at = start; at < end; at++) {
      hash = Math.imul(hash ^ bytes[at]!, multiplier);
      hash ^= hash >>> 15;
    }
    return hash;
  }

  #clear(): void {
    for (const route of this.#all) route.evict();
    this.#all.length = 0;
    this.#byText.clear();
    this.#byHash.clear();
    this.#cachedBytes = 0;
    this.#multiplier = randomMultiplier();
  }
}

/** Whether the name is valid, within the limits and of ASCII alone: most are, and need no decoder. */
function isPlainAscii(bytes: Buffer, start: number, end: number, limits: TopicLimits): boolean {
  const { maxTopicLevels, maxTopicLength } = limits;
  if (end === start || end - start > maxTopicLength) return false;
  let levels = 1;
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!;
    if (byte === 0 || byte >= 0x80 || byte === plus || byte === hash) return false;
    if (byte === slash) levels++;
  }
  return levels <= maxTopicLevels;
}

const slash = 0x2f;
const plus = 0x2b;
const hash = 0x23;

/** Whether `known` is what lies in `bytes` from `start` to `end`. */
export function sameBytes(known: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  const { length } = known;
  if (length !== end - start) return false;
  // From the back: topics differ at their ends.
  for (let index = length - 1; index >= 0; index--) if (known[index] !== bytes[start + index]) return false;
  return true;
}
