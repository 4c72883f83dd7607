import { PacketType, packetTypeName, type Version } from "../../../../protocol/mqtt/packet.ts";
import { reasonName } from "../../../../protocol/mqtt/reason.ts";
import { type ByteField, CutShort, FieldReader, shownText } from "./byte-field.ts";
import { readProperties, readVariable } from "./mqtt-properties.ts";

/** What else is known of a packet. */
export interface MqttFacts {
  /** From the connection's CONNECT; absent: it was not seen, and the packet itself has to say. */
  readonly version?: Version | undefined;
  /** Of the payload of a PUBLISH. */
  readonly payloadSize?: number | undefined;
  /** Of the whole packet, when the bytes are only its beginning. */
  readonly size?: number | undefined;
  /** How many reasons a SUBACK has. */
  readonly reasons?: number | undefined;
}

/** The fields of one packet. What cannot be read is one field at the end. */
export function mqttFields(bytes: Uint8Array, facts: MqttFacts = {}): ByteField[] {
  const { version } = facts;
  const level = version ?? levelOf(bytes) ?? (reads(bytes, 4, facts) ? 4 : 5);
  const reader = new FieldReader(bytes, "MQTT");
  try {
    readPacket(reader, level, facts);
  } catch (error) {
    if (!(error instanceof CutShort || error instanceof RangeError)) throw error;
    reader.rest("not read");
  }
  return reader.fields;
}

/** Whether the bytes make sense as a packet of this version. */
function reads(bytes: Uint8Array, version: Version, facts: MqttFacts): boolean {
  const reader = new FieldReader(bytes, "");
  try {
    readPacket(reader, version, facts);
    return reader.left === 0;
  } catch (error) {
    return error instanceof CutShort && facts.size !== undefined && facts.size > bytes.length;
  }
}

/** CONNECT says it behind the name of the protocol. */
function levelOf(bytes: Uint8Array): Version | undefined {
  const reader = new FieldReader(bytes, "");
  try {
    if (reader.number(1) >> 4 !== PacketType.Connect) return undefined;
    readVariable(reader);
    reader.take(reader.number(2));
    const level = reader.number(1) & 0x7f;
    return level === 5 ? 5 : level === 3 ? 3 : 4;
  } catch {
    return undefined;
  }
}

function readPacket(reader: FieldReader, version: Version, facts: MqttFacts): void {
  const first = reader.number(1);
  const type = first >> 4;
  reader.name("packet", packetTypeName(type), 0);
  if (type === PacketType.Publish) {
    reader.name("dup", String((first & 8) !== 0), 0);
    reader.name("qos", String((first >> 1) & 3), 0);
    reader.name("retain", String((first & 1) !== 0), 0);
  } else reader.name("flags", (first & 15).toString(2).padStart(4, "0"), 0);
  const length = readVariable(reader);
  reader.name("remaining length", String(length), 1);
  bodies[type]?.(reader, version, facts, first);
  reader.rest("not read");
}

type Body = (reader: FieldReader, version: Version, facts: MqttFacts, first: number) => void;

const bodies: Readonly<Record<number, Body>> = {
  [PacketType.Connect]: readConnect,
  [PacketType.Connack]: readConnack,
  [PacketType.Publish]: readPublish,
  [PacketType.Puback]: readAck,
  [PacketType.Pubrec]: readAck,
  [PacketType.Pubrel]: readAck,
  [PacketType.Pubcomp]: readAck,
  [PacketType.Subscribe]: readSubscribe,
  [PacketType.Suback]: readSuback,
  [PacketType.Unsubscribe]: readUnsubscribe,
  [PacketType.Unsuback]: readSuback,
  [PacketType.Disconnect]: readReason,
  [PacketType.Auth]: readReason,
};

/** A length of two bytes, and so many bytes. */
function readText(reader: FieldReader, name: string): string {
  const length = reader.numberField(`${name} length`, 2);
  const from = reader.at;
  const text = shownText(reader.take(length));
  reader.name(name, text, from);
  return text;
}

