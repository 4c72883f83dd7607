import type { Qos } from "../../../protocol/mqtt/packet.ts";
import type { Session } from "../session/session.ts";
import type { TopicName } from "../wire/message.ts";
import type { SharedGroup } from "./shared-subscription.ts";
import type { Audience, Subscription, Target } from "./subscribers.ts";

/**
 * Who gets what is published to a topic: all of `main`'s subscriptions but those of the sessions in `skip`, then
 * `others`, then one member of each group.
 */
export interface Recipients {
  /** The filter with the most subscriptions: its list is used as it stands, so who comes or goes costs one step. */
  readonly main: Audience;
  /** Who subscribed to other filters that match, each session once. [MQTT-3.3.4-2] */
  readonly others: readonly Target[];
  /** Those of `others` who subscribed to `main`'s filter, too. */
  readonly skip: ReadonlySet<Session> | undefined;
  readonly groups: readonly SharedGroup[];
  /** How many there are; a group is one. */
  readonly length: number;
}

const noTargets: readonly Target[] = [];
const noGroups: readonly SharedGroup[] = [];
const noAudiences: readonly Audience[] = [];

/** A topic name with those who get what is published to it. */
export class Route implements TopicName, Recipients {
  main: Audience;
  others: readonly Target[] = noTargets;
  skip: ReadonlySet<Session> | undefined;
  groups: readonly SharedGroup[] = noGroups;
  /** Of the filters that match. */
  audiences: readonly Audience[] = noAudiences;
  /** The state of all filters when `audiences` were found; -1: to be found again. */
  stamp = -1;
  /** The state of all subscriptions when this was last brought up to date. */
  seen = -1;
  /** False once it has been thrown out of the cache: it learns of no change any more. */
  isLive = true;
  /** Messages that found no subscriber, since that was last looked at. */
  unheard = 0;
  #version = -1;
  #name: TopicName | undefined;

  constructor(
    readonly text: string,
    readonly bytes: Uint8Array,
    /** The next route with the same hash. */
    readonly next: Route | undefined,
    readonly nobody: Audience,
  ) {
    this.main = nobody;
  }

  get length(): number {
    const { main, others, groups, skip } = this;
    return main.subscriptions.length - (skip?.size ?? 0) + others.length + groups.length;
  }

  /** The name alone, for messages that are kept: they must not keep the route. */
  get name(): TopicName {
    this.#name ??= { text: this.text, bytes: this.bytes };
    return this.#name;
  }

  find(audiences: readonly Audience[]): void {
    this.audiences = audiences;
    this.#version = -1;
  }

  /** Takes in what has changed in the audiences. */
  refresh(): void {
    let version = 0;
    // Versions only grow: the sum tells of any change.
    for (const audience of this.audiences) version += audience.version;
    if (version === this.#version) return;
    this.#version = version;
    this.#sort();
  }

  /** Forgets everybody. */
  drop(): void {
    this.isLive = false;
    this.stamp = -1;
    this.find(noAudiences);
    this.refresh();
  }

  #sort(): void {
    const { audiences } = this;
    this.main = this.nobody;
    this.groups = noGroups;
    for (const audience of audiences) {
      if (audience.subscriptions.length > this.main.subscriptions.length) this.main = audience;
      if (audience.groups.length > 0) this.groups = [...this.groups, ...audience.groups];
    }
    this.others = noTargets;
    this.skip = undefined;
    if (audiences.length > 1) this.#merge();
  }

  #merge(): void {
    const bySession = new Map<Session, Merged>();
    for (const audience of this.audiences) {
      if (audience === this.main) continue;
      for (const subscription of audience.subscriptions) merge(bySession, subscription);
    }
    const skip = new Set<Session>();
    for (const session of bySession.keys()) {
      const also = session.subscriptions.get(this.main.filter);
      if (also === undefined) continue;
      skip.add(session);
      merge(bySession, also);
    }
    this.others = [...bySession.values()];
    if (skip.size > 0) this.skip = skip;
  }
}

interface Merged extends Target {
  qos: Qos;
  noLocal: boolean;
  retainAsPublished: boolean;
  subscriptionIds: number[] | undefined;
}

function merge(targets: Map<Session, Merged>, subscription: Subscription): void {
  const { session, qos, noLocal, retainAsPublished, identifier } = subscription;
  const target = targets.get(session);
  if (target === undefined) {
    const subscriptionIds = identifier === 0 ? undefined : [identifier];
    targets.set(session, { session, qos, noLocal, retainAsPublished, subscriptionIds, share: undefined });
    return;
  }
  if (qos > target.qos) target.qos = qos;
  target.noLocal &&= noLocal;
  target.retainAsPublished ||= retainAsPublished;
  if (identifier === 0) return;
  target.subscriptionIds ??= [];
  target.subscriptionIds.push(identifier);
}
