// Finds MQTT packets in recorded bytes, independently of the project's own codec.
import type { Cut, Side } from "./relay.ts";

/** The packet types of the fixed header. */
export const packetTypes = {
  connect: 1,
  connack: 2,
  publish: 3,
  puback: 4,
  pubrec: 5,
  pubrel: 6,
  pubcomp: 7,
} as const;
export type PacketType = keyof typeof packetTypes;

/** A packet in recorded bytes, which may end before the packet does. */
export interface RecordedPacket {
  readonly type: number;
  readonly flags: number;
  readonly start: number;
  /** Behind the fixed header. */
  readonly body: number;
  readonly end: number;
}

/** The packets that begin in these bytes; one whose fixed header is not complete is left out. */
export function packetsIn(bytes: Uint8Array): RecordedPacket[] {
  const packets: RecordedPacket[] = [];
  for (let start = 0; start < bytes.length; ) {
    let length = 0;
    let body = start + 1;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[body++];
      if (byte === undefined) return packets;
      length += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) break;
    }
    const first = bytes[start] ?? 0;
    packets.push({ type: first >> 4, flags: first & 0x0f, start, body, end: body + length });
    start = body + length;
  }
  return packets;
}

/** A moment of a connection: the `nth` packet of its type (1 is the first). */
export interface Moment {
  readonly from: Side;
  readonly type: PacketType;
  readonly nth?: number;
  readonly place: "before" | "inside" | "after";
}

/** Breaks a connection at this moment. */
export function cutAt({ from, type, nth = 1, place }: Moment, server?: Cut["server"]): Cut {
  const at = (sent: Buffer): number | undefined => {
    const packet = packetsIn(sent).filter((one) => one.type === packetTypes[type])[nth - 1];
    if (packet === undefined) return undefined;
    if (place === "before") return packet.start;
    // Its first half, without its last byte in any case.
    if (place === "inside") return packet.start + Math.ceil((packet.end - packet.start) / 2);
    return packet.end <= sent.length ? packet.end : undefined;
  };
  return { from, at, ...(server === undefined ? {} : { server }) };
}

/**
 * The payloads that a client has published at QoS 2, released with PUBREL, and then published again under the same
 * identifier: the broker has to take that for a new message, with or without DUP [MQTT-4.3.3-12].
 * @param connections the bytes that the client has sent, connection by connection
 * @returns how often each payload was published again
 */
export function publishedAfterRelease(
  connections: readonly Buffer[],
  isVersion5: boolean,
): Map<string, number> {
  const [sent, released, again] = [
    new Map<number, string>(),
    new Map<number, string>(),
    new Map<string, number>(),
  ];
  for (const bytes of connections) {
    for (const { type, flags, body, end } of packetsIn(bytes)) {
      if (end > bytes.length) continue;
      if (type === packetTypes.pubrel) {
        const id = bytes.readUInt16BE(body);
        released.set(id, sent.get(id) ?? "");
      }
      if (type !== packetTypes.publish || ((flags >> 1) & 3) !== 2) continue;
      const at = body + 2 + bytes.readUInt16BE(body);
      const id = bytes.readUInt16BE(at);
      // The properties are short: one byte holds their length.
      const properties = isVersion5 ? 1 + (bytes[at + 2] ?? 0) : 0;
      const payload = bytes.toString("utf8", at + 2 + properties, end);
      if (released.get(id) === payload) again.set(payload, (again.get(payload) ?? 0) + 1);
      released.delete(id);
      sent.set(id, payload);
    }
  }
  return again;
}
