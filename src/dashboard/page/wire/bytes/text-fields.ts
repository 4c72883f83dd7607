import { type ByteField, shownText } from "./byte-field.ts";
import { latin1 } from "./latin1.ts";

/** A line of text and its end, as TIME has them: `TIME`, CR LF. */
export function lineFields(bytes: Uint8Array, layer: string, name: string): ByteField[] {
  const end = latin1(bytes).search(/\r?\n$/);
  const length = end === -1 ? bytes.length : end;
  const words = { layer, name, value: shownText(bytes.subarray(0, length)), from: 0, to: length };
  const lineEnd = { layer, name: "line end", from: length, to: bytes.length };
  return end === -1 ? [words] : [words, { ...lineEnd, value: shownText(bytes.subarray(length)) }];
}
