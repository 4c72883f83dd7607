import { MqttError, malformed, protocolError } from "./errors.ts";
import { type Properties, type Qos, qosOf, type Version } from "./packet.ts";
import { readProperties, writeProperties } from "./properties.ts";
import { Reader } from "./reader.ts";
import { Reason } from "./reason.ts";
import { Writer } from "./writer.ts";

const nothing = new Uint8Array(0);

/**
 * A PUBLISH in place: the positions of its parts in the received bytes. One view is reused for all packets, so a
 * message on its way through the broker allocates no object.
 */
export class PublishView {
  bytes: Uint8Array = nothing;
  start = 0;
  end = 0;
  first = 0;
  topicStart = 0;
  topicEnd = 0;
  /** 0 at QoS 0. */
  packetId = 0;
  payloadStart = 0;
  /** The properties that are forwarded to subscribers: all but topic alias, expiry and subscription identifiers. */
  properties: Uint8Array = nothing;
  propertiesStart = 0;
  propertiesEnd = 0;
  /** 0: none was given. */
  topicAlias = 0;
  /** Seconds; -1: never. */
  expiry = -1;
  /** The packet's properties, decoded, where it has any. */
  decoded: Properties | undefined;

  get qos(): Qos {
    return qosOf(this.first >> 1);
  }

  get retain(): boolean {
    return (this.first & 1) === 1;
  }

  get dup(): boolean {
    return (this.first & 8) === 8;
  }

  get payloadLength(): number {
    return this.end - this.payloadStart;
  }

  /**
   * Reads the packet from `start` to `end`, whose body begins at `body`. The topic's characters are
   * checked later, once per topic, when its bytes become a string.
   * @throws {MqttError}
   */
  read(bytes: Uint8Array, start: number, body: number, end: number, version: Version): void {
    const first = bytes[start]!;
    this.bytes = bytes;
    this.start = start;
    this.end = end;
    this.first = first;
    if (end - body < 2) throw malformed("PUBLISH ends before its topic");
    const topicStart = body + 2;
    let at = topicStart + ((bytes[body]! << 8) | bytes[body + 1]!);
    this.topicStart = topicStart;
    this.topicEnd = at;
    this.packetId = 0;
    if ((first & 6) !== 0) {
      at += 2;
      if (at > end) throw malformed("PUBLISH ends before its packet identifier");
      if ((first & 6) === 6) throw malformed("PUBLISH has both QoS bits set"); // [MQTT-3.3.1-4]
      this.packetId = (bytes[at - 2]! << 8) | bytes[at - 1]!;
      if (this.packetId === 0) throw protocolError("PUBLISH has the packet identifier 0"); // [MQTT-2.2.1-3]
    } else {
      if (at > end) throw malformed("PUBLISH ends within its topic");
      if ((first & 8) !== 0) throw malformed("PUBLISH at QoS 0 has DUP set"); // [MQTT-3.3.1-2]
    }
    this.topicAlias = 0;
    this.expiry = -1;
    this.decoded = undefined;
    this.propertiesStart = this.propertiesEnd = at;
    this.properties = bytes;
    if (version === 5) at = this.#readProperties(bytes, at, end);
    this.payloadStart = at;
  }

  /** Reads the packet that begins there, which differs from the one that was read in its identifier and payload only. */
  moveTo(start: number): void {
    const { bytes } = this;
    const distance = start - this.start;
    this.start = start;
    this.end += distance;
    this.topicStart += distance;
    this.topicEnd += distance;
    this.payloadStart += distance;
    this.propertiesStart += distance;
    this.propertiesEnd += distance;
    if ((this.first & 6) !== 0) this.packetId = (bytes[this.topicEnd]! << 8) | bytes[this.topicEnd + 1]!;
  }

  #readProperties(bytes: Uint8Array, at: number, end: number): number {
    if (at >= end) throw malformed("PUBLISH ends before its properties");
    if (bytes[at] === 0) {
      this.propertiesStart = this.propertiesEnd = at + 1;
      if (this.topicEnd === this.topicStart) throw protocolError("PUBLISH has neither topic nor topic alias");
      return at + 1;
    }
    const reader = new Reader(bytes, at, end);
    const length = reader.varint("property length");
    this.propertiesStart = reader.at;
    this.propertiesEnd = reader.at + length;
    reader.at = at;
    const decoded = readProperties(reader, "publish");
    this.decoded = decoded;
    this.topicAlias = decoded.topicAlias ?? 0;
    if (this.topicEnd === this.topicStart && this.topicAlias === 0) {
      throw protocolError("PUBLISH has neither topic nor topic alias");
    }
    this.expiry = decoded.messageExpiryInterval ?? -1;
    if (this.topicAlias !== 0 || this.expiry >= 0 || decoded.subscriptionIdentifiers !== undefined) {
      this.#keepForwarded(decoded);
    }
    return reader.at;
  }

  // User properties keep their order. [MQTT-3.3.2-18]
  #keepForwarded(decoded: Properties): void {
    const { topicAlias: _, messageExpiryInterval: __, subscriptionIdentifiers: ___, ...forwarded } = decoded;
    const writer = new Writer();
    writeProperties(writer, forwarded);
    const list = writer.finish();
    const reader = new Reader(list, 0, list.length);
    const length = reader.varint("property length");
    this.properties = list;
    this.propertiesStart = reader.at;
    this.propertiesEnd = reader.at + length;
  }

  /** A client must not send what only a server may. [MQTT-3.3.4-6] */
  checkFromClient(): void {
    if (this.decoded?.subscriptionIdentifiers === undefined) return;
    throw new MqttError(Reason.ProtocolError, "PUBLISH from a client has a subscription identifier");
  }
}
