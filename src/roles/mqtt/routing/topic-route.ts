import type { Qos } from "../../../protocol/mqtt/packet.ts";
import type { TopicName } from "../wire/message.ts";
import type { PublishedTopic } from "../wire/publication.ts";
import type { SharedSubscription } from "./shared-subscription.ts";
import type { Subscribers } from "./subscribers.ts";
import type { Subscriber, Subscription, Target } from "./subscription.ts";
import type { TopicRecord } from "./topic-record.ts";
import type { RecordedTopic } from "./topic-statistics.ts";

/**
 * Who gets what is published to a topic: all of `main`'s subscriptions but those of the subscribers in `skip`, then
 * `others`, then one member of each group.
 */
export interface Recipients {
  /** The filter with the most subscriptions: its list is used as it stands, so that a change in it costs one step. */
  readonly main: Subscribers;
  /** Who subscribed to other filters that match, each subscriber once. [MQTT-3.3.4-2] */
  readonly others: readonly Target[];
  /** Those of `others` who subscribed to `main`'s filter, too. */
  readonly skip: ReadonlySet<Subscriber> | undefined;
  readonly groups: readonly SharedSubscription[];
  /** How many there are; a group is one. */
  readonly length: number;
}

/** No client's verdicts have this number. */
const noVerdicts = -1;

const noTargets: readonly Target[] = [];
const noGroups: readonly SharedSubscription[] = [];
const noFilters: readonly Subscribers[] = [];

/** A topic that something was published to, with the recipients of its messages. */
export class TopicRoute implements PublishedTopic, Recipients, RecordedTopic {
  main: Subscribers;
  others: readonly Target[] = noTargets;
  skip: ReadonlySet<Subscriber> | undefined;
  groups: readonly SharedSubscription[] = noGroups;
  /** The subscribers of each filter that matches. */
  filters: readonly Subscribers[] = noFilters;
  /** The version of all wildcard filters when `filters` was found; -1: to be found again. */
  filterVersion = -1;
  /** The version of all subscriptions when the recipients were last brought up to date. */
  subscriptionVersion = -1;
  /** While it is cached it is kept up to date; afterwards its topic has to be looked up again. */
  isCached = false;
  /** Its index in the cache's list, and the next route with the same hash there. */
  index = 0;
  next: TopicRoute | undefined;
  /** Messages without a subscriber since that was last looked at. */
  undelivered = 0;
  /**
   * The number of the verdicts by which a client was last allowed to publish to it: its next message needs no look at the
   * rules. A number, because a topic may outlive the client, and rules that nobody has any more.
   */
  allowedBy = noVerdicts;
  /** What was published to it; undefined: not looked up yet, or there are too many topics. */
  record: TopicRecord | undefined;
  #version = -1;
  #name: TopicName | undefined;
  #bytes: Uint8Array | undefined;

  constructor(
    readonly text: string,
    /** Of its bytes, as the cache makes it. */
    readonly hash: number,
    readonly nobody: Subscribers,
  ) {
    this.main = nobody;
  }

  /** Encoded when it is first needed: a topic that comes once is mostly passed on in the packet that brought it. */
  get bytes(): Uint8Array {
    this.#bytes ??= Buffer.from(this.text);
    return this.#bytes;
  }

  get length(): number {
    const { main, others, groups, skip } = this;
    return main.subscriptions.length - (skip?.size ?? 0) + others.length + groups.length;
  }

  get name(): TopicName {
    this.#name ??= { text: this.text, bytes: this.bytes };
    return this.#name;
  }

  /** These filters match now. */
  match(filters: readonly Subscribers[]): void {
    this.filters = filters;
    this.#version = -1;
  }

  /** Brings the recipients up to date with the subscribers of each filter. @returns how many subscriptions it merged */
  refresh(): number {
    let version = 0;
    // Versions only grow, so their sum shows any change.
    for (const filter of this.filters) version += filter.version;
    if (version === this.#version) return 0;
    this.#version = version;
    return this.#rebuild();
  }

  /** It leaves the cache. */
  evict(): void {
    this.isCached = false;
    this.next = undefined;
    this.filterVersion = -1;
    this.match(noFilters);
    this.refresh();
  }

  #rebuild(): number {
    const { filters } = this;
    this.main = this.nobody;
    this.groups = noGroups;
    let narrowed = 0;
    for (const filter of filters) {
      narrowed += filter.narrowed.length;
      if (filter.subscriptions.length > this.main.subscriptions.length) this.main = filter;
      if (filter.groups.length > 0) this.groups = [...this.groups, ...filter.groups];
    }
    this.others = noTargets;
    this.skip = undefined;
    return filters.length > 1 || narrowed > 0 ? this.#merge() : 0;
  }

  #merge(): number {
    const bySubscriber = new Map<Subscriber, Subscription | Merged>();
    let merged = 0;
    for (const filter of this.filters) {
      merged += askingCost * filter.narrowed.length;
      for (const subscription of filter.narrowed) {
        if (subscription.subscriber.mayReceive(this.text)) merge(bySubscriber, subscription);
      }
      if (filter === this.main) continue;
      merged += filter.subscriptions.length;
      for (const subscription of filter.subscriptions) merge(bySubscriber, subscription);
    }
    const skip = new Set<Subscriber>();
    for (const subscriber of bySubscriber.keys()) {
      const also = subscriber.subscriptionTo(this.main.filter);
      if (also === undefined || also.isNarrowed) continue;
      skip.add(subscriber);
      merge(bySubscriber, also);
    }
    this.others = [...bySubscriber.values()];
    if (skip.size > 0) this.skip = skip;
    return merged;
  }
}

/** How many subscriptions are merged while one subscriber is asked whether it may receive a topic. */
const askingCost = 5;

/** Several subscriptions of one subscriber. */
class Merged implements Target {
  readonly subscriber: Subscriber;
  qos: Qos;
  noLocal: boolean;
  retainAsPublished: boolean;
  subscriptionIds: number[] | undefined;
  readonly share = undefined;

  constructor({ subscriber, qos, noLocal, retainAsPublished, subscriptionIds }: Subscription) {
    this.subscriber = subscriber;
    this.qos = qos;
    this.noLocal = noLocal;
    this.retainAsPublished = retainAsPublished;
    this.subscriptionIds = subscriptionIds && [...subscriptionIds];
  }

  add({ qos, noLocal, retainAsPublished, identifier }: Subscription): void {
    if (qos > this.qos) this.qos = qos;
    this.noLocal &&= noLocal;
    this.retainAsPublished ||= retainAsPublished;
    if (identifier === 0) return;
    this.subscriptionIds ??= [];
    this.subscriptionIds.push(identifier);
  }
}

/** One alone is a target as it stands: a cached topic holds no object for each subscriber. */
function merge(targets: Map<Subscriber, Subscription | Merged>, subscription: Subscription): void {
  const { subscriber } = subscription;
  let target = targets.get(subscriber);
  if (target === undefined) {
    targets.set(subscriber, subscription);
    return;
  }
  if (!(target instanceof Merged)) {
    target = new Merged(target);
    targets.set(subscriber, target);
  }
  target.add(subscription);
}
