import { MqttError, malformed } from "../../../protocol/mqtt/errors.ts";
import { copyOf, decodeUtf8 } from "../../../protocol/mqtt/reader.ts";
import { Reason } from "../../../protocol/mqtt/reason.ts";
import {
  hasWildcard,
  parseShare,
  topicDepth,
  topicMatches,
  topicNameMistake,
} from "../../../protocol/mqtt/topic.ts";
import { SharedGroup } from "./shared-subscription.ts";
import { Audience, type Subscription } from "./subscribers.ts";
import { type Recipients, Route } from "./topic-route.ts";
import { TopicTree } from "./topic-tree.ts";

export type { Route } from "./topic-route.ts";

/** Learns which filters somebody subscribes to; a shared subscription counts by its inner filter. */
export interface Interest {
  /** The first has come. */
  subscribed(filter: string): void;
  /** The last has gone. */
  unsubscribed(filter: string): void;
}

const encoder = new TextEncoder();

/** More topics than this with one hash are no accident: the cache starts again, with another hash. */
const longestChain = 16;

const secret = (): number => (Math.random() * 0x7fffffff) | 0x10001;

/** Topics may be long; those in the cache together take no more than about this. */
const cacheBytes = 8 * 1024 * 1024;

/** Filters remembered to which nothing was published. */
const silentKept = 10_000;

/** So many changes back, comparing a topic with the filters that changed costs less than to search the tree. */
const changesKept = 16;

/**
 * Who gets what. Topics in use have the filters that match them cached, each with the list of its subscribers, so a
 * publish costs the same with a hundred subscriptions and with a million, and one more subscriber of a filter in
 * use is one more entry in its list. A wildcard filter that nobody used before, or that nobody uses any more, is
 * compared with a cached topic when that is published to next.
 */
export class Routes {
  readonly #plain = new Map<string, Audience>();
  readonly #wild = new TopicTree<Audience>();
  /** By the filter as clients write it. */
  readonly #groups = new Map<string, SharedGroup>();
  readonly #byHash = new Map<number, Route>();
  readonly #byText = new Map<string, Route>();
  readonly #nobody = new Audience("");
  /** Odd, and another one in each broker and after each attack. */
  #multiplier = secret();
  /** Counts the wildcard filters that came into use or fell out of it; the last of them stand in `#recent`. */
  #stamp = 0;
  readonly #recent: string[] = [];
  /** Counts every change. */
  #changes = 0;
  #count = 0;
  #bytes = 0;
  /**
   * Filters to which nothing has been published since somebody uses them, and since when; the first of them only,
   * once there are very many.
   */
  readonly #silent = new Map<Audience, number>();
  #cachedBytes = 0;

  constructor(
    readonly limits: { readonly maxTopicLevels: number; readonly maxTopicLength: number },
    readonly interest?: Interest,
    readonly cacheLimit = 20_000,
    readonly now: () => number = () => 0,
  ) {}

  get silent(): ReadonlyMap<Audience, number> {
    return this.#silent;
  }

  /** Topics that something was published to, as far as they are remembered, the latest to come into use last. */
  topics(): Iterable<string> {
    return this.#byText.keys();
  }

  /** Whether anybody has subscribed to the topic. */
  isWanted(topic: string): boolean {
    return this.#resolve(topic).length > 0;
  }

  /** Subscriptions of all clients. */
  get size(): number {
    return this.#count;
  }

  /** What they take in memory, about. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The shared subscription with this filter, `$share/group/` included, if anybody has it. */
  group(share: string): SharedGroup | undefined {
    return this.#groups.get(share);
  }

  add(subscription: Subscription): void {
    this.#changes++;
    this.#count++;
    this.#bytes += subscriptionBytes(subscription.filter);
    const { share, session } = subscription;
    if (share === undefined) {
      this.#open(subscription.filter).add(subscription);
      return;
    }
    session.shares++;
    this.#openGroup(share).add(subscription);
  }

  /** Puts a subscription in the place of one of the same session to the same filter. */
  replace(before: Subscription, subscription: Subscription): void {
    this.#changes++;
    if (subscription.share === undefined) this.#open(subscription.filter).replace(before, subscription);
    else this.#openGroup(subscription.share).replace(before, subscription);
  }

  remove(subscription: Subscription): void {
    this.#changes++;
    this.#count--;
    this.#bytes -= subscriptionBytes(subscription.filter);
    const { share, filter } = subscription;
    const audience = this.#open(share === undefined ? filter : filterOf(share));
    if (share === undefined) audience.remove(subscription);
    else this.#leaveGroup(share, subscription, audience);
    if (audience.isEmpty) this.#close(audience);
  }

