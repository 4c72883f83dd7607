import { encode } from "./encode.ts";
import type { Packet } from "./packet.ts";

/**
 * A packet as at most so many bytes: without its reason string and its user properties where they would make it too
 * large. [MQTT-3.2.2-19] [MQTT-3.2.2-20] [MQTT-3.14.2-3] [MQTT-3.14.2-4]
 * @returns undefined when it is too large even so
 */
export function encodeWithin(limit: number, packet: Packet): Uint8Array | undefined {
  const bytes = encode(packet);
  if (bytes.length <= limit) return bytes;
  // A message's user properties are its sender's, not the broker's to leave out.
  if (packet.type === "publish" || !("properties" in packet)) return undefined;
  const { reasonString: _, userProperties: __, ...properties } = packet.properties;
  const bare = encode({ ...packet, properties });
  return bare.length <= limit ? bare : undefined;
}
