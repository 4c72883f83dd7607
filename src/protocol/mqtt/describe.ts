import { printable } from "../text/printable.ts";
import type { Packet, Publish, SubscriptionRequest } from "./packet.ts";
import { publishText } from "./publish-text.ts";
import { reasonName } from "./reason.ts";

/** The versions' names. */
export const versionNames = { 3: "3.1", 4: "3.1.1", 5: "5.0" } as const;

/** A packet as one printable line, e.g. `SUBSCRIBE sister/# qos 1`. Without passwords. */
export function describePacket(packet: Packet): string {
  switch (packet.type) {
    case "connect": {
      const name = packet.clientId === "" ? "" : ` ${printable(packet.clientId)}`;
      const will = packet.will === undefined ? "" : `, will ${printable(packet.will.topic)}`;
      const session = packet.cleanStart ? "clean" : "resume";
      return `CONNECT${name} MQTT ${versionNames[packet.version]}, ${session}, keep alive ${packet.keepAlive} s${will}`;
    }
    case "connack": {
      const present = packet.sessionPresent ? ", session present" : "";
      return `CONNACK ${codeName(packet.reasonCode, packet.version === 5)}${present}`;
    }
    case "publish":
      return describePublish(packet);
    case "puback":
    case "pubrec":
    case "pubrel":
    case "pubcomp": {
      const reason = packet.reasonCode === 0 ? "" : `, ${reasonName(packet.reasonCode)}`;
      return `${packet.type.toUpperCase()} id ${packet.packetId}${reason}`;
    }
    case "subscribe":
      return `SUBSCRIBE ${packet.subscriptions.map(describeSubscription).join(", ")}`;
    case "unsubscribe":
      return `UNSUBSCRIBE ${packet.filters.map((filter) => printable(filter)).join(", ")}`;
    case "suback":
      return `SUBACK ${packet.reasonCodes.map((code) => (code < 3 ? `qos ${code}` : reasonName(code))).join(", ")}`;
    case "unsuback":
      return `UNSUBACK ${packet.reasonCodes.map(reasonName).join(", ")}`.trimEnd();
    case "pingreq":
    case "pingresp":
      return packet.type.toUpperCase();
    case "disconnect":
    case "auth": {
      const reason = packet.reasonCode === 0 ? "" : ` ${reasonName(packet.reasonCode)}`;
      return `${packet.type.toUpperCase()}${reason}`;
    }
  }
}

/** Characters of a topic, as among the fields. */
const maxTopic = 1000;

type PublishParts = Pick<Publish, "topic" | "qos" | "retain" | "dup" | "payload">;

/** `PUBLISH sister/temp qos 1 "28°C"` */
export function describePublish({ topic, qos, retain, dup, payload }: PublishParts): string {
  return publishText({
    ...{ qos, retain, dup },
    topic: printable(topic, maxTopic),
    payload: printable(payload),
    size: payload.length,
  });
}

function describeSubscription({ filter, qos }: SubscriptionRequest): string {
  return `${printable(filter)} qos ${qos}`;
}

const returnCodes = [
  "accepted",
  "unacceptable protocol version",
  "identifier rejected",
  "server unavailable",
  "bad user name or password",
  "not authorized",
];

/** A CONNACK's code by name: before MQTT 5 these were return codes with names of their own. */
export function codeName(code: number, isReason: boolean): string {
  return (isReason ? undefined : returnCodes[code]) ?? reasonName(code);
}
