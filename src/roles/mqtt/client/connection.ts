import type { Conversation } from "../../../core/traffic.ts";
import { forEver, type Lease } from "../../../net/lease.ts";
import { UnsupportedProtocol } from "../../../protocol/mqtt/decode-connect.ts";
import { encodeWithin } from "../../../protocol/mqtt/encode-within.ts";
import type { MqttError } from "../../../protocol/mqtt/errors.ts";
import { type Packet, PacketType, type Version, type Will } from "../../../protocol/mqtt/packet.ts";
import {
  type Delivery,
  publishSize,
  writePublish,
  writePublishHead,
} from "../../../protocol/mqtt/publish-writer.ts";
import { Reason } from "../../../protocol/mqtt/reason.ts";
import { authenticationDataOf } from "../../../protocol/mqtt/redact.ts";
import { printable } from "../../../protocol/text/printable.ts";
import type { Broker } from "../broker/broker.ts";
import type { Identity } from "../ports/access.ts";
import type { Route } from "../routing/router.ts";
import type { Pending } from "../session/queue.ts";
import type { Session } from "../session/session.ts";
import type { Message } from "../wire/message.ts";
import { MeteredLink } from "../wire/metered-link.ts";
import { type Link, largest, Output } from "../wire/outbound-buffer.ts";
import { scarce } from "../wire/scarce.ts";
import { highestAliasedQos, type OutgoingAliases } from "../wire/topic-aliases.ts";
import { publishBytes, tellAck, tellPacket, tellPublish } from "../wire/trace.ts";
import type { Authentication } from "./enhanced-auth.ts";
import { refuse, refuseProtocol } from "./handlers/connect/refuse.ts";
import { Intake } from "./packet-reader.ts";

/** The network's side of a connection, with what is known about it. */
export interface Peer extends Link {
  readonly conversation: Conversation;
}

/** What the listener that a client came to allows it. */
export interface Limits {
  readonly maxPacketSize: number;
  /** Milliseconds until its CONNECT must have come. */
  readonly connectTimeout: number;
}

/** Why a client is not read for a while: there may be several reasons at once. */
export const Pause = {
  /** Somebody decides whether it may come in. */
  Undecided: 1,
  /** It does not read what it asked for. */
  Unread: 2,
  /** It publishes faster than it may. */
  TooFast: 4,
} as const;

const noBytes = new Uint8Array(0);

/**
 * One client's connection: its bytes become packets here, and packets become bytes. It does not know what
 * carries them.
 */
export class Connection {
  /**
   * `new` until CONNECT; `authenticating` while the client has to answer by AUTH; `held` while somebody decides about
   * it; `open` from then on. Once `closed`, nothing is read or written any more.
   */
  state: "new" | "authenticating" | "held" | "open" | "closed" = "new";
  version: Version = 4;
  session: Session | undefined;
  identity: Identity = { clientId: "", username: undefined };
  /** Present when CONNECT named an authentication method. */
  authentication: Authentication | undefined;
  /** Milliseconds of silence after which the client is taken for dead; 0 is never. */
  patience = 0;
  lastSeen: number;
  /** When it came, on the broker's clock. */
  readonly since: number;
  /** The largest packet that the client takes. */
  maxPacketSize = Number.POSITIVE_INFINITY;
  /** An MQTT 5 client may ask to be spared the reasons of what goes wrong. [MQTT-3.1.2-29] */
  wantsReasons = false;
  will: Will | undefined;
  /** CONNECT asked for a session that outlives the connection. */
  asksForSession = false;
  readonly aliases = new Map<number, Route>();
  /** The aliases that the client gets; absent when it takes none. */
  topics: OutgoingAliases | undefined;
  /** What the client published to last, and was allowed to. */
  route: Route | undefined;
  readonly output: Output;
  readonly #link: MeteredLink;
  readonly #intake: Intake;
  /** The sum of the reasons of `Pause`; 0: it is read. */
  #paused = 0;

