import { MqttError, malformed, protocolError } from "./errors.ts";
import type { Properties } from "./packet.ts";
import type { Reader } from "./reader.ts";
import { Reason } from "./reason.ts";
import { topicNameMistake } from "./topic.ts";
import { Writer } from "./writer.ts";

/** The place of a property list: MQTT 5 allows each property in some packets only. */
export type PropertyPlace =
  | "connect"
  | "connack"
  | "publish"
  | "puback"
  | "pubrec"
  | "pubrel"
  | "pubcomp"
  | "subscribe"
  | "suback"
  | "unsubscribe"
  | "unsuback"
  | "disconnect"
  | "auth"
  | "will";

const message: readonly PropertyPlace[] = ["publish", "will"];
const greeting: readonly PropertyPlace[] = ["connect", "connack"];
const answers: readonly PropertyPlace[] = [
  "connack",
  "puback",
  "pubrec",
  "pubrel",
  "pubcomp",
  "suback",
  "unsuback",
  "disconnect",
  "auth",
];

/** A packet is decoded in one go, and an empty property has five bytes: 16 MiB would be three million of them. */
const maxRepeated = 10_000;

interface Property {
  readonly name: keyof Properties;
  readonly places: readonly PropertyPlace[] | "all";
}

/** Names and places of MQTT 5.0, table 2-4; user properties (0x26) are allowed everywhere. */
const known: Readonly<Record<number, Property>> = {
  1: { name: "payloadFormatIndicator", places: message },
  2: { name: "messageExpiryInterval", places: message },
  3: { name: "contentType", places: message },
  8: { name: "responseTopic", places: message },
  9: { name: "correlationData", places: message },
  11: { name: "subscriptionIdentifiers", places: ["publish", "subscribe"] },
  17: { name: "sessionExpiryInterval", places: ["connect", "connack", "disconnect"] },
  18: { name: "assignedClientIdentifier", places: ["connack"] },
  19: { name: "serverKeepAlive", places: ["connack"] },
  21: { name: "authenticationMethod", places: ["connect", "connack", "auth"] },
  22: { name: "authenticationData", places: ["connect", "connack", "auth"] },
  23: { name: "requestProblemInformation", places: ["connect"] },
  24: { name: "willDelayInterval", places: ["will"] },
  25: { name: "requestResponseInformation", places: ["connect"] },
  26: { name: "responseInformation", places: ["connack"] },
  28: { name: "serverReference", places: ["connack", "disconnect"] },
  31: { name: "reasonString", places: answers },
  33: { name: "receiveMaximum", places: greeting },
  34: { name: "topicAliasMaximum", places: greeting },
  35: { name: "topicAlias", places: ["publish"] },
  36: { name: "maximumQos", places: ["connack"] },
  37: { name: "retainAvailable", places: ["connack"] },
  38: { name: "userProperties", places: "all" },
  39: { name: "maximumPacketSize", places: greeting },
  40: { name: "wildcardSubscriptionAvailable", places: ["connack"] },
  41: { name: "subscriptionIdentifierAvailable", places: ["connack"] },
  42: { name: "sharedSubscriptionAvailable", places: ["connack"] },
};

/**
 * Reads a property list with its length.
 * @throws {MqttError} for an unknown property, one in the wrong packet, one given twice, or a bad value
 */
export function readProperties(reader: Reader, place: PropertyPlace): Properties {
  const length = reader.varint("property length");
  if (length === 0) return {};
  const list = reader.part(length, "property list");
  const properties: Properties = {};
  while (list.left > 0) readProperty(list, place, properties);
  // Authentication data needs a method: section 3.1.2.11.10.
  if (properties.authenticationData !== undefined && properties.authenticationMethod === undefined) {
    throw protocolError("authentication data is given without an authentication method");
  }
  return properties;
}

function readProperty(list: Reader, place: PropertyPlace, into: Properties): void {
  const id = list.varint("property identifier");
  const entry = known[id];
  if (entry === undefined) throw malformed(`property 0x${id.toString(16)} does not exist`);
  const { name, places } = entry;
  if (places !== "all" && !places.includes(place)) {
    throw malformed(`property ${name} does not belong into ${place.toUpperCase()}`);
  }
  const isRepeatable =
    name === "userProperties" || (name === "subscriptionIdentifiers" && place === "publish");
  if (into[name] !== undefined && !isRepeatable) throw protocolError(`property ${name} is given twice`);
  readValue(list, name, into);
}

