import { hasWildcard, innerFilter, type TopicLimits, topicMatches } from "../../../protocol/mqtt/topic.ts";
import { Counters } from "../wire/counters.ts";
import type { Publication } from "../wire/publication.ts";
import { FilterTree } from "./filter-tree.ts";
import { type Distribution, SharedSubscription } from "./shared-subscription.ts";
import { Subscribers } from "./subscribers.ts";
import type { Subscription, Target } from "./subscription.ts";
import { TopicCache } from "./topic-cache.ts";
import type { Recipients, TopicRoute } from "./topic-route.ts";
import { AllWildcardCosts } from "./wildcard-cost.ts";

/** Is called when filters come into use and fall out of it; a shared subscription counts by its inner filter. */
export interface FilterListener {
  /** The first subscriber has come. */
  subscribed(filter: string): void;
  /** The last one has gone. */
  unsubscribed(filter: string): void;
}

export interface RouterOptions {
  readonly filterListener?: FilterListener;
  /** How many topics are cached. */
  readonly maxTopics?: number;
  readonly now?: () => number;
  readonly counters?: Counters;
}

/** How many filters are remembered that no message has matched. */
const maxUnmatched = 10_000;

/** While at most this many wildcard filters have changed, a topic is compared with each: that is cheaper than the tree. */
const maxRecent = 16;

/**
 * Finds the subscribers of a topic. Topics in use have the filters that match them cached, each with the list of its
 * subscribers, so a publish costs the same with a hundred subscriptions and with a million, and a new subscriber of a
 * filter in use is one more entry in its list. A wildcard filter that comes into use, or falls out of it, is compared
 * with a cached topic when something is published to that topic next.
 */
export class Router {
  readonly wildcardCosts = new AllWildcardCosts();
  readonly #plain = new Map<string, Subscribers>();
  readonly #wildcards = new FilterTree<Subscribers>();
  /** By the filter as clients write it. */
  readonly #groups = new Map<string, SharedSubscription>();
  readonly #topics: TopicCache;
  readonly #filterListener: FilterListener | undefined;
  readonly #now: () => number;
  readonly #counters: Counters;
  /** Counts the wildcard filters that came into use or fell out of it; the last of them stand in `#recent`. */
  #filterVersion = 0;
  readonly #recent: string[] = [];
  /** Counts every change of any subscription. */
  #version = 0;
  #count = 0;
  #bytes = 0;
  #lastVerdicts = 0;
  /**
   * What matching and publishing have cost so far: nodes of the filter tree, subscriptions merged, and two for each
   * recipient of a run of messages. One is about 0.1 µs.
   */
  work = 0;
  /**
   * Filters that no message has matched since somebody subscribed to them, and since when; the first of them only,
   * once there are very many.
   */
  readonly #unmatched = new Map<Subscribers, number>();

  constructor(
    limits: TopicLimits,
    { filterListener, maxTopics = 20_000, now = () => 0, counters = new Counters() }: RouterOptions = {},
  ) {
    this.#topics = new TopicCache(limits, maxTopics, new Subscribers(""));
    this.#filterListener = filterListener;
    this.#now = now;
    this.#counters = counters;
  }

  get unmatchedFilters(): ReadonlyMap<Subscribers, number> {
    return this.#unmatched;
  }

  /** Topics that something was published to, as far as they are cached, the latest to come into use last. */
  topics(): Iterable<string> {
    return this.#topics.topics();
  }

  /** Whether anybody subscribes to the topic. */
  hasSubscribers(topic: string): boolean {
    return this.#match(topic).length > 0;
  }

  /** The subscribers of each filter that matches the topic, for whoever looks and does not publish. */
  subscribersOf(topic: string): readonly Subscribers[] {
    return this.#match(topic);
  }

  /** Subscriptions of all clients. */
  get size(): number {
    return this.#count;
  }

  /** What they take in memory, about. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The shared subscription with this filter, `$share/group/` included, if it has members. */
  group(share: string): SharedSubscription | undefined {
    return this.#groups.get(share);
  }

  /**
   * The topic whose name lies in `bytes`; its characters are checked when it is new.
   * @throws {MqttError}
   */
  topicOf(bytes: Buffer, start: number, end: number): TopicRoute {
    return this.#topics.ofBytes(bytes, start, end);
  }

  /** A number for what a client may do from now on, which topics keep (`TopicRoute.allowedBy`); 0 is that of all who may do everything. */
  numberVerdicts(): number {
    return ++this.#lastVerdicts;
  }

  /** The topic with a name that is known to be valid. */
  topicNamed(text: string): TopicRoute {
    return this.#topics.ofText(text);
  }

  subscribe(subscription: Subscription): void {
    this.#version++;
    this.#count++;
    this.#bytes += subscriptionBytes(subscription.filter);
    this.wildcardCosts.add(subscription.filter);
    const { share, filter } = subscription;
    if (share === undefined) this.#getOrAdd(filter).add(subscription);
    else this.#getOrAddGroup(share).add(subscription);
  }

  /** Puts a subscription in the place of one of the same subscriber to the same filter. */
  replace(before: Subscription, subscription: Subscription): void {
    this.#version++;
    const { share, filter } = subscription;
    if (share === undefined) this.#getOrAdd(filter).replace(before, subscription);
    else this.#getOrAddGroup(share).replace(before, subscription);
  }

