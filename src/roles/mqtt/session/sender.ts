import type { Qos } from "../../../protocol/mqtt/packet.ts";
import type { Target } from "../routing/subscription.ts";
import type { LargePacket } from "../wire/large-packet.ts";
import type { Pending } from "../wire/message.ts";
import type { Publication } from "../wire/publication.ts";
import type { EncodedRun } from "../wire/publish-variants.ts";
import { maxAliasedQos } from "../wire/topic-aliases.ts";
import { type Awaited, Inflight } from "./inflight.ts";
import type { Journal } from "./journal.ts";
import type { Outlet } from "./outlet.ts";
import { inflightAllowance } from "./quota.ts";
import type { SessionContext } from "./session-context.ts";

/**
 * Sends to one client within its in-flight window: assigns packet identifiers and topic aliases, takes the
 * acknowledgements, and sends again what was not acknowledged.
 */
export class Sender {
  /** The client's connection; undefined: it is offline. */
  outlet: Outlet | undefined;
  /** How many messages may be in flight: the client's receive maximum, and the broker's. [MQTT-3.3.4-9] */
  window = 65_535;
  readonly inflight: Inflight;
  /** Undefined: nothing of the session outlives the broker. */
  journal: Journal | undefined;
  /** The session outlives its connection: what is in flight is kept to be sent again. */
  isPersistent = false;
  /** Some messages came by shared subscriptions, and may have to go to other members. */
  hasShared = false;
  /** Messages sent to the client, and the bytes of their payloads. */
  sent = 0;
  sentBytes = 0;
  readonly #context: SessionContext;

  constructor(context: SessionContext) {
    this.#context = context;
    this.inflight = new Inflight(context.queued);
  }

  /** Whether `count` more messages at QoS 1 or 2 fit into the window and the network; 0 asks for QoS 0. */
  canSend(count: number): boolean {
    const { outlet, inflight } = this;
    if (outlet?.isWritable !== true || inflight.hasResends) return false;
    return inflight.size + count <= this.window;
  }

  /** How many of so many messages of the publication may go in flight now. */
  allowance(
    publication: Publication,
    qos: Qos,
    share: string | undefined,
    from: number,
    end: number,
  ): number {
    const { inflight } = this;
    if (inflight.hasResends) return 0;
    const free = Math.min(end - from, this.window - inflight.size);
    if (free <= 0 || !this.keepsInflight(qos, share)) return free;
    // All messages of a publication have one size.
    return this.affordable(free, publication.message(from).size);
  }

  /** How many of so many messages of this size there is memory for. */
  affordable(count: number, size: number): number {
    const { limits, queued } = this.#context;
    return Math.min(count, inflightAllowance(size, this.inflight.bytes, limits, queued));
  }

  /**
   * Whether a message in flight is kept to be sent again. A session that ends with its connection never does so; but
   * at QoS 1 another member of a shared subscription may get it.
   */
  keepsInflight(qos: Qos, share: string | undefined): boolean {
    return this.isPersistent || (qos === 1 && share !== undefined);
  }

  /**
   * Sends messages of the publication, from one index to another.
   * @returns false, and sends nothing, when the packets are larger than the client takes
   */
  sendRun(
    outlet: Outlet,
    publication: Publication,
    target: Target,
    qos: Qos,
    from: number,
    end: number,
  ): boolean {
    const { large } = publication;
    const retain = retainFor(publication, target);
    if (large !== undefined) return this.#sendLarge(outlet, publication, large, target, qos, retain);
    let next = from;
    let alias = 0;
    if (outlet.topicAliases !== undefined && qos <= maxAliasedQos) {
      alias = outlet.topicAliases.aliasOf(publication.topic.text);
      if (alias === 0) {
        alias = this.#introduceAlias(outlet, publication, target, qos, retain, from);
        if (alias > 0) next++;
      }
    }
    if (next === end) return true;
    const encoded = publication.encoded(outlet.isV5, qos, retain, target.subscriptionIds, alias);
    if (encoded.stride > outlet.maxPacketSize) return false;
    if (qos > 0 && !this.keepsInflight(qos, target.share)) this.inflight.addRun(qos, encoded, next, end);
    else if (qos > 0) {
      this.#keepRun(publication, target, qos, encoded, next, end);
      this.#waitForStore(qos);
    }
    outlet.sendRun(publication, encoded, next, end);
    this.#count(end - next, publication.payloadLength);
    return true;
  }

