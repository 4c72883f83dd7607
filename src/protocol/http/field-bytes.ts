import { colon, lineFeed, space, tab } from "./characters.ts";

// The header fields of a checked head, where they lie in its bytes.

/** @param name in lower case, as long as the name in `bytes` */
export function isNamed(bytes: Uint8Array, start: number, name: string): boolean {
  for (let index = 0; index < name.length; index++) {
    const byte = bytes[start + index]!;
    // Upper case differs in one bit, and the hyphen has it in any case.
    if ((byte | 0x20) !== name.charCodeAt(index)) return false;
  }
  return true;
}

/** As `HeaderFields.get`, of checked lines. */
export function findField(bytes: Buffer, from: number, end: number, name: string): string | undefined {
  const wanted = name.toLowerCase();
  let found: string | undefined;
  for (let at = from; at < end; ) {
    const lineEnd = bytes.indexOf(lineFeed, at) - 1;
    if (bytes[at + wanted.length] === colon && isNamed(bytes, at, wanted)) {
      const value = fieldValue(bytes, at + wanted.length + 1, lineEnd);
      found = found === undefined ? value : `${found}${wanted === "cookie" ? "; " : ", "}${value}`;
    }
    at = lineEnd + 2;
  }
  return found;
}

/** A field's value without the white space around it. */
export function fieldValue(bytes: Buffer, from: number, to: number): string {
  let start = from;
  let end = to;
  while (start < end && isBlank(bytes[start]!)) start++;
  while (end > start && isBlank(bytes[end - 1]!)) end--;
  return bytes.toString("latin1", start, end);
}

/** A number of at most 15 digits, which are exact; -1: it is none. */
export function decimal(bytes: Uint8Array, from: number, to: number): number {
  let start = from;
  let end = to;
  while (start < end && isBlank(bytes[start]!)) start++;
  while (end > start && isBlank(bytes[end - 1]!)) end--;
  if (start === end || end - start > 15) return -1;
  let value = 0;
  for (let at = start; at < end; at++) {
    if (!isDigit(bytes[at]!)) return -1;
    value = value * 10 + (bytes[at]! - 0x30);
  }
  return value;
}

/** Which names there may be: those of a length whose bit is set. */
export const lengthBit = (length: number): number => 1 << (length & 31);

export const isDigit = (byte: number): boolean => byte >= 0x30 && byte <= 0x39;

const isBlank = (byte: number): boolean => byte === space || byte === tab;
