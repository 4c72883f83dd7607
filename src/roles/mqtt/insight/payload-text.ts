import { printable } from "../../../protocol/text/printable.ts";

/** Of a payload so many bytes are shown. */
export const shownBytes = 256;

/** The beginning of a payload as one printable line; `size` is that of the whole. */
export function payloadText(bytes: Uint8Array, size = bytes.length): string {
  const shown = printable(bytes.subarray(0, shownBytes), shownBytes);
  // Where it was cut there may be a part of a character.
  return size > shownBytes ? `${shown.replace(/\ufffd+$/, "")}…` : shown;
}
