import type { SharedSubscription } from "./shared-subscription.ts";
import type { Subscription } from "./subscription.ts";

const noGroups: readonly SharedSubscription[] = [];

/** All subscriptions to one filter. */
export class Subscribers {
  subscriptions: Subscription[] = [];
  groups: readonly SharedSubscription[] = noGroups;
  /** Grows with each change. */
  version = 0;
  /** How many iterate over `subscriptions` at the moment: meanwhile a change makes a new list. */
  readers = 0;

  constructor(readonly filter: string) {}

  get isEmpty(): boolean {
    return this.subscriptions.length === 0 && this.groups.length === 0;
  }

  add(subscription: Subscription): void {
    const list = this.#change();
    subscription.index = list.length;
    list.push(subscription);
  }

  replace(before: Subscription, subscription: Subscription): void {
    subscription.index = before.index;
    this.#change()[before.index] = subscription;
  }

  remove(subscription: Subscription): void {
    const list = this.#change();
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

  #change(): Subscription[] {
    this.version++;
    if (this.readers > 0) this.subscriptions = [...this.subscriptions];
    return this.subscriptions;
  }
}
