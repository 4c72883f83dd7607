import { MqttError, malformed, protocolError } from "./errors.ts";
import { type Connect, qosOf, type Version, type Will } from "./packet.ts";
import { readProperties } from "./properties.ts";
import type { Reader } from "./reader.ts";
import { Reason } from "./reason.ts";
import { topicNameMistake } from "./topic.ts";

/** A CONNECT of an unsupported version, or of another protocol. */
export class UnsupportedProtocol extends MqttError {
  constructor(
    message: string,
    /** The requested protocol level; undefined when the protocol's name is not MQTT's. */
    readonly level: number | undefined,
  ) {
    super(Reason.UnsupportedProtocolVersion, message);
  }
}

/** CONNECT, section 3.1 of each version. It determines the version of the connection. */
export function decodeConnect(body: Reader): Connect {
  const { version, isBridge } = readLevel(body);
  const flags = body.u8("connect flags");
  checkFlags(flags, version);
  const keepAlive = body.u16("keep alive");
  const properties = version === 5 ? readProperties(body, "connect") : {};
  const clientId = body.string("client identifier");
  const will = (flags & 0x04) !== 0 ? readWill(body, flags, version) : undefined;
  // MQTT 3.1 let a client announce a name or a password and then send none.
  const mayBeAbsent = version === 3 && body.left === 0;
  const username = (flags & 0x80) !== 0 && !mayBeAbsent ? body.string("user name") : undefined;
  const hasPassword = (flags & 0x40) !== 0 && !(version === 3 && body.left === 0);
  const password = hasPassword ? body.binary("password") : undefined;
  return {
    type: "connect",
    version,
    ...(isBridge && { isBridge }),
    cleanStart: (flags & 0x02) !== 0,
    keepAlive,
    clientId,
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(will !== undefined && { will }),
    properties,
  };
}

/** Mosquitto's bridges set this bit of the level, in every version; no specification has it. */
const bridgeBit = 0x80;

function readLevel(body: Reader): { readonly version: Version; readonly isBridge: boolean } {
  const name = body.string("protocol name");
  const byte = body.u8("protocol level");
  const isBridge = (byte & bridgeBit) !== 0;
  const level = byte & ~bridgeBit;
  if (name === "MQTT" && (level === 4 || level === 5)) return { version: level, isBridge };
  if (name === "MQIsdp" && level === 3) return { version: level, isBridge };
  // [MQTT-3.1.2-1]
  if (name !== "MQTT" && name !== "MQIsdp") {
    throw new UnsupportedProtocol(`the protocol must be "MQTT", and is ${JSON.stringify(name)}`, undefined);
  }
  // [MQTT-3.1.2-2]
  throw new UnsupportedProtocol(
    `${name} of level ${level} is not spoken here: MQTT 4, MQTT 5 and MQIsdp 3 are`,
    level,
  );
}

function checkFlags(flags: number, version: Version): void {
  if ((flags & 1) !== 0) throw malformed("CONNECT sets its reserved flag"); // [MQTT-3.1.2-3]
  const hasWill = (flags & 0x04) !== 0;
  if (!hasWill && (flags & 0x38) !== 0) {
    throw malformed("CONNECT gives a will QoS or will retain, and no will"); // [MQTT-3.1.2-11] [MQTT-3.1.2-13]
  }
  if ((flags & 0x18) === 0x18) throw malformed("CONNECT asks for a will at QoS 3"); // [MQTT-3.1.2-12]
  const isBarePassword = (flags & 0xc0) === 0x40;
  // MQTT 5 allows a password without a name. [MQTT-3.1.2-22 of 3.1.1]
  if (version === 4 && isBarePassword) throw malformed("CONNECT has a password and no user name");
}

function readWill(body: Reader, flags: number, version: Version): Will {
  const properties = version === 5 ? readProperties(body, "will") : {};
  const topic = body.string("will topic");
  const mistake = topicNameMistake(topic);
  if (mistake !== undefined) throw protocolError(`the will topic ${mistake}`);
  const qos = qosOf(flags >> 3);
  return { topic, payload: body.binary("will payload"), qos, retain: (flags & 0x20) !== 0, properties };
}
