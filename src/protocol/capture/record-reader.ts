import type { CapturedFrame } from "./frame.ts";

/** A packet's bytes at most, as Wireshark has it. */
export const maxPacket = 256 * 1024;

/** The frame that readers fill again and again. */
export type FrameRecord = { -readonly [Name in keyof CapturedFrame]: CapturedFrame[Name] };

/** Reads one format: told by a record's first bytes how long it is, and then given the whole of it. */
export interface RecordReader {
  /**
   * How many bytes from `at` must be there before anything else can be said or done. A negative number: the record is of
   * no use, and so many bytes can be passed over without being held.
   * @throws {CaptureError}
   */
  needed(bytes: Buffer, at: number, offset: number): number;
  /** Reads the whole record from `at` to `end`. @throws {CaptureError} */
  record(bytes: Buffer, at: number, end: number, offset: number): void;
}

export type Uint32Reader = (bytes: Uint8Array, at: number) => number;

/** Not Buffer's own methods, which check their arguments. */
export const uint32Reader: { readonly little: Uint32Reader; readonly big: Uint32Reader } = {
  little: (bytes, at) =>
    (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0,
  big: (bytes, at) =>
    ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0,
};
