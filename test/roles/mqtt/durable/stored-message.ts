import type { Qos } from "../../../../src/protocol/mqtt/packet.ts";
import type { RecordedMessage } from "../../../../src/roles/mqtt/ports/store.ts";

const encoder = new TextEncoder();

export function message(
  topic: string,
  payload: string,
  options: { qos?: Qos; retain?: boolean; properties?: string } = {},
): RecordedMessage {
  const properties = encoder.encode(options.properties ?? "");
  const bytes = Buffer.concat([properties, encoder.encode(payload)]);
  return {
    topic: { text: topic, bytes: encoder.encode(topic) },
    qos: options.qos ?? 1,
    retain: options.retain ?? false,
    properties: bytes,
    propertiesStart: 0,
    propertiesEnd: properties.length,
    bytes,
    payloadStart: properties.length,
    end: bytes.length,
    expiresAt: Number.POSITIVE_INFINITY,
    storeNumber: 0,
  };
}
