import type { Conversation, Traffic } from "../../../core/traffic.ts";
import { type Lease, permanentLease } from "../../../net/tcp/buffers.ts";
import { encodeWithin } from "../../../protocol/mqtt/encode.ts";
import { type Packet, PacketType, qosOf, type Version } from "../../../protocol/mqtt/packet.ts";
import {
  type Delivery,
  publishSize,
  writePublish,
  writePublishHead,
} from "../../../protocol/mqtt/publish-writer.ts";
import { Reason } from "../../../protocol/mqtt/reason.ts";
import { authenticationDataOf } from "../../../protocol/mqtt/redact.ts";
import type { Broker } from "../broker/broker.ts";
import type { Outlet } from "../session/outlet.ts";
import { minBytesPerClient } from "../session/quota.ts";
import { MeteredLink, type Peer } from "../wire/link.ts";
import { type Message, noGroup, type Pending, type TopicName } from "../wire/message.ts";
import { maxGathered, OutboundBuffer } from "../wire/outbound-buffer.ts";
import type { Publication } from "../wire/publication.ts";
import type { EncodedRun } from "../wire/publish-variants.ts";
import { maxAliasedQos, type TopicAliases } from "../wire/topic-aliases.ts";
import {
  isBuilt,
  type PacketTrace,
  publishBytes,
  type TraceSource,
  traceAck,
  tracePacket,
  tracePublish,
} from "../wire/trace.ts";

const noBytes = new Uint8Array(0);

/** Writes packets to one connection, within what the client takes, and shows them to observers. */
export class PacketWriter implements Outlet, TraceSource {
  version: Version = 4;
  /** Empty before CONNECT. */
  clientId = "";
  maxPacketSize = Number.POSITIVE_INFINITY;
  topicAliases: TopicAliases | undefined;
  /** What all topics begin with and the client does not see, and its size in bytes; see `Mount`. */
  prefix = "";
  prefixSize = 0;
  /** Of both directions. */
  packets = 0;
  /** Nothing is written any more. */
  isClosed = false;
  readonly buffer: OutboundBuffer;
  readonly conversation: Conversation;
  readonly traffic: Traffic;
  readonly #broker: Broker;
  readonly #link: MeteredLink;

