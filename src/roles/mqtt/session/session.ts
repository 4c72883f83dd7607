import { innerFilter } from "../../../protocol/mqtt/topic.ts";
import { everything, type Grant, type Permissions } from "../ports/access.ts";
import { ClientTraffic } from "../routing/client-traffic.ts";
import type { SharedSubscription } from "../routing/shared-subscription.ts";
import {
  type Subscriber,
  Subscription,
  type SubscriptionOptions,
  type Target,
} from "../routing/subscription.ts";
import { WildcardCost } from "../routing/wildcard-cost.ts";
import type { Pending } from "../wire/message.ts";
import type { Publication } from "../wire/publication.ts";
import { belowPrefix } from "./below-prefix.ts";
import { IncomingIds } from "./incoming-ids.ts";
import type { Inflight } from "./inflight.ts";
import { Journal } from "./journal.ts";
import { OutgoingMessages } from "./outgoing-messages.ts";
import type { Outlet } from "./outlet.ts";
import type { Queue } from "./queue.ts";
import { redistribute, takeOver } from "./redistribute.ts";
import { removeSubscriptions } from "./remove-subscriptions.ts";
import type { SessionContext } from "./session-context.ts";
import type { DelayedWill } from "./will.ts";

/** What the broker knows of a client beyond one connection, section 4.1. */
export class Session implements Subscriber {
  readonly subscriptions = new Map<string, Subscription>();
  /** How many of them are shared ones. */
  shares = 0;
  /** What its filters with several wildcards may cost when a topic is matched. */
  readonly wildcardCost = new WildcardCost();
  /** What is on its way to the client. */
  readonly outgoing: OutgoingMessages;
  /** QoS 2 messages from the client that it has not released yet. */
  readonly incoming = new IncomingIds();
  /** What it has published. */
  readonly traffic: ClientTraffic;
  /** Cancels the end of the session that comes if the client does not return. */
  cancelExpiry: (() => void) | undefined;
  delayedWill: DelayedWill | undefined;
  /** The name under which its will is published: one that its client has proved. */
  willAuthor: string | undefined;
  /** What its client may do. */
  permissions: Permissions;
  /** The number of its verdicts: another one when its permissions have changed. */
  verdicts: number;
  readonly #context: SessionContext;
  /** The same, wherever its topics are. */
  #granted: Permissions;
  #expiry = 0;
  /** Of its client when it connected last. The store does not keep it: after a restart there is none until it is back. */
  /** What somebody else than the configuration has said of its client, when that came last. */
  grant: Grant | undefined;

  constructor(
    readonly clientId: string,
    /** The user name that it was begun under. */
    readonly owner: string | undefined,
    context: SessionContext,
    /** What all its topics begin with, and its client does not see; "": nothing. */
    readonly prefix = "",
    grant?: Grant,
  ) {
    this.#context = context;
    this.grant = grant;
    this.#granted = context.access.permissionsOf({ clientId, username: owner, grant });
    this.permissions = this.#narrowed(this.#granted);
    this.verdicts = this.#numbered();
    this.traffic = new ClientTraffic(clientId);
    this.outgoing = new OutgoingMessages(context, owner);
  }

  get isOnline(): boolean {
    return this.outgoing.sender.outlet !== undefined;
  }

  get queue(): Queue {
    return this.outgoing.queue;
  }

  get inflight(): Inflight {
    return this.outgoing.sender.inflight;
  }

  get journal(): Journal | undefined {
    return this.outgoing.sender.journal;
  }

  /** How long it outlives its connection, in milliseconds: 0 is not at all, Infinity for ever. */
  get expiry(): number {
    return this.#expiry;
  }

  set expiry(milliseconds: number) {
    if (milliseconds === this.#expiry) return;
    if (milliseconds === 0) this.#endJournal();
    this.restoreExpiry(milliseconds);
    this.journal?.keep(milliseconds);
  }

  /** The same, for a session that the store has already. */
  restoreExpiry(milliseconds: number): void {
    const { store } = this.#context;
    const { sender } = this.outgoing;
    this.#expiry = milliseconds;
    sender.isPersistent = milliseconds > 0;
    if (milliseconds > 0 && store.isDurable) sender.journal ??= new Journal(this, store);
  }

  #endJournal(): void {
    this.journal?.end();
    this.outgoing.sender.journal = undefined;
  }

  subscriptionTo(filter: string): Subscription | undefined {
    return this.subscriptions.get(filter);
  }

