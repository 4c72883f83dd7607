import { PacketType, type Qos } from "../../protocol/mqtt/packet.ts";
import type { Batch } from "./batch.ts";
import type { Broker } from "./broker.ts";
import type { Connection } from "./connection.ts";
import { type Pending, Queue } from "./queue.ts";
import { nodesPerBreath } from "./retained.ts";
import type { Subscription, Target } from "./routes.ts";

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
  /** By packet identifier, in the order of sending. */
  readonly outgoing = new Map<number, Outgoing>();
  /** QoS 2 messages from the client that it has not released yet. */
  readonly incoming = new Set<number>();
  readonly queue = new Queue();
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
  readonly #continue = (): void => {
    this.#isScheduled = false;
    this.pump();
  };

  constructor(
    readonly clientId: string,
    readonly broker: Broker,
  ) {}

  /** Hands over messages at QoS 1 or 2: to the client as far as its window reaches, the rest to its queue. */
  deliver(batch: Batch, target: Target, qos: 1 | 2, retain: boolean): void {
    const sent = this.#deliverNow(batch, target, qos, retain);
    for (let index = sent; index < batch.count; index++) {
      this.#enqueue({ message: batch.message(index), qos, retain, subscriptionIds: target.subscriptionIds });
    }
  }

  #deliverNow(batch: Batch, target: Target, qos: 1 | 2, retain: boolean): number {
    const { connection } = this;
    if (connection === undefined || this.queue.length > 0 || !connection.hasRoom) return 0;
    const count = this.#unsent.length > 0 ? 0 : Math.min(batch.count, this.window - this.outgoing.size);
    if (count <= 0) return 0;
    const { subscriptionIds } = target;
    const region = batch.region(connection.isV5, qos, retain ? 1 : 0, subscriptionIds);
    if (region.stride > connection.maxPacketSize) {
      this.broker.counters.dropped += batch.count; // [MQTT-3.1.2-25]
      return batch.count;
    }
    for (let index = 0; index < count; index++) {
      const pending =
        this.expiry > 0 ? { message: batch.message(index), qos, retain, subscriptionIds } : undefined;
      const id = this.#launch(qos, pending);
      const at = region.start + index * region.stride + region.idOffset;
      region.bytes[at] = id >>> 8;
      region.bytes[at + 1] = id;
    }
    connection.output.copy(region.bytes, region.start, region.start + region.stride * count);
    this.broker.counters.sent += count;
    batch.trace(connection, qos, retain, count);
    return count;
  }

  /** Takes a packet identifier for a message that is sent now. */
  #launch(qos: Qos, pending: Pending | undefined): number {
    const id = this.#freeId();
    const shared = qos === 1 ? awaitsPuback : awaitsPubrec;
    this.outgoing.set(id, pending === undefined ? shared : { awaits: shared.awaits, pending });
    return id;
  }

  // An identifier is not used again while its message is in flight. [MQTT-2.2.1-4]
  #freeId(): number {
    do this.#lastId = this.#lastId === 65_535 ? 1 : this.#lastId + 1;
    while (this.outgoing.has(this.#lastId));
    return this.#lastId;
  }

  #enqueue(pending: Pending): void {
    const { config, counters } = this.broker;
    const isFull =
      this.queue.length >= config.maxQueuedMessages ||
      this.queue.bytes + pending.message.size > config.maxQueuedBytes;
    if (isFull) counters.dropped++;
    else this.queue.push(pending);
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
    if (message.isExpired(broker.clock.now())) return;
    if (!connection.fits(pending)) {
      broker.counters.dropped++; // [MQTT-3.1.2-25]
      return;
    }
    const id = qos === 0 ? 0 : this.#launch(qos, this.expiry > 0 ? pending : undefined);
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

  /** PUBREC with a failure: the client does not want the message. */
  refuse(packetId: number): void {
    if (this.outgoing.delete(packetId)) this.pump();
  }

  /** The client is back. What it has not acknowledged comes first, in the order of then. [MQTT-4.4.0-1] */
  resume(): void {
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
      this.broker.counters.dropped++; // [MQTT-3.1.2-25]
    }
  }
}
