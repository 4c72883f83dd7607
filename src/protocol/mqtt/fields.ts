import type { Fields } from "../../core/traffic.ts";
import { printable } from "../text/printable.ts";
import { codeName, versionNames } from "./describe.ts";
import type { Connect, Packet, Properties, Publish, SubscriptionRequest } from "./packet.ts";
import { reasonName } from "./reason.ts";

/** A payload is shown as text up to this many characters. */
const maxPayloadText = 500;

/** So many filters or reasons of a packet are listed. */
const maxListed = 20;

type Value = string | number | boolean | undefined;

/**
 * A packet field by field, printable, e.g. `{ packet: "SUBACK", packetId: 7, reasons: "qos 1" }`. Without CONNECT's
 * password and authentication data.
 */
export function packetFields(packet: Packet): Fields {
  const properties = "properties" in packet ? propertyFields(packet.properties) : {};
  return known({ packet: packet.type.toUpperCase(), ...ownFields(packet), ...properties });
}

/** The parts of a PUBLISH, from a decoded packet or from a view of its bytes. */
export type PublishFacts = Pick<Publish, "topic" | "qos" | "retain" | "dup" | "payload"> & {
  /** 0 at QoS 0. */
  readonly packetId: number;
  readonly properties?: Properties | undefined;
};

export function publishFields({
  topic,
  qos,
  retain,
  dup,
  packetId,
  payload,
  properties,
}: PublishFacts): Fields {
  return known({
    packet: "PUBLISH",
    topic: printable(topic, 1000),
    qos,
    retain,
    dup,
    packetId: packetId === 0 ? undefined : packetId,
    payload: printable(payload, maxPayloadText),
    size: payload.length,
    ...(properties !== undefined && propertyFields(properties)),
  });
}

function ownFields(packet: Packet): Record<string, Value> {
  switch (packet.type) {
    case "connect":
      return connectFields(packet);
    case "connack": {
      const { sessionPresent, reasonCode, version } = packet;
      return { sessionPresent, reason: codeName(reasonCode, version === 5), reasonCode };
    }
    case "publish":
      return publishFields({ ...packet, packetId: packet.packetId ?? 0, properties: undefined });
    case "puback":
    case "pubrec":
    case "pubrel":
    case "pubcomp":
      return ackFields(packet.packetId, packet.reasonCode);
    case "subscribe":
      return { packetId: packet.packetId, filters: list(packet.subscriptions, describeRequest) };
    case "unsubscribe":
      return { packetId: packet.packetId, filters: list(packet.filters, (filter) => printable(filter)) };
    case "suback":
    case "unsuback": {
      const isGrant = (code: number) => packet.type === "suback" && code < 3;
      const describe = (code: number) => (isGrant(code) ? `qos ${code}` : reasonName(code));
      return { packetId: packet.packetId, reasons: list(packet.reasonCodes, describe) };
    }
    case "pingreq":
    case "pingresp":
      return {};
    case "disconnect":
    case "auth":
      return { reason: reasonName(packet.reasonCode), reasonCode: packet.reasonCode };
  }
}

/** The fields of the four acknowledgements of a PUBLISH. */
export function ackFields(packetId: number, reasonCode: number): { [name: string]: string | number } {
  return reasonCode === 0 ? { packetId } : { packetId, reason: reasonName(reasonCode), reasonCode };
}

function connectFields({
  clientId,
  version,
  cleanStart,
  keepAlive,
  username,
  will,
}: Connect): Record<string, Value> {
  return {
    client: printable(clientId),
    version: versionNames[version],
    cleanStart,
    keepAlive,
    username: username === undefined ? undefined : printable(username),
    ...(will !== undefined && {
      will: printable(will.topic),
      willQos: will.qos,
      willRetain: will.retain,
      willPayload: printable(will.payload, maxPayloadText),
    }),
  };
}

function describeRequest({
  filter,
  qos,
  noLocal,
  retainAsPublished,
  retainHandling,
}: SubscriptionRequest): string {
  const options = [
    noLocal && "no local",
    retainAsPublished && "retain as published",
    retainHandling > 0 && `retain handling ${retainHandling}`,
  ].filter((option) => option !== false);
  return [`${printable(filter)} qos ${qos}`, ...options].join(", ");
}

function list<T>(items: readonly T[], describe: (item: T) => string): string {
  const listed = items.slice(0, maxListed).map(describe);
  if (items.length > maxListed) listed.push(`and ${items.length - maxListed} more`);
  return listed.join("; ");
}

/** MQTT 5's properties by their names. Authentication data is never shown. */
function propertyFields({ authenticationData: _, ...properties }: Properties): Record<string, Value> {
  const shown = Object.entries(properties).map(([name, value]) => [name, propertyText(value)]);
  return Object.fromEntries(shown) as Record<string, Value>;
}

function propertyText(value: Properties[keyof Properties]): Value {
  if (typeof value === "string") return printable(value);
  if (value instanceof Uint8Array) return printable(value);
  if (!Array.isArray(value)) return value;
  return list<number | readonly [string, string]>(value, (item) =>
    typeof item === "number" ? String(item) : `${printable(item[0])}: ${printable(item[1])}`,
  );
}

function known(fields: Record<string, Value>): Fields {
  return Object.fromEntries(
    Object.entries(fields).filter(
      (entry): entry is [string, string | number | boolean] => entry[1] !== undefined,
    ),
  );
}
