import { lowerQos } from "../../../protocol/mqtt/packet.ts";
import type { Pending } from "../wire/message.ts";
import type { Subscriber, Subscription } from "./subscription.ts";

/** Messages that a shared subscription distributes among its members. */
export interface Distribution {
  readonly count: number;
  /** Who hands the messages on, and is not to get them back. */
  readonly giver?: Subscriber;
  /** Whether a member that may not receive all that the filter matches may receive these. */
  mayGet(member: Subscription): boolean;
  /** Sends a member the messages from one index to another, as far as it takes them now. @returns how many */
  offer(member: Subscription, from: number, end: number): number;
  /** Queues messages for a member, as far as its limits go. @returns how many */
  enqueue(member: Subscription, from: number, end: number): number;
  /** No member could take so many. @param isForbidden none may receive them */
  drop(count: number, isForbidden: boolean): void;
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
    const [online, size] = [this.#online, this.#members.length];
    let from = 0;
    let mayAny = false;
    if (this.#mayAny(messages, 0, online)) {
      mayAny = true;
      for (const way of waysToOnline) from = this.#rounds(messages, way, 0, online, from);
    } else if (this.#mayAny(messages, online, size)) {
      // Nobody who is online may get them: they wait for one who may.
      mayAny = true;
      from = this.#rounds(messages, "enqueue", online, size, from);
    }
    if (from < count) messages.drop(count - from, !mayAny);
  }

  /** Whether one of these members may receive the messages. */
  #mayAny(messages: Distribution, start: number, end: number): boolean {
    for (let index = start; index < end; index++) {
      if (mayGet(messages, this.#members[index]!)) return true;
    }
    return false;
  }

  /** Asks until a round moves nothing: what one member could not take, another may take beyond its part. */
  #rounds(
    messages: Distribution,
    way: "offer" | "enqueue",
    start: number,
    end: number,
    first: number,
  ): number {
    let from = first;
    for (let before = -1; from < messages.count && from > before; ) {
      before = from;
      from = this.#round(messages, way, start, end, from);
    }
    return from;
  }

  /**
   * Asks the members from one index to another in turn to take their parts of what is left.
   * @returns the index of the first message left over
   */
  #round(
    messages: Distribution,
    way: "offer" | "enqueue",
    start: number,
    end: number,
    first: number,
  ): number {
    const size = end - start;
    const left = messages.count - first;
    const most = Math.min(size, maxAskedPerRound);
    let from = first;
    let asked = 0;
    let passed = 0;
    let afterLastToTake = 0;
    while (passed < size && asked < most && from < messages.count) {
      const member = this.#members[start + ((this.#turn + passed) % size)];
      passed++;
      if (member === undefined) break;
      // Who may not get them is passed over, and takes nobody's place.
      if (!mayGet(messages, member)) continue;
      const part = Math.ceil((messages.count - from) / (most - asked));
      asked++;
      const taken = messages[way](member, from, from + part);
      if (taken > 0) afterLastToTake = passed;
      from += taken;
    }
    // Who got the remainder of this run is not asked first for the next one.
    const remainder = left >= most ? left % most : 0;
    this.#turn = (this.#turn + (afterLastToTake === 0 ? passed : afterLastToTake) + remainder) % size;
    return from;
  }

  /** Finds another member for a message of one that is gone, or may not get it. @returns false when none can take it */
  redistribute(pending: Pending, giver: Subscriber): boolean {
    let isTaken = true;
    const { text } = pending.message.topic;
    this.distribute({
      count: 1,
      giver,
      mayGet: ({ subscriber }) => subscriber.mayReceive(text),
      offer: (member) => (member.subscriber.offerPending(forMember(pending, member)) ? 1 : 0),
      enqueue: (member) => (member.subscriber.enqueuePending(forMember(pending, member)) ? 1 : 0),
      drop: () => {
        isTaken = false;
      },
    });
    return isTaken;
  }
}

const mayGet = (messages: Distribution, member: Subscription): boolean =>
  member.subscriber !== messages.giver && (!member.isNarrowed || messages.mayGet(member));

const waysToOnline = ["offer", "enqueue"] as const;

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