  #open(filter: string): Audience {
    if (hasWildcard(filter)) return this.#wild.open(filter, () => this.#newAudience(filter));
    let audience = this.#plain.get(filter);
    if (audience === undefined) {
      audience = this.#newAudience(filter);
      this.#plain.set(filter, audience);
    }
    return audience;
  }

  #newAudience(filter: string): Audience {
    this.#outdate(filter);
    this.interest?.subscribed(filter);
    const audience = new Audience(filter);
    if (this.#silent.size < silentKept) this.#silent.set(audience, this.now());
    return audience;
  }

  #close(audience: Audience): void {
    const { filter } = audience;
    this.#silent.delete(audience);
    if (hasWildcard(filter)) this.#wild.delete(filter);
    else this.#plain.delete(filter);
    this.#outdate(filter);
    this.interest?.unsubscribed(filter);
  }

  /** Cached routes that the filter matches have to be found again. */
  #outdate(filter: string): void {
    if (hasWildcard(filter)) {
      this.#stamp++;
      this.#recent[this.#stamp % changesKept] = filter;
      return;
    }
    const route = this.#byText.get(filter);
    if (route !== undefined) route.stamp = -1;
  }

  #openGroup(share: string): SharedGroup {
    const known = this.#groups.get(share);
    if (known !== undefined) return known;
    const group = new SharedGroup();
    this.#groups.set(share, group);
    this.#open(filterOf(share)).addGroup(group);
    return group;
  }

  #leaveGroup(share: string, subscription: Subscription, audience: Audience): void {
    subscription.session.shares--;
    const group = this.#groups.get(share);
    group?.remove(subscription);
    if (group?.isEmpty !== true) return;
    this.#groups.delete(share);
    audience.removeGroup(group);
  }

  /** Who gets what is published to the route's topic now. */
  targets(route: Route): Recipients {
    if (route.seen === this.#changes && route.stamp === this.#stamp) return route;
    if (!this.#isCurrent(route)) this.#find(route);
    route.stamp = this.#stamp;
    route.seen = this.#changes;
    route.refresh();
    return route;
  }

  // Whoever asks has something to publish, and a filter that is new makes every route it matches be found again.
  #find(route: Route): void {
    const audiences = this.#resolve(route.text);
    for (const audience of audiences) this.#silent.delete(audience);
    route.find(audiences);
  }

  #isCurrent({ text, stamp }: Route): boolean {
    if (stamp < 0 || this.#stamp - stamp > changesKept) return false;
    for (let at = stamp + 1; at <= this.#stamp; at++) {
      if (topicMatches(this.#recent[at % changesKept] ?? "#", text)) return false;
    }
    return true;
  }

  #resolve(topic: string): Audience[] {
    const found: Audience[] = [];
    const plain = this.#plain.get(topic);
    if (plain !== undefined) found.push(plain);
    this.#wild.match(topic, (audience) => found.push(audience));
    return found;
  }

  /**
   * The route of a topic name that lies in `bytes`; its characters are checked when it is new.
   * @throws {MqttError}
   */
  ofBytes(bytes: Uint8Array, start: number, end: number): Route {
    const hash = this.#hash(bytes, start, end);
    const chain = this.#byHash.get(hash);
    let length = 0;
    for (let route = chain; route !== undefined; route = route.next) {
      if (sameBytes(route.bytes, bytes, start, end)) return route;
      length++;
    }
    return this.#learn(bytes, start, end, length);
  }

  #learn(bytes: Uint8Array, start: number, end: number, chained: number): Route {
    const { maxTopicLevels, maxTopicLength } = this.limits;
    if (end - start > maxTopicLength) {
      const message = `the topic has ${end - start} bytes, and maxTopicLength is ${maxTopicLength}`;
      throw new MqttError(Reason.TopicNameInvalid, message);
    }
    const text = decodeUtf8(bytes, start, end, "topic");
    const mistake = topicNameMistake(text);
    if (mistake !== undefined) throw malformed(`the topic of PUBLISH ${mistake}`);
    if (topicDepth(text) > maxTopicLevels) {
      const message = `the topic has ${topicDepth(text)} levels, and maxTopicLevels is ${maxTopicLevels}`;
      throw new MqttError(Reason.TopicNameInvalid, message);
    }
    if (chained >= longestChain) this.#clear();
    return this.#remember(text, copyOf(bytes, start, end));
  }

  /** The route of a topic name that is known to be right. */
  ofText(text: string): Route {
    const known = this.#byText.get(text);
    if (known !== undefined) return known;
    const bytes = encoder.encode(text);
    return this.#remember(text, bytes);
  }

  #remember(text: string, bytes: Uint8Array): Route {
    this.#cachedBytes += bytes.length;
    if (this.#byText.size >= this.cacheLimit || this.#cachedBytes > cacheBytes) this.#clear();
    const hash = this.#hash(bytes, 0, bytes.length);
    const route = new Route(text, bytes, this.#byHash.get(hash), this.#nobody);
    this.#byHash.set(hash, route);
    this.#byText.set(text, route);
    return route;
  }

  /**
   * A product alone would not do: whatever it multiplies with, topics like the Thue-Morse sequence share one hash,
   * because the lowest bits never learn of those above. The shift brings these down.
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
    this.#multiplier = secret();
  }
}

/**
 * What a subscription takes in memory, about, in bytes: itself, its places in its session, in the list of its
 * filter's subscribers and in the tree, and its filter there and here. Measured with a million of each kind.
 */
export const subscriptionBytes = (filter: string): number => 500 + 2 * filter.length;

const filterOf = (share: string): string => parseShare(share)?.filter ?? share;

/** Whether `known` is what lies in `bytes`. */
export function sameBytes(known: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  const { length } = known;
  if (length !== end - start) return false;
  // From the back: topics differ at their ends.
  for (let index = length - 1; index >= 0; index--) if (known[index] !== bytes[start + index]) return false;
  return true;
}