  /** @returns false when there was such a subscription, which is replaced. [MQTT-3.8.4-3] */
  subscribe(options: SubscriptionOptions): boolean {
    this.journal?.subscribed(options);
    return this.restoreSubscription(options);
  }

  /** The same, for a subscription that the store has already. */
  restoreSubscription(options: SubscriptionOptions): boolean {
    const { router } = this.#context;
    const isNarrowed = this.permissions.reach(innerFilter(options.filter)) !== "all";
    const subscription = new Subscription(this, options, isNarrowed);
    const before = this.subscriptions.get(options.filter);
    this.subscriptions.set(options.filter, subscription);
    if (before !== undefined) {
      router.replace(before, subscription);
      return false;
    }
    if (subscription.share !== undefined) this.shares++;
    this.wildcardCost.add(options.filter);
    router.subscribe(subscription);
    return true;
  }

  mayReceive(topic: string): boolean {
    return this.permissions.mayReceive(topic);
  }

  /** Its client is back, and somebody else says what it may do. */
  changeGrant(grant: Grant | undefined): void {
    const before = this.grant;
    this.grant = grant;
    if (givesTheSame(before, grant)) return;
    this.journal?.keep(this.expiry);
    this.changePermissions();
    this.dropForbidden();
  }

  /**
   * What was sent to the client once, and perhaps never came, is not sent again to one that may not have it by now: the
   * rules may have changed while it was away, and while the broker did not run.
   */
  #discardForbidden(): void {
    const { gate } = this.#context;
    if (this.permissions === everything || this.inflight.size === 0) return;
    const isForbidden = ({ message }: Pending) => !this.permissions.mayReceive(message.topic.text);
    // Of a shared subscription, another member may get it.
    this.#redistribute((_, topic) => !this.permissions.mayReceive(topic), true);
    gate.transaction(() => this.#recordGivenUp(this.inflight.giveUpUnreceived(isForbidden)));
  }