  constructor(
    readonly broker: Broker,
    readonly link: Peer,
    readonly limits: Limits,
  ) {
    this.#link = new MeteredLink(link, broker);
    this.output = new Output(this.#link, broker.flusher);
    this.#intake = new Intake(this);
    this.since = this.lastSeen = broker.clock.now();
  }

  get isV5(): boolean {
    return this.version === 5;
  }

  /** The network takes more: nothing, or little, waits for it. */
  get hasRoom(): boolean {
    const { config, flusher } = this.broker;
    const { backlog } = this.output;
    return backlog <= (flusher.backlog <= config.maxSendBuffers ? config.sendBuffer : scarce);
  }

  /** `client "x" at 127.0.0.1:4711`, for a person to read. */
  get name(): string {
    const { clientId } = this.identity;
    const id = clientId === "" ? "a client" : `client "${printable(clientId, 40)}"`;
    return `${id} at ${this.link.conversation.remote}`;
  }

  /** Whether its next packet may be looked at. */
  get isReading(): boolean {
    return this.state !== "held" && this.state !== "closed" && !this.isSlowed;
  }

  /** It has published faster than it may, and is not read for a while. */
  get isSlowed(): boolean {
    return (this.#paused & Pause.TooFast) !== 0;
  }

  /** Bytes from the network; they are the network's again when this returns. */
  feed(chunk: Uint8Array): void {
    this.#intake.take(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length));
    if (this.output.backlog > 2 * this.broker.config.sendBuffer) this.#pause(Pause.Unread);
  }

  /** Stops reading until somebody has decided about the client; what comes meanwhile is kept. */
  hold(): void {
    this.state = "held";
    this.#pause(Pause.Undecided);
  }

  /** Goes on, after `hold`. */
  release(): void {
    if (this.state === "closed") return;
    this.#resume(Pause.Undecided);
    this.#intake.release();
  }

  /** Stops reading: it published faster than it may. What has come already waits; nothing is lost. */
  slow(): void {
    this.broker.counters.slowed++;
    this.#pause(Pause.TooFast);
  }

  /** Goes on, after `slow`. What it could not say meanwhile is not its silence. */
  speedUp(): void {
    if (this.state === "closed") return;
    this.lastSeen = this.broker.clock.now();
    this.#paused &= ~Pause.TooFast;
    this.#intake.release();
    // It may have become too fast again by what waited.
    if (this.#paused === 0 && this.isReading) this.link.resume();
  }

  #pause(reason: number): void {
    if (this.state === "closed") return;
    if (this.#paused === 0) this.link.pause();
    this.#paused |= reason;
  }

  #resume(reason: number): void {
    if ((this.#paused & reason) === 0) return;
    this.#paused &= ~reason;
    if (this.#paused === 0) this.link.resume();
  }

  /** The network has taken everything. */
  drained(): void {
    this.output.measure();
    this.#resume(Pause.Unread);
    this.session?.pump();
  }

  /** @returns false when the client does not take so large a packet, or nothing any more */
  send(packet: Packet): boolean {
    if (this.state === "closed") return false;
    const bytes = encodeWithin(this.maxPacketSize, packet);
    if (bytes === undefined) return false; // [MQTT-3.1.2-24]
    this.broker.counters.told(packet);
    this.trace("out", packet, bytes);
    this.output.append(bytes);
    const secret = authenticationDataOf(packet);
    if (secret !== undefined) this.#link.conceal(secret);
    return true;
  }

  /** Writes a PUBACK, PUBREC, PUBREL or PUBCOMP; the reason is told to MQTT 5 clients. */
  ack(type: number, packetId: number, reason: number): void {
    if (this.state === "closed") return;
    const isLong = reason !== Reason.Success && this.isV5;
    this.broker.counters.controlsOut++;
    const at = this.output.reserve(isLong ? 5 : 4);
    const { buffer } = this.output;
    buffer[at] = (type << 4) | (type === PacketType.Pubrel ? 2 : 0); // [MQTT-3.6.1-1]
    buffer[at + 1] = isLong ? 3 : 2;
    buffer[at + 2] = packetId >>> 8;
    buffer[at + 3] = packetId;
    if (isLong) buffer[at + 4] = reason;
    if (!this.broker.traffic.wants("message")) return;
    const told = isLong ? reason : Reason.Success;
    tellAck(this, "out", type, packetId, told, buffer.subarray(at, at + (isLong ? 5 : 4)));
  }

  /** Whether the client takes a packet of this message's size. */
  fits(pending: Pending): boolean {
    if (this.maxPacketSize === Number.POSITIVE_INFINITY) return true;
    const { message } = pending;
    return publishSize(message, message.topic.bytes, this.#delivery(pending, 0, false)) <= this.maxPacketSize;
  }

  /** Writes a message that was kept. @param lease says when nobody needs its bytes any more */
  sendMessage(pending: Pending, packetId: number, dup: boolean, lease: Lease = forEver): void {
    const { message } = pending;
    const delivery = this.#delivery(pending, packetId, dup);
    const topic = this.#shorten(pending, delivery);
    this.#write(message, topic, delivery, lease);
    const size = message.payloadLength;
    this.broker.counters.sent++;
    this.broker.counters.payloadOut += size;
    if (!this.broker.traffic.wants("message")) return;
    const { qos, retain } = pending;
    const payload = message.bytes.subarray(message.payloadStart, message.end);
    const facts = { topic: message.topic.text, qos, retain, dup, packetId, payload };
    const told = publishBytes(message, topic, delivery);
    tellPublish(this, "out", facts, told, publishSize(message, topic, delivery));
  }

  #write(message: Message, topic: Uint8Array, delivery: Delivery, lease: Lease): void {
    const { output } = this;
    const size = publishSize(message, topic, delivery);
    if (size <= largest) {
      const at = output.reserve(size);
      writePublish(output.buffer, at, message, topic, delivery);
      return;
    }
    // Large payloads are sent from where they lie. What comes before may be large, too.
    const head = Buffer.allocUnsafe(size - message.payloadLength);
    writePublishHead(head, 0, message, topic, delivery);
    output.copy(head, 0, head.length);
    output.lend(message.bytes.subarray(message.payloadStart, message.end), lease);
  }

  /** Gives the packet its topic's alias, if there is one. @returns the topic as it stands in the packet */
  #shorten(pending: Pending, delivery: Delivery): Uint8Array {
    const { topics } = this;
    const { message } = pending;
    const { bytes, text } = message.topic;
    if (topics === undefined || pending.qos > highestAliasedQos) return bytes;
    delivery.alias = topics.of(text);
    if (delivery.alias > 0) return noBytes;
    delivery.alias = topics.free(message.topic);
    // Told together with the topic it makes the packet larger.
    if (delivery.alias > 0 && publishSize(message, bytes, delivery) > this.maxPacketSize) delivery.alias = 0;
    if (delivery.alias > 0) topics.give(delivery.alias, text);
    return bytes;
  }

  #delivery({ message, qos, retain, subscriptionIds }: Pending, packetId: number, dup: boolean) {
    const first = 0x30 | (dup ? 8 : 0) | (qos << 1) | (retain ? 1 : 0);
    const expiry = message.secondsLeft(this.broker.clock.now());
    return { first, v5: this.isV5, packetId, expiry, subscriptionIds, alias: 0 };
  }

  /**
   * The client has broken a rule, or the broker does not want it any more: an MQTT 5 client is told why, the
   * connection is closed, the will is published.
   */
  fail(error: MqttError): void {
    if (this.state === "closed") return;
    this.broker.counters.failed(error.reason);
    if (this.session !== undefined) {
      this.broker.log.info(`Disconnected ${this.name}: ${error.message}`);
      this.disconnect(error.reason, error.message);
      return;
    }
    this.broker.log.debug(`Closed ${this.name}: ${error.message}`);
    if (error instanceof UnsupportedProtocol) refuseProtocol(this, error);
    else if (this.state !== "new") refuse(this, error);
    this.close();
  }

  /** [MQTT-4.13.1-1] [MQTT-4.13.2-1] */
  disconnect(reasonCode: number, reasonString: string, serverReference?: string): void {
    // MQTT 3 has no DISCONNECT from the server: there it is only closed.
    if (this.isV5) {
      const properties = { reasonString, ...(serverReference !== undefined && { serverReference }) };
      this.send({ type: "disconnect", version: 5, reasonCode, properties });
    }
    this.close();
  }

  /** Sends what there is to say and closes. */
  close(): void {
    if (this.state === "closed") return;
    this.output.flush();
    this.state = "closed";
    this.#intake.clear();
    // Who does not read is not waited for.
    if (this.link.buffered > 0) this.link.destroy();
    else this.link.end();
    this.broker.left(this);
  }

  /** The network's side is gone. */
  closed(): void {
    this.output.forget();
    if (this.state === "closed") return;
    this.state = "closed";
    this.#intake.clear();
    this.broker.left(this);
  }

  /** Tells whoever observes of a packet. */
  trace(direction: "in" | "out", packet: Packet, bytes: Uint8Array): void {
    if (this.broker.traffic.wants("message")) tellPacket(this, direction, packet, bytes);
  }
}
