import other, { type Packet as OtherPacket } from "mqtt-packet";
import type {
  Notice,
  Packet,
  Properties,
  PublishAck,
  Version,
  Will,
} from "../../../src/protocol/mqtt/packet.ts";

/** A packet of ours in the words of mqtt-packet. */
export function toOther(packet: Packet): OtherPacket {
  switch (packet.type) {
    case "connect":
      return {
        cmd: "connect",
        protocolVersion: packet.version,
        protocolId: packet.version === 3 ? "MQIsdp" : "MQTT",
        clientId: packet.clientId,
        clean: packet.cleanStart,
        keepalive: packet.keepAlive,
        ...(packet.username !== undefined && { username: packet.username }),
        ...(packet.password !== undefined && { password: Buffer.from(packet.password) }),
        ...(packet.will !== undefined && { will: toOtherWill(packet.will) }),
        ...list(packet.properties),
      };
    case "connack": {
      const code =
        packet.version === 5 ? { reasonCode: packet.reasonCode } : { returnCode: packet.reasonCode };
      return { cmd: "connack", sessionPresent: packet.sessionPresent, ...code, ...list(packet.properties) };
    }
    case "publish":
      return {
        cmd: "publish",
        qos: packet.qos,
        dup: packet.dup,
        retain: packet.retain,
        topic: packet.topic,
        payload: Buffer.from(packet.payload),
        ...(packet.packetId !== undefined && { messageId: packet.packetId }),
        ...list(packet.properties),
      };
    case "puback":
    case "pubrec":
    case "pubrel":
    case "pubcomp": {
      return { cmd: packet.type, messageId: packet.packetId, ...reason(packet), ...list(packet.properties) };
    }
    case "subscribe": {
      const isFive = packet.version === 5;
      const subscriptions = packet.subscriptions.map((each) => ({
        topic: each.filter,
        qos: each.qos,
        ...(isFive && { nl: each.noLocal, rap: each.retainAsPublished, rh: each.retainHandling }),
      }));
      const { subscriptionIdentifier: _, ...properties } = toOtherProperties(packet.properties);
      const identifier = packet.properties.subscriptionIdentifiers?.[0];
      const hasSome = Object.keys(packet.properties).length > 0;
      return {
        cmd: "subscribe",
        messageId: packet.packetId,
        subscriptions,
        ...(hasSome && {
          properties: { ...properties, ...(identifier && { subscriptionIdentifier: identifier }) },
        }),
      };
    }
    case "unsubscribe": {
      const unsubscriptions = [...packet.filters];
      return { cmd: "unsubscribe", messageId: packet.packetId, unsubscriptions, ...list(packet.properties) };
    }
    case "suback": {
      const granted = [...packet.reasonCodes];
      return { cmd: "suback", messageId: packet.packetId, granted, ...list(packet.properties) };
    }
    case "unsuback": {
      const granted = [...packet.reasonCodes];
      return { cmd: "unsuback", messageId: packet.packetId, granted, ...list(packet.properties) };
    }
    case "pingreq":
    case "pingresp":
      return { cmd: packet.type };
    case "disconnect":
      return { cmd: "disconnect", ...reason(packet), ...list(packet.properties) };
    case "auth":
      return { cmd: "auth", reasonCode: packet.reasonCode, ...list(packet.properties) };
  }
}

function toOtherWill({ topic, payload, qos, retain, properties }: Will) {
  return { topic, payload: Buffer.from(payload), qos, retain, ...list(properties) };
}

const reason = ({ version, reasonCode }: PublishAck | Notice) => (version === 5 ? { reasonCode } : {});

function list(properties: Properties) {
  return Object.keys(properties).length === 0 ? {} : { properties: toOtherProperties(properties) };
}

function toOtherProperties(ours: Properties) {
  const {
    payloadFormatIndicator,
    maximumQos,
    subscriptionIdentifiers,
    subscriptionIdentifierAvailable,
    userProperties,
    correlationData,
    authenticationData,
    ...same
  } = ours;
  const [only] = subscriptionIdentifiers ?? [];
  const identifier = subscriptionIdentifiers?.length === 1 ? only : subscriptionIdentifiers;
  return {
    ...same,
    ...(payloadFormatIndicator !== undefined && { payloadFormatIndicator: payloadFormatIndicator === 1 }),
    ...(maximumQos !== undefined && { maximumQoS: maximumQos }),
    ...(identifier !== undefined && { subscriptionIdentifier: identifier }),
    ...(subscriptionIdentifierAvailable !== undefined && {
      subscriptionIdentifiersAvailable: subscriptionIdentifierAvailable,
    }),
    ...(userProperties !== undefined && { userProperties: Object.fromEntries(userProperties) }),
    ...(correlationData !== undefined && { correlationData: Buffer.from(correlationData) }),
    ...(authenticationData !== undefined && { authenticationData: Buffer.from(authenticationData) }),
  };
}

/** What mqtt-packet makes of bytes of ours. */
export function otherReads(bytes: Uint8Array, version: Version): OtherPacket {
  const parser = other.parser({ protocolVersion: version });
  const read: OtherPacket[] = [];
  parser.on("packet", (packet: OtherPacket) => read.push(packet));
  parser.on("error", (error: Error) => {
    throw error;
  });
  parser.parse(Buffer.from(bytes));
  const [packet] = read;
  if (packet === undefined || read.length > 1) throw new Error(`mqtt-packet read ${read.length} packets`);
  // Before MQTT 5 an UNSUBACK has no codes, and mqtt-packet then has no list of them.
  if (packet.cmd === "unsuback") packet.granted ??= [];
  return packet;
}

export const otherWrites = (packet: OtherPacket, version: Version): Buffer =>
  other.generate(packet, { protocolVersion: version });