  unsubscribe(subscription: Subscription): void {
    this.#version++;
    this.#count--;
    this.#bytes -= subscriptionBytes(subscription.filter);
    this.wildcardCosts.delete(subscription.filter);
    const { share, filter } = subscription;
    const subscribers = this.#getOrAdd(share === undefined ? filter : innerFilter(share));
    if (share === undefined) subscribers.remove(subscription);
    else this.#leaveGroup(share, subscription, subscribers);
    if (subscribers.isEmpty) this.#close(subscribers);
  }

  /** Hands the messages to every subscriber of their topic. @returns whether there is any */
  publish(topic: TopicRoute, publication: Publication): boolean {
    const { main, others, skip, groups } = this.recipients(topic);
    const { subscriptions } = main;
    this.work += 2 * (subscriptions.length + others.length);
    main.readers++;
    try {
      for (let index = 0; index < subscriptions.length; index++) {
        const target = subscriptions[index]!;
        if (skip === undefined || !skip.has(target.subscriber)) deliver(publication, target);
      }
    } finally {
      main.readers--;
    }
    for (let index = 0; index < others.length; index++) deliver(publication, others[index]!);
    if (groups.length > 0) this.#distribute(groups, publication);
    return subscriptions.length > 0 || others.length > 0 || groups.length > 0;
  }

  #distribute(groups: readonly SharedSubscription[], publication: Publication): void {
    const { count } = publication;
    const { text } = publication.topic;
    const messages: Distribution = {
      count,
      mayGet: ({ subscriber }) => subscriber.mayReceive(text),
      offer: (member, from, end) => member.subscriber.offer(publication, member, from, end),
      enqueue: (member, from, end) => member.subscriber.enqueue(publication, member, from, end),
      drop: (lost, isForbidden) => {
        const cause = publication.qos === 0 ? "slow" : "queue_full";
        this.#counters.drop(isForbidden ? "not_authorized" : cause, lost);
      },
    };
    for (const group of groups) group.distribute(messages);
  }

  /** Who gets what is published to the topic now. */
  recipients(topic: TopicRoute): Recipients {
    if (topic.subscriptionVersion === this.#version && topic.filterVersion === this.#filterVersion)
      return topic;
    if (!this.#isCurrent(topic)) this.#matchAgain(topic);
    topic.filterVersion = this.#filterVersion;
    topic.subscriptionVersion = this.#version;
    this.work += topic.refresh();
    return topic;
  }

  // Only a publish gets here, so each filter that is found has had a message.
  #matchAgain(topic: TopicRoute): void {
    const filters = this.#match(topic.text);
    for (const filter of filters) this.#unmatched.delete(filter);
    topic.match(filters);
  }

  #isCurrent({ text, filterVersion }: TopicRoute): boolean {
    if (filterVersion < 0 || this.#filterVersion - filterVersion > maxRecent) return false;
    for (let at = filterVersion + 1; at <= this.#filterVersion; at++) {
      if (topicMatches(this.#recent[at % maxRecent] ?? "#", text)) return false;
    }
    return true;
  }

  /** The subscribers of each filter that matches. */
  #match(topic: string): Subscribers[] {
    const found: Subscribers[] = [];
    const plain = this.#plain.get(topic);
    if (plain !== undefined) found.push(plain);
    this.work += this.#wildcards.match(topic, (subscribers) => found.push(subscribers));
    return found;
  }

  #getOrAdd(filter: string): Subscribers {
    if (hasWildcard(filter)) return this.#wildcards.getOrAdd(filter, () => this.#newFilter(filter));
    let subscribers = this.#plain.get(filter);
    if (subscribers === undefined) {
      subscribers = this.#newFilter(filter);
      this.#plain.set(filter, subscribers);
    }
    return subscribers;
  }

  #newFilter(filter: string): Subscribers {
    this.#invalidate(filter);
    this.#filterListener?.subscribed(filter);
    const subscribers = new Subscribers(filter);
    if (this.#unmatched.size < maxUnmatched) this.#unmatched.set(subscribers, this.#now());
    return subscribers;
  }

  #close(subscribers: Subscribers): void {
    const { filter } = subscribers;
    this.#unmatched.delete(subscribers);
    if (hasWildcard(filter)) this.#wildcards.delete(filter);
    else this.#plain.delete(filter);
    this.#invalidate(filter);
    this.#filterListener?.unsubscribed(filter);
  }

  /** Cached topics that the filter matches have to be matched again. */
  #invalidate(filter: string): void {
    if (hasWildcard(filter)) {
      this.#filterVersion++;
      this.#recent[this.#filterVersion % maxRecent] = filter;
      return;
    }
    const topic = this.#topics.get(filter);
    if (topic !== undefined) topic.filterVersion = -1;
  }

  #getOrAddGroup(share: string): SharedSubscription {
    const known = this.#groups.get(share);
    if (known !== undefined) return known;
    const group = new SharedSubscription();
    this.#groups.set(share, group);
    this.#getOrAdd(innerFilter(share)).addGroup(group);
    return group;
  }

  #leaveGroup(share: string, subscription: Subscription, subscribers: Subscribers): void {
    const group = this.#groups.get(share);
    group?.remove(subscription);
    if (group?.isEmpty !== true) return;
    this.#groups.delete(share);
    subscribers.removeGroup(group);
  }
}

function deliver(publication: Publication, target: Target): void {
  if (target.noLocal && target.subscriber === publication.origin) return; // [MQTT-3.8.3-3]
  target.subscriber.deliver(publication, target);
}

/**
 * What a subscription takes in memory, about, in bytes: itself, its places in its session, in the list of its
 * filter's subscribers and in the tree, and its filter there and here. Measured with a million of each kind.
 */
export const subscriptionBytes = (filter: string): number => 500 + 2 * filter.length;
