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
