import { PublishView } from "../../../protocol/mqtt/publish-view.ts";
import { Message } from "../wire/message.ts";

/**
 * A message kept for long, in one object: a million messages of nine objects each make the garbage collector stop
 * everybody for 140 ms, and take twice the memory. Bytes 0 to 7 are when it expires, in whole milliseconds, 8 to 11
 * where its payload starts, 12 to 15 its size for the limits, 16 and 17 the topic's length, 18 its QoS, 19 to 22 the
 * number of its owner; then come topic, properties and payload.
 *
 * Its `buffer` must not be asked for, nor a `subarray`: that would make two more objects of it, for good.
 */
export type PackedMessage = Uint8Array;

const header = 23;
const never = 0xffffffff;
const decoder = new TextDecoder();

export function pack({ topic, bytes, payloadStart, qos, expiresAt, size, owner }: Message): PackedMessage {
  const { length } = topic.bytes;
  const packed = new Uint8Array(header + length + bytes.length);
  const expiry = Math.ceil(expiresAt);
  put(packed, 0, expiresAt === Number.POSITIVE_INFINITY ? never : Math.floor(expiry / 2 ** 32));
  put(packed, 4, expiresAt === Number.POSITIVE_INFINITY ? never : expiry % 2 ** 32);
  put(packed, 8, header + length + payloadStart);
  put(packed, 12, size);
  packed[16] = length >> 8;
  packed[17] = length;
  packed[18] = qos;
  put(packed, 19, owner);
  packed.set(topic.bytes, header);
  packed.set(bytes, header + length);
  return packed;
}

export function unpack(packed: PackedMessage): Message {
  const start = header + (packed[16]! << 8) + packed[17]!;
  const bytes = packed.slice(header, start);
  const view = new PublishView();
  view.bytes = view.properties = packed.slice(start);
  // Only retained messages are packed.
  view.first = (packed[18]! << 1) | 1;
  view.end = view.bytes.length;
  view.propertiesStart = 0;
  view.propertiesEnd = view.payloadStart = number(packed, 8) - start;
  const expiresAt = packedExpiry(packed);
  view.expiry = expiresAt === Number.POSITIVE_INFINITY ? -1 : expiresAt / 1000;
  return new Message({ text: decoder.decode(bytes), bytes }, view, 0, true);
}

/** In milliseconds; Infinity: never. */
export function packedExpiry(packed: PackedMessage): number {
  const high = number(packed, 0);
  return high === never ? Number.POSITIVE_INFINITY : high * 2 ** 32 + number(packed, 4);
}

export const packedOwner = (packed: PackedMessage): number => number(packed, 19);
export const packedSize = (packed: PackedMessage): number => number(packed, 12);
export const packedPayload = (packed: PackedMessage): number => packed.length - number(packed, 8);

const number = (packed: PackedMessage, at: number): number =>
  packed[at]! * 0x1000000 + ((packed[at + 1]! << 16) | (packed[at + 2]! << 8) | packed[at + 3]!);

function put(packed: PackedMessage, at: number, value: number): void {
  packed[at] = value >>> 24;
  packed[at + 1] = value >>> 16;
  packed[at + 2] = value >>> 8;
  packed[at + 3] = value;
}
