import { decodeConnect } from "./decode-connect.ts";
import { MqttError, malformed, protocolError } from "./errors.ts";
import { Frame } from "./frame.ts";
import {
  type Notice,
  type Packet,
  PacketType,
  type PublishAck,
  packetTypeName,
  qosOf,
  type Subscribe,
  type SubscribeAck,
  type SubscriptionRequest,
  type Unsubscribe,
  type Version,
} from "./packet.ts";
import { readProperties } from "./properties.ts";
import { PublishView } from "./publish-view.ts";
import { copyOf, decodeUtf8, Reader } from "./reader.ts";
import { isReasonOf, Reason, ReturnCode } from "./reason.ts";
import { topicFilterMistake, topicNameMistake } from "./topic.ts";

/**
 * Decodes the single packet in `bytes` from `start` to `end`. `version` is that of the connection's CONNECT; a CONNECT
 * has its own.
 * @throws {MqttError}
 */
export function decode(bytes: Uint8Array, version: Version, start = 0, end = bytes.length): Packet {
  const frame = new Frame();
  if (!frame.read(bytes, start, end) || frame.end > end) throw malformed("the packet is not complete");
  if (frame.end < end) throw malformed(`${end - frame.end} bytes follow the packet`);
  return decodeFrame(bytes, start, frame, version);
}

/** Decodes the packet whose fixed header has been read and whose body is there. */
export function decodeFrame(bytes: Uint8Array, start: number, frame: Frame, version: Version): Packet {
  const { type, first } = frame;
  checkFlags(type, first & 15, version);
  // CONNECT says itself which version it is.
  if (type !== PacketType.Connect) frame.checkLength(version);
  if (type === PacketType.Publish) return decodePublish(bytes, start, frame, version);
  const body = new Reader(bytes, frame.body, frame.end);
  const packet = decodeBody(type, body, version);
  if (packet.type === "connect") frame.checkLength(packet.version);
  body.finish(packetTypeName(type));
  return packet;
}

// Reserved flag bits. [MQTT-2.1.3-1] [MQTT-3.6.1-1] [MQTT-3.8.1-1] [MQTT-3.10.1-1]
function checkFlags(type: number, flags: number, version: Version): void {
  if (type === PacketType.Publish) return;
  const isOne =
    type === PacketType.Pubrel || type === PacketType.Subscribe || type === PacketType.Unsubscribe;
  // MQTT 3.1 sets DUP when one of these is sent again.
  const checked = version === 3 ? flags & 7 : flags;
  if (checked !== (isOne ? 2 : 0)) throw malformed(`${packetTypeName(type)} has the flags ${flags}`);
}

function decodeBody(type: number, body: Reader, version: Version): Packet {
  switch (type) {
    case PacketType.Connect:
      return decodeConnect(body);
    case PacketType.Connack:
      return decodeConnack(body, version);
    case PacketType.Puback:
      return decodeAck("puback", body, version);
    case PacketType.Pubrec:
      return decodeAck("pubrec", body, version);
    case PacketType.Pubrel:
      return decodeAck("pubrel", body, version);
    case PacketType.Pubcomp:
      return decodeAck("pubcomp", body, version);
    case PacketType.Subscribe:
      return decodeSubscribe(body, version);
    case PacketType.Suback:
      return decodeSubscribeAck("suback", body, version);
    case PacketType.Unsubscribe:
      return decodeUnsubscribe(body, version);
    case PacketType.Unsuback:
      return decodeSubscribeAck("unsuback", body, version);
    case PacketType.Pingreq:
      return { type: "pingreq", version };
    case PacketType.Pingresp:
      return { type: "pingresp", version };
    case PacketType.Disconnect:
      return decodeNotice("disconnect", body, version);
    case PacketType.Auth:
      if (version === 5) return decodeNotice("auth", body, version);
  }
  throw malformed(`packet type ${type} does not exist`);
}

function decodePublish(bytes: Uint8Array, start: number, frame: Frame, version: Version): Packet {
  const view = new PublishView();
  view.read(bytes, start, frame.body, frame.end, version);
  const topic = decodeUtf8(bytes, view.topicStart, view.topicEnd, "topic");
  const mistake = topic === "" && view.topicAlias > 0 ? undefined : topicNameMistake(topic);
  if (mistake !== undefined) throw malformed(`the topic of PUBLISH ${mistake}`);
  return {
    type: "publish",
    version,
    dup: view.dup,
    qos: view.qos,
    retain: view.retain,
    topic,
    ...(view.qos > 0 && { packetId: view.packetId }),
    payload: copyOf(bytes, view.payloadStart, view.end),
    properties: view.decoded ?? {},
  };
}

function decodeConnack(body: Reader, version: Version): Packet {
  const flags = body.u8("acknowledge flags");
  if (flags > 1) throw malformed(`CONNACK has the flags ${flags}`); // [MQTT-3.2.2-1]
  const reasonCode = body.u8("reason code");
  if (version !== 5 && reasonCode > ReturnCode.NotAuthorized) {
    throw malformed(`CONNACK has the return code ${reasonCode}, and 5 is the highest`);
  }
  if (version === 5) checkReason("connack", reasonCode);
  const properties = version === 5 ? readProperties(body, "connack") : {};
  return { type: "connack", version, sessionPresent: flags === 1, reasonCode, properties };
}

