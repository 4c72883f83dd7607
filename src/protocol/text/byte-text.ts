import { isUtf8 } from "node:buffer";

// Text from anywhere may hold bytes that are not UTF-8, such as Latin-1's é. As in Python (PEP 383, surrogateescape)
// such a byte becomes a lone surrogate, U+DC80 to U+DCFF, which no UTF-8 text holds; so text can be handled as text, and
// its bytes go out as they came in.

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const encoder = new TextEncoder();
const escapeBase = 0xdc00;

/** Bytes as text from which `bytesOfText` gives the same bytes again. */
export function textOfBytes(bytes: Uint8Array): string {
  if (isUtf8(bytes)) return decoder.decode(bytes);
  let text = "";
  let start = 0;
  for (let at = 0; at < bytes.length; ) {
    const length = characterLength(bytes, at);
    if (length > 0) {
      at += length;
      continue;
    }
    text += decoder.decode(bytes.subarray(start, at)) + String.fromCharCode(escapeBase + (bytes[at] ?? 0));
    start = ++at;
  }
  return text + decoder.decode(bytes.subarray(start));
}

/** The bytes of text, those that were not UTF-8 among them. */
export function bytesOfText(text: string): Uint8Array {
  if (text.isWellFormed()) return encoder.encode(text);
  const pieces: Uint8Array[] = [];
  let start = 0;
  for (const { index } of text.matchAll(/[\udc80-\udcff]/gu)) {
    pieces.push(encoder.encode(text.slice(start, index)), Uint8Array.of(text.charCodeAt(index) - escapeBase));
    start = index + 1;
  }
  pieces.push(encoder.encode(text.slice(start)));
  return Buffer.concat(pieces);
}

/** A field of a JSON object with a text, and one with its bytes in base64 where they are not UTF-8. */
export function textFields(name: string, text: string | undefined): Record<string, string | undefined> {
  if (text === undefined || text.isWellFormed()) return { [name]: text };
  const base64 = Buffer.from(bytesOfText(text)).toString("base64");
  return { [name]: text.toWellFormed(), [`${name}Base64`]: base64 };
}

/** Bytes of the UTF-8 character at `at`; 0 where there is none (RFC 3629). */
function characterLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at] ?? 0;
  if (first < 0x80) return 1;
  const length = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  return length > 0 && at + length <= bytes.length && isUtf8(bytes.subarray(at, at + length)) ? length : 0;
}
