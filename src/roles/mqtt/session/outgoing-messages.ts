import { lowerQos } from "../../../protocol/mqtt/packet.ts";
import type { Target } from "../routing/subscription.ts";
import type { Message, Pending } from "../wire/message.ts";
import type { Publication } from "../wire/publication.ts";
import { Awaits } from "./inflight.ts";
import { Queue } from "./queue.ts";
import { minBytesPerClient } from "./quota.ts";
import { RetainedReplay, type RetainedSearch } from "./retained-replay.ts";
import { pendingOf, Sender } from "./sender.ts";
import type { SessionContext } from "./session-context.ts";

/** Messages sent from the queue, or from what is retained, before others get their turn. */
const maxPerTurn = 1000;

/**
 * Messages on their way to one client: sent at once as far as its in-flight window and the network allow, queued
 * otherwise, dropped when its queue is full.
 */
export class OutgoingMessages {
  readonly sender: Sender;
  readonly queue: Queue;
  /** Messages dropped because the client is slow or its queue is full; those of shared subscriptions are not counted here. */
  dropped = 0;
  /** The session has ended: nothing is queued any more. */
  isClosed = false;
  readonly #context: SessionContext;
  readonly #replay: RetainedReplay;
  #isScheduled = false;
  readonly #continue = (): void => {
    this.#isScheduled = false;
    this.pump();
  };

  /** @param owner the user whose messages these are */
  constructor(
    context: SessionContext,
    readonly owner?: string | undefined,
  ) {
    this.#context = context;
    this.sender = new Sender(context);
    this.queue = new Queue(context.queued);
    this.#replay = new RetainedReplay(this);
  }

  /** Sends what is being published, or queues what cannot be sent now; counts what is lost. */
  deliver(publication: Publication, target: Target): void {
    const { count } = publication;
    if (lowerQos(publication.qos, target.qos) === 0) {
      this.#deliverAtMostOnce(publication, target, count);
      return;
    }
    const sent = this.offer(publication, target, 0, count);
    if (sent === count) return;
    const queued = this.enqueue(publication, target, sent, count);
    if (sent + queued < count) this.#drop("queue_full", count - sent - queued);
  }

  #deliverAtMostOnce(publication: Publication, target: Target, count: number): void {
    const { outlet } = this.sender;
    if (outlet === undefined) return;
    if (!outlet.isWritable) this.#drop("slow", count);
    else if (!this.sender.sendRun(outlet, publication, target, 0, 0, count)) {
      this.#context.counters.drop("too_large", count); // [MQTT-3.1.2-25]
    }
  }

  /** A slow subscriber loses messages here: at QoS 0 at once, at QoS 1 and 2 when its queue is full. */
  #drop(cause: "slow" | "queue_full", count: number): void {
    this.dropped += count;
    this.#context.counters.drop(cause, count);
  }

  /** Sends messages from one index to another, as far as the client takes them now. @returns how many */
  offer(publication: Publication, target: Target, from: number, end: number): number {
    const { sender } = this;
    const { outlet } = sender;
    if (outlet === undefined || !outlet.isWritable) return 0;
    const qos = lowerQos(publication.qos, target.qos); // [MQTT-3.8.4-8] [MQTT-4.8.2-3]
    if (qos === 0) return sender.sendRun(outlet, publication, target, 0, from, end) ? end - from : 0;
    if (this.queue.length > 0) return 0;
    const count = sender.allowance(publication, qos, target.share, from, end);
    if (count <= 0) return 0;
    if (sender.sendRun(outlet, publication, target, qos, from, from + count)) return count;
    // What this member of a shared subscription cannot take, another one may. [MQTT-3.1.2-25]
    if (target.share !== undefined) return 0;
    this.#context.counters.drop("too_large", end - from);
    return end - from;
  }

  /** Queues messages from one index to another, as far as the limits go. @returns how many */
  enqueue(publication: Publication, target: Target, from: number, end: number): number {
    const qos = lowerQos(publication.qos, target.qos);
    if (qos === 0) return 0;
    let index = from;
    while (index < end && this.enqueuePending(pendingOf(publication, target, qos, index))) index++;
    return index - from;
  }

  /** Sends a stored message now, if possible. @returns false when the client cannot take it now */
  offerPending(pending: Pending): boolean {
    const { qos, share, message } = pending;
    const { sender } = this;
    if (this.queue.length > 0 || !sender.canSend(qos === 0 ? 0 : 1)) return false;
    if (sender.outlet?.fits(pending) !== true) return false;
    if (sender.keepsInflight(qos, share) && sender.affordable(1, message.size) === 0) return false;
    sender.sendPending(pending);
    return true;
  }

  /** Queues a stored message. @returns false when a limit is reached */
  enqueuePending(pending: Pending): boolean {
    const { sender } = this;
    const { message } = pending;
    if (this.isClosed || (this.#isFull(message) && !this.#makeRoom(message))) return false;
    if (pending.share !== undefined) {
      if (sender.outlet?.fits(pending) === false) return false;
      sender.hasShared = true;
    }
    this.queue.push(pending);
    sender.journal?.queued(pending);
    return true;
  }

  #isFull(message: Message): boolean {
    const { limits } = this.#context;
    return (
      this.queue.length >= limits.maxQueuedMessages ||
      this.held + message.size > limits.maxQueuedBytes ||
      this.#exceedsAll(message)
    );
  }

  /** Bytes of the messages that are queued, or kept until the client acknowledges them. */
  get held(): number {
    return this.queue.bytes + this.sender.inflight.bytes;
  }

  #exceedsAll(message: Message): boolean {
    return this.#excess(message) > 0;
  }

  /** How much all clients together would hold too much. A quarter is for those that hold little. */
  #excess(message: Message): number {
    const { limits, queued } = this.#context;
    const share = this.held < minBytesPerClient ? 1 : 0.75;
    return queued.bytes + queued.costOf(message) - share * limits.maxAllQueuedBytes;
  }

  /** The queue loses its oldest message, because the client holds more than others, who need the room. */
  loseOldest(): void {
    const lost = this.queue.shift();
    if (lost === undefined) return;
    this.sender.journal?.dequeued(lost);
    this.#drop("queue_full", 1);
  }

  /** @returns false when the message has no room */
  #makeRoom(message: Message): boolean {
    if (this.#evict(message)) return true;
    const excess = this.#excess(message);
    // Its own limits are no matter of what others hold.
    return excess > 0 && this.#context.fairShare.makeRoom(this, excess) && !this.#isFull(message);
  }

  /** Evicts what has expired. @returns false when that was not enough */
  #evict(message: Message): boolean {
    const { queueExpiry } = this.#context;
    const { queue, sender } = this;
    return queueExpiry.evict(queue, sender.journal, this.#exceedsAll(message)) && !this.#isFull(message);
  }

  /** Sends what is queued, as far as the window and the network allow. */
  pump(): void {
    const { sender } = this;
    let left = maxPerTurn - sender.resend(maxPerTurn);
    while (left > 0 && sender.canSend(1)) {
      const pending = this.queue.shift();
      if (pending === undefined) break;
      sender.sendPending(pending);
      left--;
    }
    // Whoever is scheduled already gets no second slice of this turn.
    const isDone =
      left > 0 &&
      (this.#replay.size === 0 || (!this.#isScheduled && this.#replay.advance(left, this.#context)));
    if (isDone) return;
    this.#isScheduled = true;
    this.#context.scheduler.defer(this.#continue);
  }

  /** Sends retained messages at the rate at which the client takes them. */
  replayRetained(filter: string, messages: RetainedSearch): void {
    this.#replay.begin(filter, messages);
    if (!this.#isScheduled) this.pump();
  }

  /** The client does not want the filter's retained messages any more. */
  endReplay(filter: string): void {
    this.#replay.end(filter);
  }

  get canReplay(): boolean {
    const { sender } = this;
    if (this.queue.length > 0 || !sender.canSend(1)) return false;
    // The size of the next message is not known yet.
    return !sender.isPersistent || sender.affordable(1, 0) > 0;
  }

  sendRetained(pending: Pending): void {
    this.sender.sendPending(pending);
  }

  puback(packetId: number): void {
    if (this.sender.complete(packetId, Awaits.Puback)) this.#pumpIfWaiting();
  }

  pubcomp(packetId: number): void {
    if (this.sender.complete(packetId, Awaits.Pubcomp)) this.#pumpIfWaiting();
  }

  #pumpIfWaiting(): void {
    if (this.queue.length > 0 || this.#replay.size > 0 || this.sender.inflight.hasResends) this.pump();
  }

  /** PUBREC with a failure: the client does not want the message, and nobody else gets it. [MQTT-4.8.2-6] */
  refused(packetId: number): void {
    if (this.sender.discard(packetId)) this.pump();
  }

  /** The client is back: what it has not acknowledged is sent again first, in its original order. [MQTT-4.4.0-1] */
  resume(): void {
    this.sender.inflight.resendAll();
    this.pump();
  }

  /** The session has ended: what is left is discarded without being counted. */
  clear(): void {
    this.queue.clear();
    this.sender.inflight.clear();
  }
}
