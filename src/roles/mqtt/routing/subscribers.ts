import type { SharedSubscription } from "./shared-subscription.ts";
import type { Subscription } from "./subscription.ts";

const noGroups: readonly SharedSubscription[] = [];

/** All subscriptions to one filter. */
export class Subscribers {
  /** Of those who may receive all that the filter matches. */
  subscriptions: Subscription[] = [];
  /** Of those who may receive some of it: for each topic they are asked. */
  readonly narrowed: Subscription[] = [];
  groups: readonly SharedSubscription[] = noGroups;
  /** Grows with each change. */
  version = 0;
  /** How many iterate over `subscriptions` at the moment: meanwhile a change makes a new list. */
  readers = 0;

  constructor(readonly filter: string) {}

  get isEmpty(): boolean {
    return this.subscriptions.length === 0 && this.groups.length === 0 && this.narrowed.length === 0;
  }

  /** Those of shared subscriptions, too. */
  all(): readonly Subscription[] {
    const { subscriptions, narrowed, groups } = this;
    if (narrowed.length === 0 && groups.length === 0) return subscriptions;
    return subscriptions.concat(narrowed, ...groups.map((group) => group.members));
  }

  add(subscription: Subscription): void {
    const list = this.#change(subscription);
    subscription.index = list.length;
    list.push(subscription);
  }

  replace(before: Subscription, subscription: Subscription): void {
    if (before.isNarrowed !== subscription.isNarrowed) {
      this.remove(before);
      this.add(subscription);
      return;
    }
    subscription.index = before.index;
    this.#change(subscription)[before.index] = subscription;
  }

  remove(subscription: Subscription): void {
    const list = this.#change(subscription);
    const last = list.pop();
    if (last === undefined || last === subscription) return;
    last.index = subscription.index;
    list[last.index] = last;
  }

  addGroup(group: SharedSubscription): void {
    this.version++;
    this.groups = [...this.groups, group];
  }

  removeGroup(group: SharedSubscription): void {
    this.version++;
    this.groups = this.groups.filter((other) => other !== group);
  }

  /** The list that a subscription belongs to, to be changed. */
  #change({ isNarrowed }: Subscription): Subscription[] {
    this.version++;
    if (isNarrowed) return this.narrowed;
    if (this.readers > 0) this.subscriptions = [...this.subscriptions];
    return this.subscriptions;
  }
}