  /**
   * @param onDeferredWritten writes that were deferred have been made
   * @param showRead shows observers what has been read: they are about to be shown what is written
   */
  constructor(broker: Broker, peer: Peer, onDeferredWritten: () => void, showRead: () => void) {
    this.#broker = broker;
    this.traffic = broker.traffic;
    this.conversation = peer.conversation;
    this.#link = new MeteredLink(peer, broker.counters, broker.traffic, showRead);
    this.buffer = new OutboundBuffer(this.#link, broker.flusher, onDeferredWritten);
  }

  get isV5(): boolean {
    return this.version === 5;
  }

  isScheduled(topic: string): boolean {
    return this.#broker.config.publish.some((publisher) => publisher.topic === this.prefix + topic);
  }

  get isWritable(): boolean {
    const { config, flusher } = this.#broker;
    const limit = flusher.backlog <= config.maxSendBuffers ? config.sendBuffer : minBytesPerClient;
    return this.buffer.backlog <= limit;
  }

  waitForStore(): void {
    this.buffer.waitForStore();
  }

  /** @returns false when the client does not take so large a packet, or nothing any more */
  send(packet: Packet): boolean {
    if (this.isClosed) return false;
    const bytes = encodeWithin(this.maxPacketSize, packet);
    if (bytes === undefined) return false; // [MQTT-3.1.2-24]
    this.#broker.counters.sentControl(packet);
    this.packets++;
    if (this.traffic.sample("message")) {
      tracePacket(this, "out", packet, bytes, { offset: this.buffer.appended, length: bytes.length });
    }
    this.buffer.append(bytes);
    const secret = authenticationDataOf(packet);
    if (secret !== undefined) this.#link.redactNext(secret);
    return true;
  }

  pubrel(packetId: number): void {
    this.ack(PacketType.Pubrel, packetId, Reason.Success);
  }

  /** Writes a PUBACK, PUBREC, PUBREL or PUBCOMP. Only MQTT 5 has a place for the reason. */
  ack(type: number, packetId: number, reason: number, group = noGroup): void {
    if (this.isClosed) return;
    const isLong = reason !== Reason.Success && this.version === 5;
    this.#broker.counters.controlsOut++;
    this.packets++;
    const { buffer } = this;
    const length = isLong ? 5 : 4;
    const at = buffer.reserve(length);
    const bytes = buffer.bytes;
    bytes[at] = (type << 4) | (type === PacketType.Pubrel ? 2 : 0); // [MQTT-3.6.1-1]
    bytes[at + 1] = isLong ? 3 : 2;
    bytes[at + 2] = packetId >>> 8;
    bytes[at + 3] = packetId;
    if (isLong) bytes[at + 4] = reason;
    if (!isBuilt(this.traffic, group)) return;
    const sent = isLong ? reason : Reason.Success;
    const stream = { offset: buffer.appended - length, length };
    traceAck(this, "out", type, packetId, sent, bytes.subarray(at, at + length), { group, stream });
  }

  sendRun(publication: Publication, encoded: EncodedRun, from: number, end: number): void {
    const { counters } = this.#broker;
    const { start, stride, bytes } = encoded;
    this.buffer.copy(bytes, start + from * stride, start + end * stride);
    counters.sent += end - from;
    this.packets += end - from;
    counters.payloadOut += (end - from) * publication.payloadLength;
    if (publication.isUnseen) return this.traffic.omit(end - from);
    for (let index = from; index < end; index++) {
      const group = publication.groupOf(index);
      if (!isBuilt(this.traffic, group)) continue;
      const behind = end - index;
      const stream = { offset: this.buffer.appended - behind * stride, length: stride };
      this.#traceRun(publication, encoded, index, { group, number: this.packets - behind + 1, stream });
    }
  }

  #traceRun(publication: Publication, encoded: EncodedRun, index: number, more: PacketTrace): void {
    const packet = encoded.at(index);
    const { topic, payloadLength } = publication;
    const qos = qosOf(packet[0]! >> 1);
    const retain = (packet[0]! & 1) === 1;
    const packetId = qos === 0 ? 0 : packet.readUInt16BE(encoded.idOffset);
    const payload = packet.subarray(packet.length - payloadLength);
    const facts = { topic: this.#shown(topic), qos, retain, dup: false, packetId, payload };
    tracePublish(this, "out", facts, packet, more);
  }

  fits(pending: Pending): boolean {
    if (this.maxPacketSize === Number.POSITIVE_INFINITY) return true;
    const { message } = pending;
    return (
      publishSize(message, this.#topicBytes(message), this.#delivery(pending, 0, false)) <= this.maxPacketSize
    );
  }

  sendPending(pending: Pending, packetId: number, dup: boolean, lease?: Lease): void {
    const { message } = pending;
    const delivery = this.#delivery(pending, packetId, dup);
    const topic = this.#applyAlias(pending, delivery);
    this.#writePublish(message, topic, delivery, lease);
    const { counters } = this.#broker;
    counters.sent++;
    this.packets++;
    counters.payloadOut += message.payloadLength;
    if (!isBuilt(this.traffic, message.group)) return;
    const { qos, retain } = pending;
    const payload = message.bytes.subarray(message.payloadStart, message.end);
    const facts = { topic: this.#shown(message.topic), qos, retain, dup, packetId, payload };
    const bytes = publishBytes(message, topic, delivery);
    const size = publishSize(message, topic, delivery);
    const stream = { offset: this.buffer.appended - size, length: size };
    tracePublish(this, "out", facts, bytes, { size, group: message.group, stream });
  }

  #writePublish(
    message: Message,
    topic: Uint8Array,
    delivery: Delivery,
    lease: Lease = permanentLease,
  ): void {
    const { buffer } = this;
    const size = publishSize(message, topic, delivery);
    if (size <= maxGathered) {
      const at = buffer.reserve(size);
      writePublish(buffer.bytes, at, message, topic, delivery);
      return;
    }
    // Large payloads are sent from where they lie. The head may be large, too.
    const head = Buffer.allocUnsafe(size - message.payloadLength);
    writePublishHead(head, 0, message, topic, delivery);
    buffer.copy(head, 0, head.length);
    buffer.appendWithoutCopy(message.bytes.subarray(message.payloadStart, message.end), lease);
  }

  /** Gives the packet its topic's alias, if there is one. @returns the topic as it stands in the packet */
  #applyAlias(pending: Pending, delivery: Delivery): Uint8Array {
    const { topicAliases } = this;
    const { message } = pending;
    const { text } = message.topic;
    const bytes = this.#topicBytes(message);
    if (topicAliases === undefined || pending.qos > maxAliasedQos) return bytes;
    delivery.alias = topicAliases.aliasOf(text);
    if (delivery.alias > 0) return noBytes;
    delivery.alias = topicAliases.candidate(message.topic);
    // An alias that is introduced together with its topic makes the packet larger.
    if (delivery.alias > 0 && publishSize(message, bytes, delivery) > this.maxPacketSize) delivery.alias = 0;
    if (delivery.alias > 0) topicAliases.assign(delivery.alias, text);
    return bytes;
  }

  /** A message's topic as it stands in a packet to the client. */
  #topicBytes({ topic }: Message): Uint8Array {
    return this.prefixSize === 0 ? topic.bytes : topic.bytes.subarray(this.prefixSize);
  }

  #shown(topic: TopicName): string {
    return topic.text.slice(this.prefix.length);
  }

  #delivery({ message, qos, retain, subscriptionIds }: Pending, packetId: number, dup: boolean): Delivery {
    const first = 0x30 | (dup ? 8 : 0) | (qos << 1) | (retain ? 1 : 0);
    const expiry = message.secondsLeft(this.#broker.clock.now());
    return { first, v5: this.isV5, packetId, expiry, subscriptionIds, alias: 0 };
  }
}
