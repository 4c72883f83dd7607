import { type Uint32Reader, uint32Reader } from "./byte-order.ts";

const decoder = new TextDecoder("utf-8");

/** The options at the end of a block; the first of each code. */
export interface BlockOptions {
  text(code: number): string | undefined;
  byte(code: number): number | undefined;
  uint32(code: number): number | undefined;
  int64(code: number): bigint | undefined;
}

/** Options that go beyond the block's end are left out: they are only remarks, and the packet is whole. */
export function readOptions(bytes: Uint8Array, start: number, end: number, read: Uint32Reader): BlockOptions {
  const isLittle = read === uint32Reader.little;
  const uint16 = (at: number): number =>
    isLittle ? bytes[at]! | (bytes[at + 1]! << 8) : (bytes[at]! << 8) | bytes[at + 1]!;
  const values = new Map<number, Uint8Array>();
  for (let at = start; at + 4 <= end; ) {
    const code = uint16(at);
    const length = uint16(at + 2);
    if (code === 0 || at + 4 + length > end) break;
    if (!values.has(code)) values.set(code, bytes.subarray(at + 4, at + 4 + length));
    at += 4 + ((length + 3) & ~3);
  }
  const ofLength = (code: number, length: number): Uint8Array | undefined => {
    const value = values.get(code);
    return value !== undefined && value.length === length ? value : undefined;
  };
  return {
    text: (code) => {
      const value = values.get(code);
      return value === undefined ? undefined : decoder.decode(value);
    },
    byte: (code) => ofLength(code, 1)?.[0],
    uint32: (code) => {
      const value = ofLength(code, 4);
      return value === undefined ? undefined : read(value, 0);
    },
    int64: (code) => {
      const value = ofLength(code, 8);
      return value && new DataView(value.buffer, value.byteOffset, 8).getBigInt64(0, isLittle);
    },
  };
}