  /** Assigns packet identifiers to messages that are kept until they are acknowledged. */
  #keepRun(
    publication: Publication,
    target: Target,
    qos: Qos,
    encoded: EncodedRun,
    from: number,
    end: number,
  ): void {
    if (target.share !== undefined) this.hasShared = true;
    const { inflight, journal } = this;
    let run: Pending[] = [];
    let firstId = 0;
    for (let index = from; index < end; index++) {
      const pending = pendingOf(publication, target, qos, index);
      const id = inflight.add(qos, pending);
      encoded.setId(index, id);
      if (journal === undefined) continue;
      // A run begins with the first message (0 is no identifier), and where one does not follow the last: those in use are
      // skipped, and after the largest comes the smallest.
      if (id !== firstId + run.length) {
        if (run.length > 0) journal.sentRun(run, firstId);
        run = [];
        firstId = id;
      }
      run.push(pending);
    }
    if (run.length > 0) journal?.sentRun(run, firstId);
  }

  /** Sends one message together with a new alias of its topic. @returns the alias; 0: nothing was sent */
  #introduceAlias(
    outlet: Outlet,
    publication: Publication,
    target: Target,
    qos: Qos,
    retain: boolean,
    index: number,
  ): number {
    const { topicAliases } = outlet;
    const alias = topicAliases?.candidate(publication.topic) ?? 0;
    if (topicAliases === undefined || alias === 0) return 0;
    const encoded = publication.withNewAlias(index, qos, retain, target.subscriptionIds, alias);
    if (encoded.stride > outlet.maxPacketSize) return 0;
    topicAliases.assign(alias, publication.topic.text);
    if (qos > 0) encoded.setId(0, this.#assign(publication, target, qos, index));
    outlet.sendRun(publication, encoded, 0, 1);
    this.#count(1, publication.payloadLength);
    return alias;
  }

  /** Sends the one message there is from where its payload lies. */
  #sendLarge(
    outlet: Outlet,
    publication: Publication,
    packet: LargePacket,
    target: Target,
    qos: Qos,
    retain: boolean,
  ): boolean {
    const { subscriptionIds, share } = target;
    const pending = { message: publication.transientMessage(0), qos, retain, subscriptionIds, share };
    if (!outlet.fits(pending)) return false;
    const packetId = qos === 0 ? 0 : this.#assign(publication, target, qos, 0);
    outlet.sendPending(pending, packetId, false, packet);
    this.#count(1, publication.payloadLength);
    return true;
  }

  /** Sends a message that was kept, if it has not expired and the client takes its size. */
  sendPending(pending: Pending): void {
    const { outlet } = this;
    const { clock, counters } = this.#context;
    if (outlet === undefined) return;
    const isExpired = pending.message.isExpired(clock.now());
    if (isExpired || !outlet.fits(pending)) {
      counters.drop(isExpired ? "expired" : "too_large"); // [MQTT-3.3.2-5] [MQTT-3.1.2-25]
      this.journal?.dequeued(pending);
      return;
    }
    outlet.sendPending(pending, this.#assignPending(pending), false);
    this.#count(1, pending.message.payloadLength);
  }

  #count(messages: number, payloadLength: number): void {
    this.sent += messages;
    this.sentBytes += messages * payloadLength;
  }

  /** Assigns a packet identifier to a message of the publication. */
  #assign(publication: Publication, target: Target, qos: Qos, index: number): number {
    if (!this.keepsInflight(qos, target.share)) return this.inflight.add(qos, undefined);
    this.#waitForStore(qos);
    return this.#assignKept(pendingOf(publication, target, qos, index));
  }

  /** The same for a message that was kept; 0 at QoS 0. */
  #assignPending(pending: Pending): number {
    const { qos, share } = pending;
    if (qos === 0) {
      this.journal?.dequeued(pending);
      return 0;
    }
    if (!this.keepsInflight(qos, share)) return this.inflight.add(qos, undefined);
    this.#waitForStore(qos);
    return this.#assignKept(pending);
  }

  /** A client that has a message which a crash undoes gets it twice: that may be at QoS 1 only. */
  #waitForStore(qos: Qos): void {
    if (qos === 2 && this.journal !== undefined) this.outlet?.waitForStore();
  }

  /** The same for a message that is kept until it is acknowledged. */
  #assignKept(pending: Pending): number {
    const packetId = this.inflight.add(pending.qos, pending);
    if (pending.share !== undefined) this.hasShared = true;
    this.journal?.sent(pending, packetId);
    return packetId;
  }

  /** PUBACK and PUBCOMP complete a delivery. @returns false when nothing waits for it */
  complete(packetId: number, awaited: Awaited): boolean {
    if (!this.inflight.complete(packetId, awaited)) return false;
    this.journal?.completed(packetId);
    return true;
  }

  /** The client has the message: PUBREL comes next. @returns false when nothing waits for it */
  pubrec(packetId: number): boolean {
    const isKnown = this.inflight.pubrec(packetId);
    if (isKnown) this.journal?.pubrec(packetId);
    return isKnown;
  }

  /** The delivery ends without an acknowledgement. @returns false when there was none */
  discard(packetId: number): boolean {
    if (!this.inflight.discard(packetId)) return false;
    this.journal?.completed(packetId);
    return true;
  }

  /** The message of this identifier is not sent again. */
  recordGivenUp(packetId: number): void {
    if (this.inflight.awaited(packetId) === undefined) this.journal?.completed(packetId);
    else this.journal?.pubrec(packetId);
  }

  /** Sends again what was not acknowledged, as far as the window and the network allow. @returns how many packets */
  resend(limit: number): number {
    const { outlet, inflight } = this;
    let sent = 0;
    while (sent < limit && outlet?.isWritable && inflight.hasResends) {
      // The window may be smaller than last time. [MQTT-3.3.4-9]
      if (inflight.sentSinceReconnect >= this.window) break;
      this.#resendOne(outlet, inflight.nextResend());
      sent++;
    }
    return sent;
  }

  #resendOne(outlet: Outlet, packetId: number): void {
    const { inflight } = this;
    if (inflight.awaited(packetId) === undefined) return;
    const pending = inflight.pending(packetId);
    if (pending === undefined) outlet.pubrel(packetId);
    else if (outlet.fits(pending)) {
      outlet.sendPending(pending, packetId, true); // [MQTT-3.3.1-1]
      this.#count(1, pending.message.payloadLength);
    } else {
      const isInFlight = inflight.giveUp(packetId);
      this.recordGivenUp(packetId);
      if (isInFlight) outlet.pubrel(packetId);
      this.#context.counters.drop("too_large"); // [MQTT-3.1.2-25]
    }
  }
}

// Without retain as published the flag only marks a message as old. [MQTT-3.3.1-9] [MQTT-3.3.1-12]
const retainFor = (publication: Publication, target: Target): boolean =>
  target.retainAsPublished && publication.retain;

/** A message of the publication, to be kept for one subscriber. */
export const pendingOf = (publication: Publication, target: Target, qos: Qos, index: number): Pending => ({
  message: publication.message(index),
  qos,
  retain: retainFor(publication, target),
  subscriptionIds: target.subscriptionIds,
  share: target.share,
  number: undefined,
});
