import { readNumber, writeNumber } from "./group.ts";

/**
 * A segment: a file of the log, filled with zeros before it is used, and used again when nothing in it is needed. Its
 * header has 64 bytes, little-endian, and is written together with the first group:
 *
 * | at | bytes | what |
 * |---:|---:|---|
 * | 0 | 8 | "distlog" and the version of the format |
 * | 8 | 8 | number of the segment, which its name has, too: in a file that is to be used again they differ |
 * | 16 | 8 | number of its first group |
 * | 24 | 8 | the log's identity, the same in all its segments |
 * | 32 | 24 | zeros |
 * | 56 | 8 | XXH64 of the 56 bytes before, seeded with the identity |
 */
export const segmentHeaderSize = 64;

/** What this program writes. It reads every version up to this one. */
export const formatVersion = 1;

const magic = "distlog";

export interface SegmentHeader {
  readonly version: number;
  readonly number: number;
  readonly firstGroup: number;
  readonly identity: bigint;
}

export function writeSegmentHeader(bytes: Buffer, at: number, header: Omit<SegmentHeader, "version">): void {
  const { number, firstGroup, identity } = header;
  bytes.fill(0, at, at + segmentHeaderSize);
  bytes.write(magic, at, "latin1");
  bytes[at + 7] = formatVersion;
  writeNumber(bytes, number, at + 8);
  writeNumber(bytes, firstGroup, at + 16);
  bytes.writeBigUInt64LE(identity, at + 24);
  bytes.writeBigUInt64LE(Bun.hash.xxHash64(bytes.subarray(at, at + 56), identity), at + 56);
}

/**
 * What the hashes of a segment's groups are seeded with. The number is a part of it: when a file is used again, its old
 * groups are none of the new segment's, whatever their numbers are.
 */
export const seedOf = ({ identity, number }: Pick<SegmentHeader, "identity" | "number">): bigint =>
  BigInt.asUintN(64, identity + BigInt(number) * 0x9e3779b97f4a7c15n);

/** Undefined: these bytes are no header. */
export function readSegmentHeader(bytes: Buffer): SegmentHeader | undefined {
  if (bytes.length < segmentHeaderSize || bytes.toString("latin1", 0, 7) !== magic) return undefined;
  const identity = bytes.readBigUInt64LE(24);
  if (bytes.readBigUInt64LE(56) !== Bun.hash.xxHash64(bytes.subarray(0, 56), identity)) return undefined;
  return { version: bytes[7]!, number: readNumber(bytes, 8), firstGroup: readNumber(bytes, 16), identity };
}

const namePattern = /^(\d{10})\.log$/;

export const segmentName = (number: number): string => `${String(number).padStart(10, "0")}.log`;

/** The number in the name of a segment; undefined: another file. */
export function segmentNumber(name: string): number | undefined {
  const digits = namePattern.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}
