import {
  type Connack,
  type Connect,
  type Notice,
  type Packet,
  PacketType,
  type Publish,
  type PublishAck,
  type Subscribe,
  type SubscribeAck,
  type Unsubscribe,
} from "./packet.ts";
import { writeProperties } from "./properties.ts";
import { Reason } from "./reason.ts";
import { Writer } from "./writer.ts";

const types: Readonly<Record<Packet["type"], number>> = {
  connect: PacketType.Connect,
  connack: PacketType.Connack,
  publish: PacketType.Publish,
  puback: PacketType.Puback,
  pubrec: PacketType.Pubrec,
  pubrel: PacketType.Pubrel,
  pubcomp: PacketType.Pubcomp,
  subscribe: PacketType.Subscribe,
  suback: PacketType.Suback,
  unsubscribe: PacketType.Unsubscribe,
  unsuback: PacketType.Unsuback,
  pingreq: PacketType.Pingreq,
  pingresp: PacketType.Pingresp,
  disconnect: PacketType.Disconnect,
  auth: PacketType.Auth,
};

/**
 * A packet as bytes, in its version. Whether that version allows its contents is not checked.
 * @throws {RangeError} for a string over 65,535 bytes or a packet over 256 MiB
 */
export function encode(packet: Packet): Uint8Array {
  const body = new Writer();
  writeBody(body, packet);
  return new Writer()
    .u8((types[packet.type] << 4) | flagsOf(packet))
    .varint(body.length)
    .raw(body.finish())
    .finish();
}

/**
 * A packet in at most `limit` bytes: without its reason string and user properties if it is too large with them.
 * [MQTT-3.2.2-19] [MQTT-3.2.2-20] [MQTT-3.14.2-3] [MQTT-3.14.2-4]
 * @returns undefined when it is still too large
 */
export function encodeWithin(limit: number, packet: Packet): Uint8Array | undefined {
  const bytes = encode(packet);
  if (bytes.length <= limit) return bytes;
  // The broker must not remove the user properties of a publisher's message.
  if (packet.type === "publish" || !("properties" in packet)) return undefined;
  const { reasonString: _, userProperties: __, ...properties } = packet.properties;
  const bare = encode({ ...packet, properties });
  return bare.length <= limit ? bare : undefined;
}

function flagsOf(packet: Packet): number {
  switch (packet.type) {
    case "publish":
      return (packet.dup ? 8 : 0) | (packet.qos << 1) | (packet.retain ? 1 : 0);
    case "pubrel":
    case "subscribe":
    case "unsubscribe":
      return 2;
    default:
      return 0;
  }
}

function writeBody(body: Writer, packet: Packet): void {
  switch (packet.type) {
    case "connect":
      writeConnect(body, packet);
      return;
    case "connack":
      writeConnack(body, packet);
      return;
    case "publish":
      writePublish(body, packet);
      return;
    case "puback":
    case "pubrec":
    case "pubrel":
    case "pubcomp":
      writeAck(body, packet);
      return;
    case "subscribe":
      writeSubscribe(body, packet);
      return;
    case "unsubscribe":
      writeUnsubscribe(body, packet);
      return;
    case "suback":
    case "unsuback":
      writeSubscribeAck(body, packet);
      return;
    case "disconnect":
    case "auth":
      writeReason(body, packet);
      return;
    case "pingreq":
    case "pingresp":
      return;
  }
}

function writeConnect(body: Writer, packet: Connect): void {
  const { version, will, username, password } = packet;
  const willFlags = will === undefined ? 0 : 0x04 | (will.qos << 3) | (will.retain ? 0x20 : 0);
  const nameFlags = (username === undefined ? 0 : 0x80) | (password === undefined ? 0 : 0x40);
  body.string(version === 3 ? "MQIsdp" : "MQTT").u8(version | (packet.isBridge ? 0x80 : 0));
  body.u8((packet.cleanStart ? 0x02 : 0) | willFlags | nameFlags).u16(packet.keepAlive);
  if (version === 5) writeProperties(body, packet.properties);
  body.string(packet.clientId);
  if (will !== undefined) {
    if (version === 5) writeProperties(body, will.properties);
    body.string(will.topic).binary(will.payload);
  }
  if (username !== undefined) body.string(username);
  if (password !== undefined) body.binary(password);
}

function writeConnack(body: Writer, packet: Connack): void {
  // MQTT 3.1 has no session present flag: the byte is reserved there.
  body.u8(packet.sessionPresent && packet.version !== 3 ? 1 : 0).u8(packet.reasonCode);
  if (packet.version === 5) writeProperties(body, packet.properties);
}

function writePublish(body: Writer, packet: Publish): void {
  body.string(packet.topic);
  if (packet.qos > 0) body.u16(packet.packetId ?? 0);
  if (packet.version === 5) writeProperties(body, packet.properties);
  body.raw(packet.payload);
}

function writeAck(body: Writer, packet: PublishAck): void {
  body.u16(packet.packetId);
  writeReason(body, packet);
}

function writeSubscribe(body: Writer, packet: Subscribe): void {
  body.u16(packet.packetId);
  if (packet.version === 5) writeProperties(body, packet.properties);
  for (const { filter, qos, noLocal, retainAsPublished, retainHandling } of packet.subscriptions) {
    const options = (noLocal ? 4 : 0) | (retainAsPublished ? 8 : 0) | (retainHandling << 4);
    body.string(filter).u8(packet.version === 5 ? qos | options : qos);
  }
}

function writeUnsubscribe(body: Writer, packet: Unsubscribe): void {
  body.u16(packet.packetId);
  if (packet.version === 5) writeProperties(body, packet.properties);
  for (const filter of packet.filters) body.string(filter);
}

function writeSubscribeAck(body: Writer, packet: SubscribeAck): void {
  body.u16(packet.packetId);
  if (packet.version === 5) writeProperties(body, packet.properties);
  if (packet.type === "suback" || packet.version === 5) body.raw(Uint8Array.from(packet.reasonCodes));
}

/** The shortest form: no reason code when it is 0 and nothing follows, no property length when it would be 0. */
function writeReason(body: Writer, packet: PublishAck | Notice): void {
  if (packet.version !== 5) return;
  const hasProperties = Object.values(packet.properties).some((value) => value !== undefined);
  if (packet.reasonCode === Reason.Success && !hasProperties) return;
  body.u8(packet.reasonCode);
  if (hasProperties) writeProperties(body, packet.properties);
}
