import { lowerQos } from "../../../protocol/mqtt/packet.ts";
import type { Pending } from "../session/queue.ts";
import type { Subscription } from "./subscribers.ts";

/** What hands the messages over that a group deals out among its members. */
export interface Dealer {
  readonly count: number;
  /** Sends a member the messages from one place to another, as far as it has room now. @returns how many */
  offer(member: Subscription, from: number, to: number): number;
  /** Lets messages wait for a member, as far as its queue goes. @returns how many */
  queue(member: Subscription, from: number, to: number): number;
  /** Nobody could take so many. */
  drop(count: number): void;
}

/**
 * The members of one shared subscription, `$share/group/filter`, section 4.8.2. Each message goes to one of them: to
 * one that has room now, in turn; if none has, to the queue of one that is connected; if none is connected, to the
 * queue of one that is away.
 *
 * MQTT 3 has no shared subscriptions. Its clients get them by the same filter all the same, in the same groups, as
 * with Mosquitto and EMQX: libraries without MQTT 5 use them so.
 */
export class SharedGroup {
  /** Those who are connected come first. */
  readonly #members: Subscription[] = [];
  #present = 0;
  /** Whose turn it is. */
  #turn = 0;

  get isEmpty(): boolean {
    return this.#members.length === 0;
  }

  get members(): readonly Subscription[] {
    return this.#members;
  }

  /** Members that are connected. */
  get present(): number {
    return this.#present;
  }

  add(member: Subscription): void {
    member.place = this.#members.length;
    this.#members.push(member);
    if (member.session.connection !== undefined) this.arrive(member);
  }

  replace(before: Subscription, member: Subscription): void {
    member.place = before.place;
    this.#members[before.place] = member;
  }

  remove(member: Subscription): void {
    this.leave(member);
    this.#swap(member, this.#members.length - 1);
    this.#members.pop();
  }

  /** The member's client has connected. */
  arrive(member: Subscription): void {
    if (member.place < this.#present) return;
    this.#swap(member, this.#present);
    this.#present++;
  }

  /** The member's client has gone. */
  leave(member: Subscription): void {
    if (member.place >= this.#present) return;
    this.#present--;
    this.#swap(member, this.#present);
  }

  #swap(member: Subscription, place: number): void {
    const other = this.#members[place]!;
    this.#members[member.place] = other;
    other.place = member.place;
    this.#members[place] = member;
    member.place = place;
  }

  /** Deals out a run of messages: each member's part is one piece, so it is copied in one piece. */
  deal(dealer: Dealer): void {
    const { count } = dealer;
    const size = this.#present > 0 ? this.#present : this.#members.length;
    let from = 0;
    // Twice: what one could not take, another may take beyond its part.
    for (const way of this.#present > 0 ? waysToPresent : waysToAbsent) {
      if (from < count) from = this.#round(dealer, way, size, from);
    }
    if (from < count) dealer.drop(count - from);
  }

  /** Asks members in turn to take their parts of what is left. @returns how far that came */
  #round(dealer: Dealer, way: "offer" | "queue", size: number, start: number): number {
    const left = dealer.count - start;
    const asked = Math.min(size, asksPerRound);
    let from = start;
    let lastToTake = -1;
    for (let index = 0; index < asked && from < dealer.count; index++) {
      const member = this.#members[(this.#turn + index) % size];
      if (member === undefined) break;
      const part = Math.ceil((dealer.count - from) / (asked - index));
      const taken = dealer[way](member, from, from + part);
      if (taken > 0) lastToTake = index;
      from += taken;
    }
    // Who got the odd ones of this run is not the first to be asked in the next one.
    const odd = left >= asked ? left % asked : 0;
    this.#turn = (this.#turn + (lastToTake < 0 ? asked : lastToTake + 1) + odd) % size;
    return from;
  }

  /** Members whose clients are away. */
  absent(): readonly Subscription[] {
    return this.#members.slice(this.#present);
  }

  /** Finds another member for a message that was for one that is gone. @returns false when none can take it */
  pass(pending: Pending): boolean {
    let isPassed = true;
    this.deal({
      count: 1,
      offer: (member) => (member.session.take(forMember(pending, member)) ? 1 : 0),
      queue: (member) => (member.session.keep(forMember(pending, member)) ? 1 : 0),
      drop: () => {
        isPassed = false;
      },
    });
    return isPassed;
  }
}

const waysToPresent = ["offer", "offer", "queue", "queue"] as const;
const waysToAbsent = ["queue", "queue"] as const;

/** So many members are asked for room before a message waits: a large group that is stuck costs no more. */
const asksPerRound = 64;

// At the QoS that this member was granted. [MQTT-4.8.2-3]
const forMember = ({ message }: Pending, member: Subscription): Pending => ({
  message,
  qos: lowerQos(message.qos, member.qos),
  retain: message.retain && member.retainAsPublished,
  subscriptionIds: member.subscriptionIds,
  share: member.share,
});