function decodeAck(type: PublishAck["type"], body: Reader, version: Version): PublishAck {
  const packetId = readPacketId(body, type);
  const bare = { type, version, packetId, reasonCode: Reason.Success, properties: {} };
  if (version !== 5 || body.left === 0) return bare;
  const reasonCode = checkReason(type, body.u8("reason code"));
  // The property length may be left out as well when there are none.
  return { ...bare, reasonCode, properties: body.left === 0 ? {} : readProperties(body, type) };
}

function decodeSubscribe(body: Reader, version: Version): Subscribe {
  const packetId = readPacketId(body, "subscribe");
  const properties = version === 5 ? readProperties(body, "subscribe") : {};
  const subscriptions: SubscriptionRequest[] = [];
  while (body.left > 0) {
    checkCount(subscriptions.length, "SUBSCRIBE");
    subscriptions.push(readSubscription(body, version));
  }
  if (subscriptions.length === 0) throw protocolError("SUBSCRIBE names no topic filter"); // [MQTT-3.8.3-2]
  return { type: "subscribe", version, packetId, subscriptions, properties };
}

/** A packet is decoded in one go: this many filters take some 20 ms. A client with more sends several packets. */
const maxFilters = 16_000;

function checkCount(count: number, type: string): void {
  if (count < maxFilters) return;
  throw new MqttError(Reason.QuotaExceeded, `${type} names more than ${maxFilters} topic filters`);
}

function readSubscription(body: Reader, version: Version): SubscriptionRequest {
  const filter = readFilter(body);
  const options = body.u8("subscription options");
  const qos = options & 3;
  const retainHandling = (options >> 4) & 3;
  if (qos === 3) throw malformed("a subscription asks for QoS 3"); // [MQTT-3.8.3-5]
  if ((options & (version === 5 ? 0xc0 : 0xfc)) !== 0) {
    throw malformed(`a subscription sets reserved bits: 0x${options.toString(16)}`); // [MQTT-3.8.3-5]
  }
  if (retainHandling === 3) throw protocolError("a subscription asks for retain handling 3");
  return {
    filter,
    qos: qosOf(qos),
    noLocal: (options & 4) !== 0,
    retainAsPublished: (options & 8) !== 0,
    retainHandling: retainHandling === 0 ? 0 : retainHandling === 1 ? 1 : 2,
  };
}

function decodeUnsubscribe(body: Reader, version: Version): Unsubscribe {
  const packetId = readPacketId(body, "unsubscribe");
  const properties = version === 5 ? readProperties(body, "unsubscribe") : {};
  const filters: string[] = [];
  while (body.left > 0) {
    checkCount(filters.length, "UNSUBSCRIBE");
    filters.push(readFilter(body));
  }
  if (filters.length === 0) throw protocolError("UNSUBSCRIBE names no topic filter"); // [MQTT-3.10.3-2]
  return { type: "unsubscribe", version, packetId, filters, properties };
}

function decodeSubscribeAck(type: SubscribeAck["type"], body: Reader, version: Version): SubscribeAck {
  const packetId = readPacketId(body, type);
  const properties = version === 5 ? readProperties(body, type) : {};
  const isBare = type === "unsuback" && version !== 5;
  const reasonCodes = isBare ? [] : [...body.rest()];
  if (reasonCodes.length === 0 && !isBare) throw protocolError(`${type.toUpperCase()} has no reason code`);
  for (const code of reasonCodes) checkGranted(type, code, version);
  return { type, version, packetId, reasonCodes, properties };
}

function decodeNotice(type: Notice["type"], body: Reader, version: Version): Notice {
  const bare = { type, version, reasonCode: Reason.Success, properties: {} };
  if (version !== 5 || body.left === 0) return bare;
  const reasonCode = checkReason(type, body.u8("reason code"));
  return { ...bare, reasonCode, properties: body.left === 0 ? {} : readProperties(body, type) };
}

// [MQTT-3.2.2-8] [MQTT-3.4.2-1] [MQTT-3.5.2-1] [MQTT-3.6.2-1] [MQTT-3.7.2-1] [MQTT-3.14.2-1] [MQTT-3.15.2-1]
function checkReason(type: Packet["type"], code: number): number {
  if (isReasonOf(type, code)) return code;
  throw protocolError(
    `${type.toUpperCase()} has the reason code 0x${code.toString(16)}, which it cannot have`,
  );
}

function checkGranted(type: SubscribeAck["type"], code: number, version: Version): void {
  if (version === 5)
    checkReason(type, code); // [MQTT-3.9.3-2] [MQTT-3.11.3-2]
  else if (code > 2 && code !== 0x80) throw malformed(`SUBACK has the return code 0x${code.toString(16)}`);
}

function readPacketId(body: Reader, type: string): number {
  const packetId = body.u16("packet identifier");
  if (packetId === 0) throw protocolError(`${type.toUpperCase()} has the packet identifier 0`); // [MQTT-2.2.1-3]
  return packetId;
}

function readFilter(body: Reader): string {
  const filter = body.string("topic filter");
  const mistake = topicFilterMistake(filter);
  if (mistake !== undefined) throw malformed(`the topic filter "${filter}" ${mistake}`);
  return filter;
}
