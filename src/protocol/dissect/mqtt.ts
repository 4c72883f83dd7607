import type { DissectionSink, Dissector } from "../conversation/dissector.ts";
import type { Place, Side } from "../conversation/place.ts";
import { decodeFrame } from "../mqtt/decode.ts";
import { codeName, describePacket } from "../mqtt/describe.ts";
import { MqttError } from "../mqtt/errors.ts";
import { packetFields } from "../mqtt/fields.ts";
import { Frame } from "../mqtt/frame.ts";
import { type Packet, PacketType, packetTypeName, type Version } from "../mqtt/packet.ts";
import { reasonName } from "../mqtt/reason.ts";
import { printable } from "../text/printable.ts";
import { ByteGatherer } from "./byte-gatherer.ts";
import { answersOf } from "./mqtt-exchanges.ts";

/** Packets up to this size are decoded; of larger ones the beginning is. */
const maxWhole = 256 * 1024;

/** One side's packets. */
interface Stream {
  readonly gatherer: ByteGatherer;
  /** Bytes of a packet that is too large, or not whole in the capture, that are still to be passed over. */
  skip: number;
  /** Where the packets begin is not known: the capture began in the middle, or bytes are missing. */
  isLost: boolean;
}

/** CONNECT or not: the name of the protocol, behind a fixed header. */
export function isMqttConnect(bytes: Buffer): boolean {
  if (bytes[0] !== 0x10) return false;
  const head = bytes.subarray(0, 16).toString("latin1");
  return head.includes("\0\x04MQTT") || head.includes("\0\x06MQIsdp");
}

/** MQTT 3.1 to 5.0, by the broker's own codec. */
export class MqttDissector implements Dissector {
  readonly protocol = "MQTT";
  readonly #sink: DissectionSink;
  readonly #streams: Readonly<Record<Side, Stream>>;
  readonly #frame = new Frame();
  /** Undefined: CONNECT is not in the capture. */
  #version: Version | undefined;
  /** Names of topic aliases, of each side. */
  readonly #aliases: Readonly<Record<Side, Map<number, string>>> = { client: new Map(), server: new Map() };

  /** @param isMiddle the capture began in the middle of the conversation */
  constructor(sink: DissectionSink, isMiddle: boolean) {
    this.#sink = sink;
    const stream = (): Stream => ({ gatherer: new ByteGatherer(), skip: 0, isLost: isMiddle });
    this.#streams = { client: stream(), server: stream() };
  }

  data(side: Side, bytes: Buffer, place: Place): void {
    const stream = this.#streams[side];
    const passed = Math.min(stream.skip, bytes.length);
    stream.skip -= passed;
    const came = passed === 0 ? bytes : bytes.subarray(passed);
    if (came.length === 0) return;
    if (stream.isLost) {
      if (!isWholePackets(came)) return;
      stream.isLost = false;
    }
    this.#read(side, stream, came, place);
  }

  gap(side: Side, length: number, place: Place): void {
    const stream = this.#streams[side];
    if (stream.skip >= length) {
      stream.skip -= length;
      return;
    }
    const { gatherer } = stream;
    const held = gatherer.length === 0 ? undefined : gatherer.add(Buffer.alloc(0), place);
    const { firstPacket } = gatherer;
    gatherer.clear();
    const left = length - stream.skip;
    stream.skip = 0;
    if (
      held === undefined ||
      !this.#frame.read(held, 0, held.length) ||
      this.#frame.end - held.length < left
    ) {
      stream.isLost = true;
      return;
    }
    stream.skip = this.#frame.end - held.length - left;
    this.#beginningOnly(side, held, place, firstPacket, "not whole in the capture");
  }

  end(): void {}