const reasonText = (code: number): string => `${code} ${reasonName(code)}`;

function readPublish(reader: FieldReader, version: Version, facts: MqttFacts, first: number): void {
  readText(reader, "topic");
  if ((first & 6) !== 0) reader.numberField("packet id", 2);
  if (version === 5) readProperties(reader);
  const { payloadSize, size = reader.bytes.length } = facts;
  if (payloadSize !== undefined && size - payloadSize !== reader.at)
    throw new RangeError("the payload begins elsewhere");
  reader.rest("payload");
}

const connectFlags = [
  [0x80, "user name"],
  [0x40, "password"],
  [0x20, "will retain"],
  [0x04, "will"],
  [0x02, "clean start"],
] as const;

function readConnect(reader: FieldReader, version: Version): void {
  readText(reader, "protocol name");
  reader.numberField("protocol level", 1);
  const flags = reader.numberField("connect flags", 1, flagWords);
  reader.numberField("keep alive", 2, (seconds) => `${seconds} s`);
  if (version === 5) readProperties(reader);
  readText(reader, "client");
  if ((flags & 0x04) !== 0) {
    if (version === 5) readProperties(reader, "will properties");
    readText(reader, "will topic");
    readText(reader, "will payload");
  }
  if ((flags & 0x80) !== 0) readText(reader, "user name");
  if ((flags & 0x40) !== 0) readText(reader, "password");
}

function flagWords(flags: number): string {
  const words: string[] = connectFlags.flatMap(([bit, word]) => ((flags & bit) === 0 ? [] : [word]));
  if ((flags & 0x04) !== 0) words.push(`will qos ${(flags >> 3) & 3}`);
  return words.join(", ") || "none";
}

function readConnack(reader: FieldReader, version: Version): void {
  reader.numberField("session present", 1, (flags) => String((flags & 1) !== 0));
  reader.numberField("reason code", 1, version === 5 ? reasonText : String);
  if (version === 5) readProperties(reader);
}

function readAck(reader: FieldReader): void {
  reader.numberField("packet id", 2);
  readReason(reader);
}

/** Both may be left out where there is nothing to say. */
function readReason(reader: FieldReader): void {
  if (reader.left > 0) reader.numberField("reason code", 1, reasonText);
  if (reader.left > 0) readProperties(reader);
}

function readSubscribe(reader: FieldReader, version: Version): void {
  reader.numberField("packet id", 2);
  if (version === 5) readProperties(reader);
  while (reader.left > 0) {
    if (readText(reader, "filter") === "") throw new RangeError("a filter is empty");
    const options = reader.numberField("options", 1, (bits) => optionWords(bits, version));
    if (version < 5 && options > 2) throw new RangeError("earlier versions have no options but QoS");
  }
}

function optionWords(bits: number, version: Version): string {
  const words = [`qos ${bits & 3}`];
  if (version < 5) return words.join();
  if ((bits & 4) !== 0) words.push("no local");
  if ((bits & 8) !== 0) words.push("retain as published");
  if (bits >> 4 !== 0) words.push(`retain handling ${bits >> 4}`);
  return words.join(", ");
}

function readSuback(reader: FieldReader, version: Version, { reasons }: MqttFacts): void {
  reader.numberField("packet id", 2);
  if (version === 5) readProperties(reader);
  if (version < 5 && reasons !== undefined && reasons > 0 && reader.left !== reasons)
    throw new RangeError("it has other bytes than reasons");
  while (reader.left > 0)
    reader.numberField("reason code", 1, (code) => (code < 3 ? `qos ${code}` : reasonText(code)));
}

function readUnsubscribe(reader: FieldReader, version: Version): void {
  reader.numberField("packet id", 2);
  if (version === 5) readProperties(reader);
  while (reader.left > 0) if (readText(reader, "filter") === "") throw new RangeError("a filter is empty");
}
