import { printable } from "../../../protocol/text/printable.ts";

/** How much of a payload stands in a list, in bytes. */
const previewBytes = 256;

/** The beginning of a payload as one printable line; `size` is that of the whole. */
export function payloadText(bytes: Uint8Array, size = bytes.length): string {
  const shown = printable(bytes.subarray(0, previewBytes), previewBytes);
  // Where it was cut there may be a part of a character.
  return size > previewBytes ? `${shown.replace(/\ufffd+$/, "")}…` : shown;
}

export const payloadBase64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");
