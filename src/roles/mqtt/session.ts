import { PacketType, type Qos } from "../../protocol/mqtt/packet.ts";
import type { Subscription, Target } from "./audience.ts";
import type { Batch } from "./batch.ts";
import type { Broker } from "./broker.ts";
import type { Connection } from "./connection.ts";
import { type Pending, Queue } from "./queue.ts";
import { nodesPerBreath } from "./retained.ts";
import type { SharedGroup } from "./shared-groups.ts";

/** A message on its way to the client, waiting for its next acknowledgement. */
export interface Outgoing {
  readonly awaits: "puback" | "pubrec" | "pubcomp";
  /** What to send again. Absent where nothing can be: the session ends with its connection, or PUBREC has come. */
  readonly pending?: Pending;
}

// Shared by all messages that need nothing else: no object per message then.
const awaitsPuback: Outgoing = { awaits: "puback" };
const awaitsPubrec: Outgoing = { awaits: "pubrec" };
const awaitsPubcomp: Outgoing = { awaits: "pubcomp" };

/** Retained messages for a new subscription, found as they are taken; undefined: a part of the search found none. */
export type Replay = Generator<Pending | undefined, void, undefined>;

/** Subscriptions forgotten before others get their turn: about a millisecond. */
const forgottenPerTurn = 1000;

/** Messages sent from the queue, or from what is retained, before others get their turn. */
const perTurn = 1000;

/** What a part of a search costs of them: nodes are looked at about ten times as fast as messages are sent. */
const searchCost = nodesPerBreath / 10;

