import { longestControl, Opcode } from "./frame-header.ts";

/** The longest header of a frame of ours, which is not masked. */
export const longestOwnHeader = 10;

/**
 * Writes the header of a whole frame to the client.
 * @returns its length
 */
export function writeHeader(into: Uint8Array, opcode: number, length: number): number {
  into[0] = 0x80 | opcode;
  if (length < 126) {
    into[1] = length;
    return 2;
  }
  const view = new DataView(into.buffer, into.byteOffset, into.length);
  if (length < 65_536) {
    into[1] = 126;
    view.setUint16(2, length);
    return 4;
  }
  into[1] = 127;
  view.setBigUint64(2, BigInt(length));
  return 10;
}

export function controlFrame(opcode: number, payload: Uint8Array): Uint8Array {
  return Uint8Array.of(0x80 | opcode, payload.length, ...payload);
}

/** A close frame; the reason is for people, and cut to what a control frame holds. */
export function closeFrame(code: number, reason = ""): Uint8Array {
  const text = new Uint8Array(longestControl - 2);
  const { written } = new TextEncoder().encodeInto(reason, text);
  return controlFrame(Opcode.Close, Uint8Array.of(code >> 8, code & 0xff, ...text.subarray(0, written)));
}
