import { encode } from "../../../protocol/mqtt/encode.ts";
import type { Publish } from "../../../protocol/mqtt/packet.ts";

/** A PUBLISH of MQTT 5 that no client is just sending: a will's, or that of a built-in publisher. */
export function ownPublish(
  message: Pick<Publish, "topic" | "payload" | "qos" | "retain" | "properties">,
): Buffer {
  // Every subscriber gets a packet identifier of its own.
  const bytes = encode({ type: "publish", version: 5, dup: false, packetId: 1, ...message });
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}