/** What the broker knows of a client beyond one connection. */
export class Session {
  connection: Connection | undefined;
  /** How long it outlives its connection, in milliseconds: 0 is not at all, Infinity for ever. */
  expiry = 0;
  /** How many messages may be in flight to the client. */
  window = 65_535;
  readonly subscriptions = new Map<string, Subscription>();
  /** How many of them are shared ones. */
  shares = 0;
  /** By packet identifier, in the order of sending. */
  readonly outgoing = new Map<number, Outgoing>();
  /** QoS 2 messages from the client that it has not released yet. */
  readonly incoming = new Set<number>();
  readonly queue: Queue;
  /** Takes back what was to happen if the client did not return. */
  cancelExpiry: (() => void) | undefined;
  /** A will that waits for its delay. */
  delayedWill: { readonly publish: () => void; readonly cancel: () => void } | undefined;
  /** By filter, taken as fast as the client takes them. Who asks again and again has one going on, not many. */
  readonly #replays = new Map<string, Replay>();
  /** In flight before the client left, and not sent again yet since it is back. */
  #unsent: number[] = [];
  #lastId = 0;
  #isScheduled = false;
  /** Nothing remains of it: what is still on its way to it is lost. */
  #isOver = false;
  /** Something came by a shared subscription, and may have to go to another member. */
  #hasShared = false;
  readonly #continue = (): void => {
    this.#isScheduled = false;
    this.pump();
  };

  constructor(
    readonly clientId: string,
    readonly broker: Broker,
  ) {
    this.queue = new Queue(broker.queued);
  }

  /** Hands over messages at QoS 1 or 2: to the client as far as its window reaches, the rest to its queue. */
  deliver(batch: Batch, target: Target, qos: Qos, retain: boolean): void {
    const { count } = batch;
    const sent = this.offer(batch, target, qos, retain, 0, count);
    if (sent === count) return;
    const queued = this.queueUp(batch, target, qos, retain, sent, count);
    if (sent + queued < count) this.broker.counters.drop("queue_full", count - sent - queued);
  }

  /** Sends messages from one place in the batch to another, as far as the client takes them now. @returns how many */
  offer(batch: Batch, target: Target, qos: Qos, retain: boolean, from: number, to: number): number {
    const { connection } = this;
    if (connection === undefined || this.queue.length > 0 || !connection.hasRoom) return 0;
    const count = this.#unsent.length > 0 ? 0 : Math.min(to - from, this.window - this.outgoing.size);
    if (count <= 0) return 0;
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
    // A session that ends with its connection sends nothing again; but at QoS 1 another member of a group may.
    if (this.expiry === 0 && (share === undefined || qos === 2)) return this.#launch(qos, undefined);
    return this.#launch(qos, { message: batch.message(index), qos, retain, subscriptionIds, share });
  }

  #launch(qos: Qos, pending: Pending | undefined): number {
    const id = this.#freeId();
    const shared = qos === 1 ? awaitsPuback : awaitsPubrec;
    if (pending?.share !== undefined) this.#hasShared = true;
    this.outgoing.set(id, pending === undefined ? shared : { awaits: shared.awaits, pending });
    return id;
  }

  // An identifier is not used again while its message is in flight. [MQTT-2.2.1-4]
  #freeId(): number {
    do this.#lastId = this.#lastId === 65_535 ? 1 : this.#lastId + 1;
    while (this.outgoing.has(this.#lastId));
    return this.#lastId;
  }

  /** Lets a message wait. @returns false when there is no room for it */
  keep(pending: Pending): boolean {
    const { config, queued } = this.broker;
    const { size } = pending.message;
    const isFull =
      this.#isOver ||
      this.queue.length >= config.maxQueuedMessages ||
      this.queue.bytes + size > config.maxQueuedBytes ||
      queued.bytes + size > config.maxAllQueuedBytes;
    if (isFull) return false;
    if (pending.share !== undefined) {
      if (this.connection?.fits(pending) === false) return false;
      this.#hasShared = true;
    }
    this.queue.push(pending);
    return true;
  }

  /** Sends a message at once. @returns false when the client cannot take it now */
  take(pending: Pending): boolean {
    if (this.queue.length > 0 || !this.#canSend(pending.qos === 0 ? 0 : 1)) return false;
    if (this.connection?.fits(pending) !== true) return false;
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
      left > 0 && (this.#replays.size === 0 || (!this.#isScheduled && this.#advanceReplays(left)));
    if (!isDone) this.#continueLater();
  }

  /** Sends retained messages at the pace at which the client takes them. */
  replay(filter: string, messages: Replay): void {
    this.#replays.set(filter, messages);
    if (!this.#isScheduled) this.pump();
  }

  /** The client does not want the filter's retained messages any more. */
  endReplay(filter: string): void {
    this.#replays.delete(filter);
  }

  /** @returns false when the turn is over and there is more to do that need not wait for the client */
  #advanceReplays(limit: number): boolean {
    const { clock, turns } = this.broker;
    const start = clock.now();
    const end = start + turns.left;
    let left = limit;
    let now = start;
    while (left > 0 && now < end && this.#canReplay) {
      left -= this.#advanceReplay();
      now = clock.now();
    }
    turns.spend(now - start);
    return !this.#canReplay;
  }

  /** @returns what that cost, in messages */
  #advanceReplay(): number {
    for (const [filter, replay] of this.#replays) {
      const { done, value } = replay.next();
      if (done) this.#replays.delete(filter);
      else if (value === undefined) return searchCost;
      else this.#send(value);
      break;
    }
    return 1;
  }

  get #canReplay(): boolean {
    return this.#replays.size > 0 && this.queue.length === 0 && this.#canSend(1);
  }

  #continueLater(): void {
    this.#isScheduled = true;
    this.broker.turns.later(this.#continue);
  }

  #canSend(count: number): boolean {
    const { connection } = this;
    if (connection?.hasRoom !== true || this.#unsent.length > 0) return false;
    return this.outgoing.size + count <= this.window;
  }

  #send(pending: Pending): void {
    const { message, qos } = pending;
    const { connection, broker } = this;
    if (connection === undefined) return;
    if (message.isExpired(broker.clock.now())) {
      broker.counters.drop("expired"); // [MQTT-3.3.2-5]
      return;
    }
    if (!connection.fits(pending)) {
      broker.counters.drop("too_large"); // [MQTT-3.1.2-25]
      return;
    }
    const isKept = this.expiry > 0 || (qos === 1 && pending.share !== undefined);
    const id = qos === 0 ? 0 : this.#launch(qos, isKept ? pending : undefined);
    connection.sendMessage(pending, id, false);
  }

  /** PUBACK and PUBCOMP end a message's way. @returns false when the client acknowledges what was not sent */
  settle(packetId: number, awaited: "puback" | "pubcomp"): boolean {
    if (this.outgoing.get(packetId)?.awaits !== awaited) return false;
    this.outgoing.delete(packetId);
    if (this.queue.length > 0 || this.#replays.size > 0 || this.#unsent.length > 0) this.pump();
    return true;
  }

  /** PUBREC: the client has the message, PUBREL comes next. @returns false when nothing waits for it */
  received(packetId: number): boolean {
    const outgoing = this.outgoing.get(packetId);
    if (outgoing === undefined || outgoing.awaits === "puback") return false;
    this.outgoing.set(packetId, awaitsPubcomp);
    return true;
  }

  /** PUBREC with a failure: the client does not want the message, and nobody else gets it. [MQTT-4.8.2-6] */
  refuse(packetId: number): void {
    if (this.outgoing.delete(packetId)) this.pump();
  }

  /** The client is back. What it has not acknowledged comes first, in the order of then. [MQTT-4.4.0-1] */
  resume(): void {
    if (this.shares > 0) this.#eachShare((group, subscription) => group.arrive(subscription));
    this.#unsent = [...this.outgoing.keys()];
    this.pump();
  }

  /** Sends again as far as the window reaches: it may be smaller than last time. @returns how many packets */
  #sendAgain(): number {
    const { connection } = this;
    let sent = 0;
    while (connection?.hasRoom && this.#unsent.length > 0) {
      if (this.outgoing.size - this.#unsent.length >= this.window) break; // [MQTT-3.3.4-9]
      const packetId = this.#unsent.shift() ?? 0;
      this.#resend(connection, packetId);
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
      this.outgoing.delete(packetId);
      this.broker.counters.drop("too_large"); // [MQTT-3.1.2-25]
    }
  }

  /**
   * The client has gone. What it had not acknowledged of shared subscriptions goes to members that are there at
   * once, as section 4.8.2 allows: work is not to wait for somebody who may not come back.
   */
  left(): void {
    if (this.shares > 0) this.#eachShare((group, subscription) => group.leave(subscription));
    this.#passOn((share) => (this.broker.routes.group(share)?.present ?? 0) > 0, true);
  }

  /** The client has unsubscribed: others get what still waits; what has been sent is its own. [MQTT-3.10.4-3] */
  leaveGroup(share: string): void {
    const group = this.broker.routes.group(share);
    if (group !== undefined) this.#passOn((other) => other === share, false);
  }

  /** Nothing of it remains, but what others of its groups get. Long work is done in pieces. */
  end(): void {
    this.#isOver = true;
    if (this.shares > 0) this.#eachShare((_, subscription) => this.#forget(subscription));
    this.#passOn((share) => this.broker.routes.group(share) !== undefined, true);
    this.queue.clear();
    this.#forgetAll();
  }

  #eachShare(call: (group: SharedGroup, subscription: Subscription) => void): void {
    for (const subscription of this.subscriptions.values()) {
      const { share } = subscription;
      const group = share === undefined ? undefined : this.broker.routes.group(share);
      if (group !== undefined) call(group, subscription);
    }
  }

  #forget(subscription: Subscription): void {
    this.subscriptions.delete(subscription.filter);
    this.broker.routes.remove(subscription);
  }

  #forgetAll(): void {
    const { clock, turns } = this.broker;
    const start = clock.now();
    let left = forgottenPerTurn;
    for (const subscription of this.subscriptions.values()) {
      if (left-- === 0) {
        turns.later(() => this.#forgetAll());
        break;
      }
      this.#forget(subscription);
    }
    turns.spend(clock.now() - start);
  }

  /**
   * Hands messages of shared subscriptions on to other members, in their order. Not those at QoS 2 that have been
   * sent: nobody else may get them, come what may. [MQTT-4.8.2-4] [MQTT-4.8.2-5]
   */
  #passOn(isChosen: (share: string) => boolean, withSent: boolean): void {
    if (!this.#hasShared) return;
    const { routes, counters } = this.broker;
    const isOurs = ({ share }: Pending) => share !== undefined && isChosen(share);
    const sent: Pending[] = [];
    for (const [packetId, { awaits, pending }] of withSent ? this.outgoing : []) {
      if (awaits !== "puback" || pending === undefined || !isOurs(pending)) continue;
      this.outgoing.delete(packetId);
      sent.push(pending);
    }
    for (const pending of sent.concat(this.queue.takeOut(isOurs))) {
      routes.group(pending.share ?? "")?.pass(pending, () => counters.drop("queue_full"));
    }
  }
}