function readValue(list: Reader, name: keyof Properties, into: Properties): void {
  switch (name) {
    case "payloadFormatIndicator":
    case "maximumQos":
      into[name] = zeroOrOne(list, name);
      return;
    case "requestProblemInformation":
    case "requestResponseInformation":
    case "retainAvailable":
    case "wildcardSubscriptionAvailable":
    case "subscriptionIdentifierAvailable":
    case "sharedSubscriptionAvailable":
      into[name] = zeroOrOne(list, name) === 1;
      return;
    case "serverKeepAlive":
    case "topicAliasMaximum":
      into[name] = list.u16(name);
      return;
    case "receiveMaximum":
      into[name] = notZero(list.u16(name), name);
      return;
    case "topicAlias":
      // [MQTT-3.3.2-8]
      into[name] = notZero(list.u16(name), name, Reason.TopicAliasInvalid);
      return;
    case "messageExpiryInterval":
    case "sessionExpiryInterval":
    case "willDelayInterval":
      into[name] = list.u32(name);
      return;
    case "maximumPacketSize":
      into[name] = notZero(list.u32(name), name);
      return;
    case "subscriptionIdentifiers":
      into.subscriptionIdentifiers ??= [];
      if (into.subscriptionIdentifiers.length >= maxRepeated) {
        throw new MqttError(
          Reason.QuotaExceeded,
          `a packet has more than ${maxRepeated} subscription identifiers`,
        );
      }
      into.subscriptionIdentifiers.push(notZero(list.varint(name), name));
      return;
    case "contentType":
    case "assignedClientIdentifier":
    case "authenticationMethod":
    case "responseInformation":
    case "serverReference":
    case "reasonString":
      into[name] = list.string(name);
      return;
    case "responseTopic":
      into[name] = responseTopic(list.string(name));
      return;
    case "correlationData":
    case "authenticationData":
      into[name] = list.binary(name);
      return;
    case "userProperties":
      into.userProperties ??= [];
      if (into.userProperties.length >= maxRepeated) {
        throw new MqttError(Reason.QuotaExceeded, `a packet has more than ${maxRepeated} user properties`);
      }
      into.userProperties.push([list.string("user property name"), list.string("user property value")]);
      return;
  }
}

function zeroOrOne(list: Reader, name: string): number {
  const value = list.u8(name);
  if (value > 1) throw protocolError(`property ${name} must be 0 or 1, and is ${value}`);
  return value;
}

function notZero(value: number, name: string, reason: number = Reason.ProtocolError): number {
  if (value === 0) throw new MqttError(reason, `property ${name} must not be 0`);
  return value;
}

// A response topic is published to, so it cannot hold wildcards. [MQTT-3.3.2-14]
function responseTopic(topic: string): string {
  const mistake = topicNameMistake(topic);
  if (mistake !== undefined) throw protocolError(`property responseTopic ${mistake}`);
  return topic;
}

/** Writes a property list with its length, in the order of the identifiers (user properties in their own). */
export function writeProperties(writer: Writer, properties: Properties): void {
  const list = new Writer();
  for (const [id, { name }] of Object.entries(known)) writeProperty(list, Number(id), name, properties);
  writer.varint(list.length).raw(list.finish());
}

function writeProperty(list: Writer, id: number, name: keyof Properties, properties: Properties): void {
  if (properties[name] === undefined) return;
  switch (name) {
    case "subscriptionIdentifiers":
      for (const identifier of properties[name] ?? []) list.u8(id).varint(identifier);
      return;
    case "userProperties":
      for (const [key, value] of properties[name] ?? []) list.u8(id).string(key).string(value);
      return;
    case "payloadFormatIndicator":
    case "maximumQos":
      list.u8(id).u8(properties[name] ?? 0);
      return;
    case "serverKeepAlive":
    case "topicAliasMaximum":
    case "receiveMaximum":
    case "topicAlias":
      list.u8(id).u16(properties[name] ?? 0);
      return;
    case "messageExpiryInterval":
    case "sessionExpiryInterval":
    case "willDelayInterval":
    case "maximumPacketSize":
      list.u8(id).u32(properties[name] ?? 0);
      return;
    default: {
      const value = properties[name];
      list.u8(id);
      if (typeof value === "boolean") list.u8(value ? 1 : 0);
      else if (typeof value === "string") list.string(value);
      else if (value !== undefined) list.binary(value);
    }
  }
}
