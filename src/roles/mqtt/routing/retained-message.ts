import { Message } from "../wire/message.ts";
import {
  type Packed,
  pack,
  packedExpiry,
  packedPayload,
  packedSize,
  unpack,
} from "../wire/packed-message.ts";

/** Large ones as they came: to copy them once more would cost more than it saves. */
export type Kept = Packed | Message;

/** What is packed has at most this many bytes. */
const packable = 16 * 1024;

export const toKeep = (message: Message): Kept => (message.size > packable ? message : pack(message));
export const toSend = (kept: Kept): Message => (kept instanceof Message ? kept : unpack(kept));

export const sizeOf = (kept: Kept): number => (kept instanceof Message ? kept.size : packedSize(kept));
/** On the broker's clock; Infinity: never. */
export const expiryOf = (kept: Kept): number =>
  kept instanceof Message ? kept.expiresAt : packedExpiry(kept);
export const payloadOf = (kept: Kept): number =>
  kept instanceof Message ? kept.end - kept.payloadStart : packedPayload(kept);
