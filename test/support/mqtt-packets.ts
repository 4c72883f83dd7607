/** MQTT 3.1.1 packets as raw bytes, independent of the project's own codec, so that tests can find its errors. */

export function packet(
  first: number,
  ...parts: readonly (string | Uint8Array | readonly number[])[]
): Buffer {
  const body = Buffer.concat(
    parts.map((part) => (typeof part === "string" ? text(part) : Buffer.from(part))),
  );
  return Buffer.concat([Buffer.from([first]), remainingLength(body.length), body]);
}

/** An MQTT string: two bytes of length, then UTF-8. */
export function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 0xff]), bytes]);
}

/** A number as MQTT encodes it with a variable length: that of a packet, or of its properties. */
export function remainingLength(length: number): Buffer {
  const bytes: number[] = [];
  for (let rest = length; ; rest >>= 7) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest & 127) | 128);
  }
}

export const connect = (clientId: string, keepAlive = 60) =>
  packet(0x10, "MQTT", [4, 2, keepAlive >> 8, keepAlive & 0xff], clientId);
export const connack = Buffer.from([0x20, 2, 0, 0]);
export const subscribe = (filter: string, qos = 0) => packet(0x82, [0, 1], filter, [qos]);
export const publish = (topic: string, payload: string | Uint8Array, first = 0x30) =>
  packet(first, topic, Buffer.from(payload));
