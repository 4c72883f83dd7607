import type { Direction, Fields } from "../../../core/traffic.ts";
import { describeMessage, describePacket } from "../../../protocol/mqtt/describe.ts";
import { ackFields, type PublishFacts, packetFields, publishFields } from "../../../protocol/mqtt/fields.ts";
import { type Packet, packetTypeName } from "../../../protocol/mqtt/packet.ts";
import {
  type Delivery,
  publishSize,
  writePublish,
  writePublishHead,
} from "../../../protocol/mqtt/publish-writer.ts";
import { reasonName } from "../../../protocol/mqtt/reason.ts";
import { withoutSecrets } from "../../../protocol/mqtt/redact.ts";
import { printable } from "../../../protocol/text/printable.ts";
import type { Connection } from "../connection.ts";
import type { Message } from "../message.ts";
import { largest } from "../output.ts";

/*
 * What observers are told of packets. Nothing here is called before `traffic.wants` has said yes, so nothing is built
 * while nobody looks. Bytes are lent until the observer returns, as the traffic seam has it.
 */

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

export function tellPublish(
  connection: Connection,
  direction: Direction,
  facts: PublishFacts,
  bytes: Uint8Array,
): void {
  const { topic, qos, retain, dup, payload } = facts;
  const text = describeMessage(topic, qos, retain, dup, payload.length);
  tell(connection, direction, text, publishFields(facts), bytes);
}

/** Of a large packet so many bytes of the payload are told. */
const toldOfALargeOne = 4096;

/**
 * A PUBLISH as it has gone over the wire, made again for those who look. Of a large one, whose payload was sent from
 * where it lies, the end is left out: the fields tell its size.
 */
export function publishBytes(message: Message, topic: Uint8Array, delivery: Delivery): Uint8Array {
  const size = publishSize(message, topic, delivery);
  if (size <= largest) {
    const bytes = Buffer.allocUnsafe(size);
    writePublish(bytes, 0, message, topic, delivery);
    return bytes;
  }
  const head = Buffer.allocUnsafe(size - message.payloadLength);
  writePublishHead(head, 0, message, topic, delivery);
  const { bytes, payloadStart } = message;
  return Buffer.concat([head, bytes.subarray(payloadStart, payloadStart + toldOfALargeOne)]);
}

function tell(
  { broker, link, identity }: Connection,
  direction: Direction,
  text: string,
  fields: Fields,
  bytes: Uint8Array,
): void {
  const { conversation } = link;
  const { clientId } = identity;
  // CONNECT brings its own; before it nobody has a name.
  const named = clientId === "" ? fields : { client: printable(clientId), ...fields };
  broker.traffic.emit({
    kind: "message",
    conversation,
    direction,
    text,
    fields: named,
    bytes,
  });
}
