import type { Direction, Fields } from "../../../core/traffic.ts";
import { describeMessage, describePacket } from "../../../protocol/mqtt/describe.ts";
import { ackFields, type PublishFacts, packetFields, publishFields } from "../../../protocol/mqtt/fields.ts";
import { type Packet, packetTypeName } from "../../../protocol/mqtt/packet.ts";
import { type Delivery, publishSize, writePublishHead } from "../../../protocol/mqtt/publish-writer.ts";
import { reasonName } from "../../../protocol/mqtt/reason.ts";
import { withoutSecrets } from "../../../protocol/mqtt/redact.ts";
import { printable } from "../../../protocol/text/printable.ts";
import type { Connection } from "../client/connection.ts";
import type { Message } from "./message.ts";

/*
 * What observers are told of packets. Nothing here is called before `traffic.wants` has said yes, so nothing is built
 * while nobody looks. Bytes are lent until the observer returns, as the traffic seam has it.
 */

/** Of a packet no more than so many bytes are told. */
const mostBytes = 4096;

/** A SUBSCRIBE may name thousands of filters: its line ends after so many characters. */
const longestLine = 1000;

export function tellPacket(
  connection: Connection,
  direction: Direction,
  packet: Packet,
  bytes: Uint8Array,
): void {
  const fields = packetFields(packet);
  tell(connection, direction, describePacket(packet), fields, withoutSecrets(bytes, packet));
}

/** One of the four acknowledgements, which are read and written without a packet being made. */
export function tellAck(
  connection: Connection,
  direction: Direction,
  type: number,
  packetId: number,
  reason: number,
  bytes: Uint8Array,
): void {
  const packet = packetTypeName(type);
  const text = `${packet} id ${packetId}${reason === 0 ? "" : `, ${reasonName(reason)}`}`;
  tell(connection, direction, text, { packet, ...ackFields(packetId, reason) }, bytes);
}

/** @param size of the whole packet, where `bytes` is its beginning */
export function tellPublish(
  connection: Connection,
  direction: Direction,
  facts: PublishFacts,
  bytes: Uint8Array,
  size = bytes.length,
): void {
  const { topic, qos, retain, dup, payload } = facts;
  const text = describeMessage(topic, qos, retain, dup, payload.length);
  tell(connection, direction, text, publishFields(facts), bytes, size);
}

/**
 * The beginning of a PUBLISH as it has gone over the wire, made again for those who look: what was sent is the
 * network's by now.
 */
export function publishBytes(message: Message, topic: Uint8Array, delivery: Delivery): Uint8Array {
  const { bytes, payloadStart, payloadLength } = message;
  const head = Buffer.allocUnsafe(publishSize(message, topic, delivery) - payloadLength);
  writePublishHead(head, 0, message, topic, delivery);
  const room = Math.max(0, mostBytes - head.length);
  return Buffer.concat([head, bytes.subarray(payloadStart, payloadStart + Math.min(room, payloadLength))]);
}

function tell(
  { broker, link, identity }: Connection,
  direction: Direction,
  text: string,
  fields: Fields,
  bytes: Uint8Array,
  size = bytes.length,
): void {
  const { conversation } = link;
  const { clientId } = identity;
  // CONNECT brings its own; before it nobody has a name.
  const named = clientId === "" ? fields : { client: printable(clientId), ...fields };
  broker.traffic.emit({
    kind: "message",
    conversation,
    direction,
    text: text.length > longestLine ? `${text.slice(0, longestLine)}…` : text,
    fields: named,
    bytes: bytes.subarray(0, mostBytes),
    ...(size > mostBytes && { size }),
  });
}