  #recordGivenUp(packetIds: readonly number[]): void {
    for (const packetId of packetIds) this.outgoing.sender.recordGivenUp(packetId);
    if (packetIds.length > 0) this.#context.counters.drop("not_authorized", packetIds.length);
  }

  /** The rules have changed. What waits for the client and is not for it any more is dropped by `dropForbidden`. */
  changePermissions(): void {
    const { access } = this.#context;
    const { clientId, owner: username } = this;
    const next = access.permissionsOf({ clientId, username, grant: this.grant });
    if (next === this.#granted) return;
    this.#granted = next;
    this.permissions = this.#narrowed(next);
    this.verdicts = this.#numbered();
    for (const subscription of this.subscriptions.values()) this.restoreSubscription(subscription);
  }

  #numbered(): number {
    return this.permissions === everything ? 0 : this.#context.router.numberVerdicts();
  }

  #narrowed(permissions: Permissions): Permissions {
    return this.prefix === "" ? permissions : belowPrefix(this.prefix, permissions);
  }

  /** What was sent before the rules changed stays in flight while its client is connected, which may have it already. */
  dropForbidden(): void {
    const { counters, gate } = this.#context;
    const { inflight } = this;
    if (this.permissions === everything || (this.queue.length === 0 && !inflight.hasResends)) return;
    // Of a shared subscription, another member may get it.
    this.#redistribute((_, topic) => !this.permissions.mayReceive(topic), false);
    gate.transaction(() => {
      const isForbidden = ({ message }: Pending) => !this.permissions.mayReceive(message.topic.text);
      this.#recordGivenUp(inflight.giveUpResends(isForbidden));
      const dropped = this.queue.remove(isForbidden);
      for (const pending of dropped) this.journal?.dequeued(pending);
      if (dropped.length > 0) counters.drop("not_authorized", dropped.length);
    });
  }

  /** @returns whether there was such a subscription */
  unsubscribe(filter: string): boolean {
    const subscription = this.subscriptions.get(filter);
    if (subscription === undefined) return false;
    this.journal?.unsubscribed(filter);
    this.#drop(subscription);
    return true;
  }

  #drop(subscription: Subscription): void {
    this.subscriptions.delete(subscription.filter);
    if (subscription.share !== undefined) this.shares--;
    this.wildcardCost.delete(subscription.filter);
    this.#context.router.unsubscribe(subscription);
  }

  deliver(publication: Publication, target: Target): void {
    this.outgoing.deliver(publication, target);
  }

  offer(publication: Publication, target: Target, from: number, end: number): number {
    return this.outgoing.offer(publication, target, from, end);
  }

  enqueue(publication: Publication, target: Target, from: number, end: number): number {
    return this.outgoing.enqueue(publication, target, from, end);
  }

  offerPending(pending: Pending): boolean {
    return this.outgoing.offerPending(pending);
  }

  enqueuePending(pending: Pending): boolean {
    return this.outgoing.enqueuePending(pending);
  }

  puback(packetId: number): void {
    this.outgoing.puback(packetId);
  }

  /** @returns false when nothing waits for it */
  pubrec(packetId: number): boolean {
    return this.outgoing.sender.pubrec(packetId);
  }

  /** PUBREC with a reason why the client does not want the message. */
  pubrecFailed(packetId: number): void {
    this.outgoing.refused(packetId);
  }

  pubcomp(packetId: number): void {
    this.outgoing.pubcomp(packetId);
  }

  /** A QoS 2 message has come: its identifier is known until PUBREL. [MQTT-4.3.3-10] */
  received(packetId: number): void {
    this.incoming.add(packetId);
    this.journal?.received(packetId);
  }

  /** @returns false when nothing is known of the message */
  pubrel(packetId: number): boolean {
    const isKnown = this.incoming.delete(packetId);
    if (isKnown) this.journal?.released(packetId);
    return isKnown;
  }

  /** The client has connected; nothing is sent before `resume`. */
  attach(outlet: Outlet, window: number): void {
    this.outgoing.sender.outlet = outlet;
    this.outgoing.sender.window = window;
  }

  /** CONNACK has been sent. */
  resume(): void {
    this.#discardForbidden();
    if (this.shares > 0) this.#eachShare((group, subscription) => group.setOnline(subscription));
    this.outgoing.resume();
    if (this.shares > 0) this.joinGroups(this.subscriptions.keys());
  }

  /**
   * The client has gone. What it had not acknowledged of shared subscriptions goes to members that are online at
   * once, as section 4.8.2 allows: work is not to wait for a client that may not come back.
   */
  detach(): void {
    this.outgoing.sender.outlet = undefined;
    if (this.shares > 0) this.#eachShare((group, subscription) => group.setOffline(subscription));
    this.#redistribute((share) => this.#isServed(share), true);
  }

  /** Somebody is online who can take messages of the shared subscription. */
  #isServed(share: string): boolean {
    return (this.#context.router.group(share)?.online ?? 0) > 0;
  }

  /** The client has subscribed to shared subscriptions, and SUBACK has been sent. */
  joinGroups(shares: Iterable<string>): void {
    takeOver(shares, this.#context);
  }

  /** The client has unsubscribed: other members get what is queued; what was sent is its own. [MQTT-3.10.4-3] */
  leaveGroups(shares: ReadonlySet<string>): void {
    if (shares.size > 0) this.#redistribute((share) => shares.has(share), false);
  }

  handOver(shares: ReadonlySet<string>): Iterable<string> {
    return this.#redistribute((share) => shares.has(share) && this.#isServed(share), true).keys();
  }

  #redistribute(
    isChosen: (share: string, topic: string) => boolean,
    withSent: boolean,
  ): ReadonlyMap<string, number> {
    return redistribute(this, this.outgoing, this.#context, isChosen, withSent);
  }

  /** Calls with each shared subscription that the session is a member of. */
  #eachShare(call: (group: SharedSubscription, subscription: Subscription) => void): void {
    for (const subscription of this.subscriptions.values()) {
      const { share } = subscription;
      const group = share === undefined ? undefined : this.#context.router.group(share);
      if (group !== undefined) call(group, subscription);
    }
  }

  /** The session ends. Only other members of its shared subscriptions get what was on its way. */
  close(): void {
    const { router, counters } = this.#context;
    this.outgoing.isClosed = true;
    this.#endJournal();
    if (this.shares > 0) this.#eachShare((_, subscription) => this.#drop(subscription));
    const lost = this.#redistribute((share) => router.group(share) !== undefined, true);
    for (const count of lost.values()) counters.drop("queue_full", count);
    this.outgoing.clear();
    removeSubscriptions(this.subscriptions, this.#context);
  }
}

/** Its end may be another. */
const givesTheSame = (one: Grant | undefined, other: Grant | undefined): boolean =>
  one === other ||
  JSON.stringify([one?.groups, one?.rules]) === JSON.stringify([other?.groups, other?.rules]);
