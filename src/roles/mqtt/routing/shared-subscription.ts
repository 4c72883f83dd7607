import { lowerQos } from "../../../protocol/mqtt/packet.ts";
import type { Pending } from "../wire/message.ts";
import type { Subscription } from "./subscription.ts";

/** Messages that a shared subscription distributes among its members. */
export interface Distribution {
  readonly count: number;
  /** Sends a member the messages from one index to another, as far as it takes them now. @returns how many */
  offer(member: Subscription, from: number, end: number): number;
  /** Queues messages for a member, as far as its limits go. @returns how many */
  enqueue(member: Subscription, from: number, end: number): number;
  /** No member could take so many. */
  drop(count: number): void;
}

/**
 * The members of one shared subscription, `$share/group/filter`, section 4.8.2. Each message goes to one of them: to
 * one that can take it now, in turn; if none can, to the queue of one that is online; if none is online, to the queue
 * of one that is offline.
 *
 * MQTT 3 has no shared subscriptions. Its clients get them by the same filter all the same, in the same groups, as
 * with Mosquitto and EMQX: libraries without MQTT 5 use them so.
 */
export class SharedSubscription {
  /** Those who are online come first. */
  readonly #members: Subscription[] = [];
  #online = 0;
  /** The index of the member whose turn it is. */
  #turn = 0;

  get isEmpty(): boolean {
    return this.#members.length === 0;
  }

  get members(): readonly Subscription[] {
    return this.#members;
  }

  /** How many members are online. */
  get online(): number {
    return this.#online;
  }

  /** Members whose clients are offline. */
  offline(): readonly Subscription[] {
    return this.#members.slice(this.#online);
  }

  add(member: Subscription): void {
    member.index = this.#members.length;
    this.#members.push(member);
    if (member.subscriber.isOnline) this.setOnline(member);
  }

  replace(before: Subscription, member: Subscription): void {
    member.index = before.index;
    this.#members[before.index] = member;
  }

  remove(member: Subscription): void {
    this.setOffline(member);
    this.#swap(member, this.#members.length - 1);
    this.#members.pop();
  }

  /** The member's client has connected. */
  setOnline(member: Subscription): void {
    if (member.index < this.#online) return;
    this.#swap(member, this.#online);
    this.#online++;
  }

  /** The member's client has gone. */
  setOffline(member: Subscription): void {
    if (member.index >= this.#online) return;
    this.#online--;
    this.#swap(member, this.#online);
  }

  #swap(member: Subscription, index: number): void {
    const other = this.#members[index]!;
    this.#members[member.index] = other;
    other.index = member.index;
    this.#members[index] = member;
    member.index = index;
  }

  /** Distributes a run of messages. Each member's part is consecutive, so that it is copied in one piece. */
  distribute(messages: Distribution): void {
    const { count } = messages;
    let from = 0;
    for (const way of this.#online > 0 ? waysToOnline : waysToOffline)
      from = this.#rounds(messages, way, from);
    if (from < count) messages.drop(count - from);
  }

  /** Asks until a round moves nothing: what one member could not take, another may take beyond its part. */
  #rounds(messages: Distribution, way: "offer" | "enqueue", start: number): number {
    const size = this.#online > 0 ? this.#online : this.#members.length;
    let from = start;
    for (let before = -1; from < messages.count && from > before; ) {
      before = from;
      from = this.#round(messages, way, size, from);
    }
    return from;
  }

  /** Asks members in turn to take their parts of what is left. @returns the index of the first message left over */
  #round(messages: Distribution, way: "offer" | "enqueue", size: number, start: number): number {
    const left = messages.count - start;
    const asked = Math.min(size, maxAskedPerRound);
    let from = start;
    let lastToTake = -1;
    for (let index = 0; index < asked && from < messages.count; index++) {
      const member = this.#members[(this.#turn + index) % size];
      if (member === undefined) break;
      const part = Math.ceil((messages.count - from) / (asked - index));
      const taken = messages[way](member, from, from + part);
      if (taken > 0) lastToTake = index;
      from += taken;
    }
    // Who got the remainder of this run is not asked first for the next one.
    const remainder = left >= asked ? left % asked : 0;
    this.#turn = (this.#turn + (lastToTake < 0 ? asked : lastToTake + 1) + remainder) % size;
    return from;
  }

  /** Finds another member for a message of one that is gone. @returns false when none can take it */
  redistribute(pending: Pending): boolean {
    let isTaken = true;
    this.distribute({
      count: 1,
      offer: (member) => (member.subscriber.offerPending(forMember(pending, member)) ? 1 : 0),
      enqueue: (member) => (member.subscriber.enqueuePending(forMember(pending, member)) ? 1 : 0),
      drop: () => {
        isTaken = false;
      },
    });
    return isTaken;
  }
}

const waysToOnline = ["offer", "enqueue"] as const;
const waysToOffline = ["enqueue"] as const;

/** How many members are asked before a message is queued: a large group that is stuck costs no more. */
const maxAskedPerRound = 64;

// At the QoS that this member was granted. [MQTT-4.8.2-3]
const forMember = ({ message }: Pending, member: Subscription): Pending => ({
  message,
  qos: lowerQos(message.qos, member.qos),
  retain: message.retain && member.retainAsPublished,
  subscriptionIds: member.subscriptionIds,
  share: member.share,
});
