import type { Conversation, Direction, Fields, StreamPlace, Traffic } from "../../../core/traffic.ts";
import { decodeFrame } from "../../../protocol/mqtt/decode.ts";
import { describePacket, describePublish } from "../../../protocol/mqtt/describe.ts";
import { ackFields, type PublishFacts, packetFields, publishFields } from "../../../protocol/mqtt/fields.ts";
import { Frame } from "../../../protocol/mqtt/frame.ts";
import { type Packet, PacketType, packetTypeName, type Version } from "../../../protocol/mqtt/packet.ts";
import { type Delivery, publishSize, writePublishHead } from "../../../protocol/mqtt/publish-writer.ts";
import { reasonName } from "../../../protocol/mqtt/reason.ts";
import { overwritten, withoutSecrets } from "../../../protocol/mqtt/redact.ts";
import { printable } from "../../../protocol/text/printable.ts";
import { type Message, noGroup } from "./message.ts";

/*
 * Traffic events of packets and of bytes. The caller has asked `traffic.sample` first, so nothing is built while
 * nobody observes. Bytes are lent until the observer returns, as the traffic seam says.
 */

/** Whose packets are traced. */
export interface TraceSource {
  readonly traffic: Traffic;
  readonly conversation: Conversation;
  /** Empty before CONNECT. */
  readonly clientId: string;
  /** Packets in both directions, so far. */
  readonly packets: number;
  /** Whether a built-in publisher publishes to the topic. */
  isScheduled(topic: string): boolean;
}

/** Whether an event is built of a message that may belong to a group. */
export const isBuilt = (traffic: Traffic, group: number): boolean =>
  group === noGroup ? traffic.sample("message") : traffic.follow(group);

/** An event carries at most this many bytes of a packet. */
const maxBytes = 4096;

/** A SUBSCRIBE may name thousands of filters: its text is cut after so many characters. */
const maxText = 1000;

export function tracePacket(
  source: TraceSource,
  direction: Direction,
  packet: Packet,
  bytes: Uint8Array,
  stream: StreamPlace,
): void {
  const shown = withoutSecrets(bytes, packet);
  emit(source, direction, describePacket(packet), packetFields(packet), shown, { stream });
}

/**
 * One of the four acknowledgements, which are read and written without a packet object.
 */
export function traceAck(
  source: TraceSource,
  direction: Direction,
  type: number,
  packetId: number,
  reason: number,
  bytes: Uint8Array,
  more: PacketTrace,
): void {
  const packet = packetTypeName(type);
  const text = `${packet} id ${packetId}${reason === 0 ? "" : `, ${reasonName(reason)}`}`;
  emit(source, direction, text, { packet, ...ackFields(packetId, reason) }, bytes, more);
}

/** What an event of a packet says besides. */
export interface PacketTrace {
  readonly stream: StreamPlace;
  /** Of the packet, where others have followed it already. */
  readonly number?: number;
  /** Of the PUBLISH that came in, and of all that follows from it; 0: it is shown alone. */
  readonly group?: number;
}

export interface PublishTrace extends PacketTrace {
  /** Of one that came in: how many sessions it goes to. */
  readonly recipients?: number;
  /** Of the whole packet, where the bytes are only its beginning. */
  readonly size?: number;
}

export function tracePublish(
  source: TraceSource,
  direction: Direction,
  facts: PublishFacts,
  bytes: Uint8Array,
  { recipients, ...more }: PublishTrace,
): void {
  const text = describePublish(facts);
  const isScheduled = direction === "out" && source.isScheduled(facts.topic);
  const fields = { ...publishFields(facts), ...(recipients !== undefined && { recipients }) };
  emit(source, direction, text, fields, bytes, { ...more, isScheduled });
}

/**
 * The beginning of a PUBLISH as it went over the wire, encoded again for observers: what was sent is the network's
 * by now.
 */
export function publishBytes(message: Message, topic: Uint8Array, delivery: Delivery): Uint8Array {
  const { bytes, payloadStart, payloadLength } = message;
  const head = Buffer.allocUnsafe(publishSize(message, topic, delivery) - payloadLength);
  writePublishHead(head, 0, message, topic, delivery);
  const room = Math.max(0, maxBytes - head.length);
  return Buffer.concat([head, bytes.subarray(payloadStart, payloadStart + Math.min(room, payloadLength))]);
}

function emit(
  { traffic, conversation, clientId, packets }: TraceSource,
  direction: Direction,
  text: string,
  fields: Fields,
  bytes: Uint8Array,
  more: Omit<PublishTrace, "recipients"> & { readonly isScheduled?: boolean },
): void {
  const { size = bytes.length, group = 0, isScheduled = false, number = packets, stream } = more;
  // CONNECT has its client identifier among its fields; before it there is none.
  const named = clientId === "" ? fields : { client: printable(clientId), ...fields };
  traffic.emit({
    kind: "message",
    conversation,
    direction,
    text: text.length > maxText ? `${text.slice(0, maxText)}…` : text,
    fields: named,
    bytes: bytes.subarray(0, maxBytes),
    number,
    stream,
    ...(size > maxBytes && { size }),
    ...(isScheduled && { isScheduled }),
    ...(group > 0 && { group }),
  });
}

/**
 * Emits the bytes of whole packets that have been read. The broker does so in place of the TCP layer, which would
 * show segments as they come: half a CONNECT with half a password in it. CONNECT and AUTH are shown without their
 * secrets; what is no packet is not shown at all, because it may be a misplaced password. Of a WebSocket this is the
 * MQTT stream, without handshake and frames.
 * @param offset of the first of them among those of its direction
 */
export function traceBytesIn(
  { traffic, conversation }: TraceSource,
  version: Version,
  bytes: Buffer,
  from: number,
  to: number,
  offset: number,
): void {
  const frame = new Frame();
  let shown = offset;
  const show = (piece: Uint8Array) => {
    if (piece.length === 0) return;
    traffic.emit({ kind: "bytes", conversation, direction: "in", bytes: piece, offset: shown });
    shown += piece.length;
  };
  let plain = from;
  for (let at = from; at < to && frame.read(bytes, at, to); at = frame.end) {
    if (frame.type !== PacketType.Connect && frame.type !== PacketType.Auth) continue;
    const packet = decodeFrame(bytes, at, frame, version);
    show(bytes.subarray(plain, at));
    show(withoutSecrets(bytes.subarray(at, frame.end), packet));
    plain = frame.end;
  }
  show(bytes.subarray(plain, to));
}

/** Emits bytes that go out; a copy without the secrets if there are any. */
export function traceBytesOut(
  traffic: Traffic,
  conversation: Conversation,
  bytes: Uint8Array,
  secrets: readonly Uint8Array[],
  offset: number,
): void {
  const shown = overwritten(bytes, secrets);
  traffic.emit({ kind: "bytes", conversation, direction: "out", bytes: shown, offset });
}
