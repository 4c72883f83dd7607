import { PacketType, type Qos } from "../../../protocol/mqtt/packet.ts";
import type { Broker } from "../broker/broker.ts";
import type { Batch } from "../broker/publisher.ts";
import type { Connection } from "../client/connection.ts";
import type { Subscription, Target } from "../routing/subscribers.ts";
import type { Message } from "../wire/message.ts";
import { forget, forgetAll } from "./drop-subscriptions.ts";
import { InFlight } from "./inflight.ts";
import { Journal } from "./journal.ts";
import { PacketIds } from "./packet-ids.ts";
import { type Pending, Queue } from "./queue.ts";
import { roomFor } from "./quota.ts";
import { eachShare, passOn, takeOverWork } from "./redistribute.ts";
import { type Replay, Replays } from "./retained-replay.ts";

export type { Replay } from "./retained-replay.ts";

/** Messages sent from the queue, or from what is retained, before others get their turn. */
const perTurn = 1000;

/** What the broker knows of a client beyond one connection. */
export class Session {
  connection: Connection | undefined;
  /** How many messages may be in flight to the client. */
  window = 65_535;
  readonly subscriptions = new Map<string, Subscription>();
  /** How many of them are shared ones. */
  shares = 0;
  readonly outgoing: InFlight;
  /** QoS 2 messages from the client that it has not released yet. */
  readonly incoming = new PacketIds();
  readonly queue: Queue;
  /** Messages that it did not get, because it did not take those before. */
  dropped = 0;
  /** What the store is told; undefined: nothing of it outlives the broker. */
  journal: Journal | undefined;
  /** Something came by a shared subscription, and may have to go to another member. */
  hasShared = false;
  /** Takes back what was to happen if the client did not return. */
  cancelExpiry: (() => void) | undefined;
  /** A will that waits for its delay. */
  delayedWill: { readonly publish: () => void; readonly cancel: () => void } | undefined;
  readonly #replays = new Replays(this);
  #expiry = 0;
  #isScheduled = false;
  /** Nothing remains of it: what is still on its way to it is lost. */
  #isOver = false;
  readonly #continue = (): void => {
    this.#isScheduled = false;
    this.pump();
  };

  constructor(
    readonly clientId: string,
    readonly broker: Broker,
    /** The user name that it was begun under. */
    readonly owner: string | undefined,
  ) {
    this.queue = new Queue(broker.queued);
    this.outgoing = new InFlight(broker.queued);
  }

  /** How long it outlives its connection, in milliseconds: 0 is not at all, Infinity for ever. The store is told. */
  get expiry(): number {
    return this.#expiry;
  }

  set expiry(milliseconds: number) {
    if (milliseconds === this.#expiry) return;
    if (milliseconds === 0) {
      this.journal?.end();
      this.journal = undefined;
    }
    this.restore(milliseconds);
    this.journal?.keep(milliseconds);
  }

  /** The same, for a session that the store knows of. */
  restore(expiry: number): void {
    const { store, storedMessages } = this.broker;
    this.#expiry = expiry;
    if (expiry > 0 && store.isDurable) this.journal ??= new Journal(this, store, storedMessages);
  }

  /** Counts messages that the client does not get, because it does not take those before. */
  lose(cause: "slow" | "queue_full", count: number): void {
    this.dropped += count;
    this.broker.counters.drop(cause, count);
  }

  /** Hands over messages at QoS 1 or 2: to the client as far as its window reaches, the rest to its queue. */
  deliver(batch: Batch, target: Target, qos: Qos, retain: boolean): void {
    const { count } = batch;
    const sent = this.offer(batch, target, qos, retain, 0, count);
    if (sent === count) return;
    const queued = this.queueUp(batch, target, qos, retain, sent, count);
    if (sent + queued < count) this.lose("queue_full", count - sent - queued);
  }

  /** Sends messages from one place in the batch to another, as far as the client takes them now. @returns how many */
  offer(batch: Batch, target: Target, qos: Qos, retain: boolean, from: number, to: number): number {
    const { connection } = this;
    if (connection === undefined || this.queue.length > 0 || !connection.hasRoom) return 0;
    const free = this.outgoing.isBehind ? 0 : Math.min(to - from, this.window - this.outgoing.size);
    if (free <= 0) return 0;
    // All messages of a batch have one size.
    const count = this.#isKept(qos, target.share) ? this.#affordable(free, batch.message(from)) : free;
    if (count === 0) return 0;
    if (batch.write(connection, target, qos, retain, from, from + count)) return count;
    // What this member of a group cannot take, another one may. [MQTT-3.1.2-25]
    if (target.share !== undefined) return 0;
    this.broker.counters.drop("too_large", to - from);
    return to - from;
  }

  /** Lets messages from one place in the batch to another wait, as far as the limits go. @returns how many */
  queueUp(batch: Batch, target: Target, qos: Qos, retain: boolean, from: number, to: number): number {
    const { subscriptionIds, share } = target;
    let index = from;
    while (index < to && this.keep({ message: batch.message(index), qos, retain, subscriptionIds, share })) {
      index++;
    }
    return index - from;
  }

  /** Takes a packet identifier for a message of the batch that is sent now. */
  launch(batch: Batch, target: Target, qos: Qos, retain: boolean, index: number): number {
    const { subscriptionIds, share } = target;
    if (!this.#isKept(qos, share)) return this.outgoing.add(qos, undefined);
    return this.#launch(qos, { message: batch.message(index), qos, retain, subscriptionIds, share });
  }

  /** A session that ends with its connection sends nothing again; but at QoS 1 another member of a group may. */
  #isKept(qos: Qos, share: string | undefined): boolean {
    return this.#expiry > 0 || (qos === 1 && share !== undefined);
  }

  /** How many of so many messages like this one there is memory for. */
  #affordable(count: number, { size }: Message): number {
    return Math.min(count, roomFor(size, this.outgoing.bytes, this.broker));
  }

  #launch(qos: Qos, pending: Pending): number {
    const packetId = this.outgoing.add(qos, pending);
    if (pending.share !== undefined) this.hasShared = true;
    this.journal?.sent(pending, packetId);
    return packetId;
  }

  /** Lets a message wait. @returns false when there is no room for it */
  keep(pending: Pending): boolean {
    const { size } = pending.message;
    if (this.#isOver || (this.#isFull(size) && !this.#makeRoom(size))) return false;
    if (pending.share !== undefined) {
      if (this.connection?.fits(pending) === false) return false;
      this.hasShared = true;
    }
    this.queue.push(pending);
    this.journal?.queued(pending);
    return true;
  }

  #isFull(size: number): boolean {
    const { config, queued } = this.broker;
    return (
      this.queue.length >= config.maxQueuedMessages ||
      this.queue.bytes + this.outgoing.bytes + size > config.maxQueuedBytes ||
      queued.bytes + size > config.maxAllQueuedBytes
    );
  }

  /** @returns false when nothing that waits has expired, or not enough of it */
  #makeRoom(size: number): boolean {
    const { config, queued, expired } = this.broker;
    return expired.clearOut(this, queued.bytes + size > config.maxAllQueuedBytes) && !this.#isFull(size);
  }

  /** Sends a message at once. @returns false when the client cannot take it now */
  take(pending: Pending): boolean {
    if (this.queue.length > 0 || !this.#canSend(pending.qos === 0 ? 0 : 1)) return false;
    if (this.connection?.fits(pending) !== true) return false;
    if (this.#isKept(pending.qos, pending.share) && this.#affordable(1, pending.message) === 0) return false;
    this.#send(pending);
    return true;
  }

  /** Sends what waits, as far as the window and the network have room. */
  pump(): void {
    let left = perTurn - this.#sendAgain();
    while (left > 0 && this.#canSend(1)) {
      const pending = this.queue.shift();
      if (pending === undefined) break;
      this.#send(pending);
      left--;
    }
    // A client gets no second turn by asking twice.
    const isDone =
      left > 0 &&
      (this.#replays.size === 0 || (!this.#isScheduled && this.#replays.advance(left, this.broker)));
    if (!isDone) this.#continueLater();
  }

  /** Sends retained messages at the pace at which the client takes them. */
  replay(filter: string, messages: Replay): void {
    this.#replays.begin(filter, messages);
    if (!this.#isScheduled) this.pump();
  }

  /** The client does not want the filter's retained messages any more. */
  endReplay(filter: string): void {
    this.#replays.end(filter);
  }

  get canReplay(): boolean {
    if (this.queue.length > 0 || !this.#canSend(1)) return false;
    // What comes next is not known yet: it may be the one that is too much.
    return this.#expiry === 0 || roomFor(0, this.outgoing.bytes, this.broker) > 0;
  }

  replayed(pending: Pending): void {
    this.#send(pending);
  }

  #continueLater(): void {
    this.#isScheduled = true;
    this.broker.turns.later(this.#continue);
  }

  #canSend(count: number): boolean {
    const { connection, outgoing } = this;
    if (connection?.hasRoom !== true || outgoing.isBehind) return false;
    return outgoing.size + count <= this.window;
  }

  #send(pending: Pending): void {
    const { message } = pending;
    const { connection, broker } = this;
    if (connection === undefined) return;
    const isExpired = message.isExpired(broker.clock.now());
    if (isExpired || !connection.fits(pending)) {
      broker.counters.drop(isExpired ? "expired" : "too_large"); // [MQTT-3.3.2-5] [MQTT-3.1.2-25]
      this.journal?.dropped(pending);
      return;
    }
    connection.sendMessage(pending, this.#idFor(pending), false);
  }

  /** What a message that is sent now has for a packet identifier; 0 at QoS 0. */
  #idFor(pending: Pending): number {
    const { qos, share } = pending;
    if (qos === 0) {
      this.journal?.dropped(pending);
      return 0;
    }
    return this.#isKept(qos, share) ? this.#launch(qos, pending) : this.outgoing.add(qos, undefined);
  }

  /** PUBACK and PUBCOMP end a message's way. */
  settle(packetId: number, awaited: "puback" | "pubcomp"): void {
    if (!this.outgoing.settle(packetId, awaited)) return;
    this.journal?.settled(packetId);
    if (this.queue.length > 0 || this.#replays.size > 0 || this.outgoing.isBehind) this.pump();
  }

  /** PUBREC: the client has the message, PUBREL comes next. @returns false when nothing waits for it */
  received(packetId: number): boolean {
    const isKnown = this.outgoing.confirm(packetId);
    if (isKnown) this.journal?.confirmed(packetId);
    return isKnown;
  }

  /** PUBREC with a failure: the client does not want the message, and nobody else gets it. [MQTT-4.8.2-6] */
  refuse(packetId: number): void {
    if (!this.outgoing.giveUp(packetId)) return;
    this.journal?.settled(packetId);
    this.pump();
  }

  /** PUBREL: the client forgets its message. @returns false when nothing is known of it */
  released(packetId: number): boolean {
    const isKnown = this.incoming.delete(packetId);
    if (isKnown) this.journal?.released(packetId);
    return isKnown;
  }

  /** The client is back. What it has not acknowledged comes first, in the order of then. [MQTT-4.4.0-1] */
  resume(): void {
    if (this.shares > 0) eachShare(this, (group, subscription) => group.arrive(subscription));
    this.outgoing.sendAgain();
    this.pump();
    if (this.shares > 0) eachShare(this, takeOverWork);
  }

  /** Sends again as far as the window reaches: it may be smaller than last time. @returns how many packets */
  #sendAgain(): number {
    const { connection, outgoing } = this;
    let sent = 0;
    while (connection?.hasRoom && outgoing.isBehind) {
      if (outgoing.sent >= this.window) break; // [MQTT-3.3.4-9]
      this.#resend(connection, outgoing.nextUnsent());
      sent++;
    }
    return sent;
  }

  #resend(connection: Connection, packetId: number): void {
    const outgoing = this.outgoing.get(packetId);
    if (outgoing === undefined) return;
    const { pending } = outgoing;
    if (pending === undefined) connection.ack(PacketType.Pubrel, packetId, 0);
    else if (connection.fits(pending))
      connection.sendMessage(pending, packetId, true); // [MQTT-3.3.1-1]
    else {
      this.outgoing.giveUp(packetId);
      this.journal?.settled(packetId);
      this.broker.counters.drop("too_large"); // [MQTT-3.1.2-25]
    }
  }

  /**
   * The client has gone. What it had not acknowledged of shared subscriptions goes to members that are there at
   * once, as section 4.8.2 allows: work is not to wait for somebody who may not come back.
   */
  left(): void {
    if (this.shares > 0) eachShare(this, (group, subscription) => group.leave(subscription));
    passOn(this, (share) => (this.broker.routes.group(share)?.present ?? 0) > 0, true);
  }

  /** The client has subscribed, and has been told so. */
  joinGroup(share: string): void {
    const group = this.broker.routes.group(share);
    const subscription = this.subscriptions.get(share);
    if (group !== undefined && subscription !== undefined) takeOverWork(group, subscription);
  }

  /** The client has unsubscribed: others get what still waits; what has been sent is its own. [MQTT-3.10.4-3] */
  leaveGroup(share: string): void {
    const group = this.broker.routes.group(share);
    if (group !== undefined) passOn(this, (other) => other === share, false);
  }

  /** Nothing of it remains, but what others of its groups get. Long work is done in pieces. */
  end(): void {
    this.#isOver = true;
    this.journal?.end();
    this.journal = undefined;
    if (this.shares > 0) eachShare(this, (_, subscription) => forget(this, subscription));
    const { routes, counters } = this.broker;
    const lost = passOn(this, (share) => routes.group(share) !== undefined, true);
    if (lost > 0) counters.drop("queue_full", lost);
    this.queue.clear();
    this.outgoing.clear();
    forgetAll(this);
  }
}