  #read(side: Side, stream: Stream, came: Buffer, place: Place): void {
    const { gatherer } = stream;
    const bytes = gatherer.add(came, place);
    let at = 0;
    try {
      while (this.#frame.read(bytes, at, bytes.length)) {
        const { end } = this.#frame;
        const firstPacket = at === 0 ? (gatherer.firstPacket ?? place.packet) : place.packet;
        if (end - at > maxWhole) {
          this.#beginningOnly(side, bytes.subarray(at), place, firstPacket, "too large to be shown");
          stream.skip = Math.max(0, end - bytes.length);
          at = Math.min(end, bytes.length);
          continue;
        }
        if (end > bytes.length) break;
        this.#packet(side, bytes, at, end, place, firstPacket);
        at = end;
      }
      gatherer.keep(bytes.subarray(at), place, at === 0);
    } catch (error) {
      if (!(error instanceof MqttError)) throw error;
      gatherer.clear();
      stream.isLost = true;
      this.#sink.odd("undecodable", place, { protocol: this.protocol, reason: error.message });
    }
  }

  #packet(side: Side, bytes: Buffer, at: number, end: number, place: Place, firstPacket: number): void {
    const packet = this.#decode(bytes, at);
    if (packet.type === "connect") this.#version = packet.version;
    const topic = packet.type === "publish" ? this.#topicOf(side, packet) : "";
    const answer = answersOf(this.#sink, side, packet, place);
    this.#sink.message(
      side,
      place,
      { firstPacket, length: end - at },
      () => ({
        protocol: this.protocol,
        text: described(packet.type === "publish" ? { ...packet, topic } : packet),
        fields: packetFields(packet),
      }),
      answer,
    );
    this.#witness(side, packet, topic, place);
  }

  /** Without CONNECT a packet may be of 3.1.1 or of 5.0, whichever it can be decoded as. */
  #decode(bytes: Buffer, at: number): Packet {
    const frame = this.#frame;
    if (this.#version !== undefined || frame.type === PacketType.Connect)
      return decodeFrame(bytes, at, frame, this.#version ?? 5);
    try {
      const packet = decodeFrame(bytes, at, frame, 4);
      // A payload that begins with a zero is more likely an empty list of properties.
      if (packet.type !== "publish" || packet.payload[0] !== 0) return packet;
    } catch (error) {
      if (!(error instanceof MqttError)) throw error;
    }
    const packet = decodeFrame(bytes, at, frame, 5);
    this.#version = 5;
    return packet;
  }

  #topicOf(side: Side, packet: Packet & { type: "publish" }): string {
    const alias = packet.properties.topicAlias;
    if (alias === undefined) return packet.topic;
    const aliases = this.#aliases[side];
    if (packet.topic !== "") aliases.set(alias, packet.topic);
    return aliases.get(alias) ?? packet.topic;
  }

  #witness(side: Side, packet: Packet, topic: string, place: Place): void {
    const { mqtt } = this.#sink;
    mqtt.packet(side, place);
    switch (packet.type) {
      case "connect":
        mqtt.connect(packet, place);
        return;
      case "connack":
        if (packet.reasonCode === 0) mqtt.accepted();
        else
          this.#sink.odd("mqtt-refused", place, {
            reason: codeName(packet.reasonCode, packet.version === 5),
          });
        return;
      case "subscribe":
        for (const { filter } of packet.subscriptions) mqtt.subscribe(filter, place);
        return;
      case "suback":
        for (const code of packet.reasonCodes)
          if (code >= 0x80)
            this.#sink.odd("error-answer", place, { text: `SUBACK ${reasonName(code)}` }, "suback");
        return;
      case "publish":
        if (topic !== "")
          mqtt.publish(side, { topic, payload: packet.payload, retain: packet.retain }, place);
        return;
      case "disconnect":
        mqtt.disconnect(side, packet.reasonCode, place);
    }
  }

  /** A packet of which only the beginning is there: what can be said of it is its type, its size and its topic. */
  #beginningOnly(side: Side, held: Buffer, place: Place, firstPacket: number | undefined, why: string): void {
    const { type, body, end } = this.#frame;
    const name = packetTypeName(type);
    const topicLength = held.length >= body + 2 ? held.readUInt16BE(body) : Number.POSITIVE_INFINITY;
    const topicEnd = body + 2 + topicLength;
    const topic =
      type === PacketType.Publish && topicEnd <= held.length
        ? printable(held.subarray(body + 2, topicEnd))
        : "";
    if (topic !== "") this.#sink.mqtt.publish(side, { topic }, place);
    const text = `${name}${topic === "" ? "" : ` ${topic}`}, ${end} B, ${why}`;
    this.#sink.message(side, place, { firstPacket: firstPacket ?? place.packet, length: end }, () => ({
      protocol: this.protocol,
      text,
      fields: { packet: name, ...(topic !== "" && { topic }), bytes: end },
    }));
  }
}

/** Whether these bytes are packets from one end to the other, so that reading may begin here. */
function isWholePackets(bytes: Buffer): boolean {
  const frame = new Frame();
  let at = 0;
  try {
    while (at < bytes.length) {
      if (!frame.read(bytes, at, bytes.length) || frame.type === 0) return false;
      at = frame.end;
    }
  } catch {
    return false;
  }
  return at === bytes.length;
}

const pairedPackets: readonly Packet["type"][] = [
  "publish",
  "subscribe",
  "suback",
  "unsubscribe",
  "unsuback",
];

/** In a capture the answer may be far away: it is found by the identifier. */
function described(packet: Packet): string {
  const text = describePacket(packet);
  const id = "packetId" in packet && pairedPackets.includes(packet.type) ? packet.packetId : undefined;
  return id === undefined ? text : `${text}, id ${id}`;
}
