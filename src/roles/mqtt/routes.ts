import { MqttError, malformed } from "../../protocol/mqtt/errors.ts";
import type { Qos } from "../../protocol/mqtt/packet.ts";
import { copyOf, decodeUtf8 } from "../../protocol/mqtt/reader.ts";
import { Reason } from "../../protocol/mqtt/reason.ts";
import { hasWildcard, topicDepth, topicNameMistake } from "../../protocol/mqtt/topic.ts";
import type { TopicName } from "./message.ts";
import type { Session } from "./session.ts";
import { TopicTree } from "./topic-tree.ts";

/** One client's subscription. */
export interface Subscription {
  readonly session: Session;
  readonly filter: string;
  readonly qos: Qos;
  readonly noLocal: boolean;
  readonly retainAsPublished: boolean;
  /** MQTT 5; 0 is none. */
  readonly identifier: number;
}

/** A subscriber of one topic: its subscriptions that match, overlapping ones made one. [MQTT-3.3.4-2] */
export interface Target {
  readonly session: Session;
  /** The highest of the matching subscriptions. */
  qos: Qos;
  /** Every matching subscription wants none of the client's own messages. */
  noLocal: boolean;
  retainAsPublished: boolean;
  /** Of all that match. [MQTT-3.3.4-3] [MQTT-3.3.4-4] */
  subscriptionIds: number[] | undefined;
}

/** A topic name with those who get what is published to it. */
export interface Route extends TopicName {
  targets: readonly Target[];
  /** The tree's stamp when `targets` were found. */
  stamp: number;
  /** False once it has been thrown out of the cache: it learns of no change any more. */
  isLive: boolean;
  /** The next route with the same hash. */
  readonly next: Route | undefined;
}

const encoder = new TextEncoder();

/** Topics may be long; those in the cache together take no more than about this. */
const cacheBytes = 8 * 1024 * 1024;

/**
 * Who gets what. Topics in use have their subscribers cached, so a publish costs the same with a hundred
 * subscriptions and with a million. A change of a wildcard subscription makes every cached match stale; that of
 * a plain one only its own topic's.
 */
export class Routes {
  readonly #plain = new Map<string, Set<Subscription>>();
  readonly #wild = new TopicTree<Subscription>();
  readonly #byHash = new Map<number, Route>();
  readonly #byText = new Map<string, Route>();
  // Odd, and different in each broker: nobody can prepare topics that share one hash.
  readonly #multiplier = (Math.random() * 0x7fffffff) | 0x10001;
  #stamp = 0;
  #count = 0;
  #cachedBytes = 0;

  constructor(
    readonly maxLevels: number,
    readonly cacheLimit = 20_000,
  ) {}

  /** Subscriptions of all clients. */
  get size(): number {
    return this.#count;
  }

  add(subscription: Subscription): void {
    this.#count++;
    const { filter } = subscription;
    if (hasWildcard(filter)) {
      this.#wild.add(filter, subscription);
      this.#stamp++;
      return;
    }
    const subscribers = this.#plain.get(filter);
    if (subscribers === undefined) this.#plain.set(filter, new Set([subscription]));
    else subscribers.add(subscription);
    this.#forget(filter);
  }

  remove(subscription: Subscription): void {
    this.#count--;
    const { filter } = subscription;
    if (hasWildcard(filter)) {
      this.#wild.remove(filter, subscription);
      this.#stamp++;
      return;
    }
    const subscribers = this.#plain.get(filter);
    subscribers?.delete(subscription);
    if (subscribers?.size === 0) this.#plain.delete(filter);
    this.#forget(filter);
  }

  /** Who gets what is published to the route's topic now. */
  targets(route: Route): readonly Target[] {
    if (route.stamp !== this.#stamp) {
      route.targets = this.#resolve(route.text);
      route.stamp = this.#stamp;
    }
    return route.targets;
  }

  /**
   * The route of a topic name that lies in `bytes`; its characters are checked when it is new.
   * @throws {MqttError}
   */
  ofBytes(bytes: Uint8Array, start: number, end: number): Route {
    const hash = this.#hash(bytes, start, end);
    const chain = this.#byHash.get(hash);
    for (let route = chain; route !== undefined; route = route.next) {
      if (sameBytes(route.bytes, bytes, start, end)) return route;
    }
    const text = decodeUtf8(bytes, start, end, "topic");
    const mistake = topicNameMistake(text);
    if (mistake !== undefined) throw malformed(`the topic of PUBLISH ${mistake}`);
    if (topicDepth(text) > this.maxLevels) {
      const message = `the topic has ${topicDepth(text)} levels, and maxTopicLevels is ${this.maxLevels}`;
      throw new MqttError(Reason.TopicNameInvalid, message);
    }
    return this.#remember(text, copyOf(bytes, start, end), hash);
  }

  /** The route of a topic name that is known to be right. */
  ofText(text: string): Route {
    const known = this.#byText.get(text);
    if (known !== undefined) return known;
    const bytes = encoder.encode(text);
    return this.#remember(text, bytes, this.#hash(bytes, 0, bytes.length));
  }

  #remember(text: string, bytes: Uint8Array, hash: number): Route {
    this.#cachedBytes += bytes.length;
    if (this.#byText.size >= this.cacheLimit || this.#cachedBytes > cacheBytes) this.#clear();
    const next = this.#byHash.get(hash);
    const route: Route = { text, bytes, targets: [], stamp: -1, isLive: true, next };
    this.#byHash.set(hash, route);
    this.#byText.set(text, route);
    return route;
  }

  #hash(bytes: Uint8Array, start: number, end: number): number {
    let hash = end - start;
    for (let at = start; at < end; at++) hash = Math.imul(hash ^ bytes[at]!, this.#multiplier);
    return hash;
  }

  #forget(topic: string): void {
    const route = this.#byText.get(topic);
    if (route !== undefined) route.stamp = -1;
  }

  #clear(): void {
    for (const route of this.#byText.values()) {
      route.isLive = false;
      route.stamp = -1;
      route.targets = [];
    }
    this.#byText.clear();
    this.#byHash.clear();
    this.#cachedBytes = 0;
  }

  #resolve(topic: string): Target[] {
    const bySession = new Map<Session, Target>();
    const add = (subscription: Subscription) => merge(bySession, subscription);
    for (const subscription of this.#plain.get(topic) ?? []) add(subscription);
    this.#wild.match(topic, add);
    return [...bySession.values()];
  }
}

function merge(targets: Map<Session, Target>, subscription: Subscription): void {
  const { session, qos, noLocal, retainAsPublished, identifier } = subscription;
  const target = targets.get(session);
  if (target === undefined) {
    const subscriptionIds = identifier === 0 ? undefined : [identifier];
    targets.set(session, { session, qos, noLocal, retainAsPublished, subscriptionIds });
    return;
  }
  if (qos > target.qos) target.qos = qos;
  target.noLocal &&= noLocal;
  target.retainAsPublished ||= retainAsPublished;
  if (identifier === 0) return;
  target.subscriptionIds ??= [];
  target.subscriptionIds.push(identifier);
}

/** Whether `known` is what lies in `bytes`. */
export function sameBytes(known: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  const { length } = known;
  if (length !== end - start) return false;
  // From the back: topics differ at their ends.
  for (let index = length - 1; index >= 0; index--) if (known[index] !== bytes[start + index]) return false;
  return true;
}
