import type { Qos } from "../../../protocol/mqtt/packet.ts";
import { isShared } from "../../../protocol/mqtt/topic.ts";
import type { Session } from "../session/session.ts";
import type { SharedGroup } from "./shared-subscription.ts";

/** What a client subscribes to, and how. */
export interface Terms {
  /** As the client wrote it, with `$share/group/` if it did. */
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
  readonly qos: Qos;
  /** Every matching subscription wants none of the client's own messages. */
  readonly noLocal: boolean;
  readonly retainAsPublished: boolean;
  /** Of all that match. [MQTT-3.3.4-3] [MQTT-3.3.4-4] */
  readonly subscriptionIds: readonly number[] | undefined;
  /** The filter of a shared subscription: what this subscriber cannot take may go to another one. */
  readonly share: string | undefined;
}

/** One client's subscription; alone it is a target as it stands. */
export class Subscription implements Target, Terms {
  readonly filter: string;
  readonly qos: Qos;
  readonly noLocal: boolean;
  readonly retainAsPublished: boolean;
  readonly subscriptionIds: readonly number[] | undefined;
  readonly share: string | undefined;
  /** Its index in the list that holds it: whatever the list's length, it is taken out in one step. */
  place = 0;

  constructor(
    readonly session: Session,
    { filter, qos, noLocal, retainAsPublished, identifier }: Terms,
  ) {
    this.filter = filter;
    this.qos = qos;
    this.noLocal = noLocal;
    this.retainAsPublished = retainAsPublished;
    this.subscriptionIds = identifier === 0 ? undefined : [identifier];
    this.share = isShared(filter) ? filter : undefined;
  }

  get identifier(): number {
    return this.subscriptionIds?.[0] ?? 0;
  }
}

const noGroups: readonly SharedGroup[] = [];

/** Everybody who subscribed to one filter. */
export class Audience {
  subscriptions: Subscription[] = [];
  groups: readonly SharedGroup[] = noGroups;
  /** Grows with each change. */
  version = 0;
  /** Somebody goes through `subscriptions`: a change makes a new list. */
  readers = 0;

  constructor(readonly filter: string) {}

  get isEmpty(): boolean {
    return this.subscriptions.length === 0 && this.groups.length === 0;
  }

  add(subscription: Subscription): void {
    const list = this.#change();
    subscription.place = list.length;
    list.push(subscription);
  }

  replace(before: Subscription, subscription: Subscription): void {
    subscription.place = before.place;
    this.#change()[before.place] = subscription;
  }

  remove(subscription: Subscription): void {
    const list = this.#change();
    const last = list.pop();
    if (last === undefined || last === subscription) return;
    last.place = subscription.place;
    list[last.place] = last;
  }

  addGroup(group: SharedGroup): void {
    this.version++;
    this.groups = [...this.groups, group];
  }

  removeGroup(group: SharedGroup): void {
    this.version++;
    this.groups = this.groups.filter((other) => other !== group);
  }

  #change(): Subscription[] {
    this.version++;
    if (this.readers > 0) this.subscriptions = [...this.subscriptions];
    return this.subscriptions;
  }
}
