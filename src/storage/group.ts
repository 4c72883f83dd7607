/**
 * A group: what becomes durable together. Its head has 48 bytes, little-endian:
 *
 * | at | bytes | what |
 * |---:|---:|---|
 * | 0 | 4 | "GRP1" |
 * | 4 | 4 | length of the body |
 * | 8 | 8 | number of the group: each group's is one more than the last one's |
 * | 16 | 8 | number of the group that the last whole checkpoint began with; 0: there is none |
 * | 24 | 4 | how many groups just before it were not synced yet when it was written; 0: all were |
 * | 28 | 4 | 0; kept for the node that a group comes from |
 * | 32 | 8 | XXH64 of the body, with the segment's seed |
 * | 40 | 8 | XXH64 of the 40 bytes before, with the same seed |
 *
 * The body follows, and zeros up to the next multiple of eight. The seed (`seedOf`) is secret to clients, so no payload can pass
 * for a group when a damaged log is searched for what comes next.
 */
export const headSize = 48;

const magic = 0x31505247;
const alignment = 8;

export interface GroupHead {
  /** Of the body, in bytes. */
  readonly length: number;
  readonly number: number;
  /** The first group of the last whole checkpoint; 0: there is none. */
  readonly checkpoint: number;
  /** How many groups just before it a power cut may have taken away although it is there itself. */
  readonly unsynced: number;
}

/** The bytes that a group of so long a body takes in the file. */
export const groupSize = (length: number): number => headSize + Math.ceil(length / alignment) * alignment;

/** Writes the head in front of its body, which ends at `end`; behind that it writes zeros up to the alignment. */
export function sealGroup(
  bytes: Buffer,
  start: number,
  end: number,
  head: Omit<GroupHead, "length">,
  seed: bigint,
): void {
  const body = start + headSize;
  bytes.writeUInt32LE(magic, start);
  bytes.writeUInt32LE(end - body, start + 4);
  writeNumber(bytes, head.number, start + 8);
  writeNumber(bytes, head.checkpoint, start + 16);
  bytes.writeUInt32LE(head.unsynced, start + 24);
  bytes.writeUInt32LE(0, start + 28);
  bytes.writeBigUInt64LE(hash(bytes, body, end, seed), start + 32);
  bytes.writeBigUInt64LE(hash(bytes, start, start + 40, seed), start + 40);
  bytes.fill(0, end, start + groupSize(end - body));
}

/** The head at `at`; undefined: there is no head of this log, or its body does not fit into what is there. */
export function readHead(bytes: Buffer, at: number, seed: bigint): GroupHead | undefined {
  if (at + headSize > bytes.length || bytes.readUInt32LE(at) !== magic) return undefined;
  if (bytes.readBigUInt64LE(at + 40) !== hash(bytes, at, at + 40, seed)) return undefined;
  const length = bytes.readUInt32LE(at + 4);
  if (at + headSize + length > bytes.length) return undefined;
  return {
    length,
    number: readNumber(bytes, at + 8),
    checkpoint: readNumber(bytes, at + 16),
    unsynced: bytes.readUInt32LE(at + 24),
  };
}

/** Whether the body behind this head is what was written. */
export function isBodyWhole(bytes: Buffer, at: number, { length }: GroupHead, seed: bigint): boolean {
  const body = at + headSize;
  return bytes.readBigUInt64LE(at + 32) === hash(bytes, body, body + length, seed);
}

/** Where a group may begin at or behind `at`. */
export const aligned = (at: number): number => Math.ceil(at / alignment) * alignment;

const hash = (bytes: Buffer, start: number, end: number, seed: bigint): bigint =>
  Bun.hash.xxHash64(bytes.subarray(start, end), seed);

/** Numbers up to 2^53 in eight bytes. */
export function writeNumber(bytes: Buffer, value: number, at: number): void {
  bytes.writeUInt32LE(value % 2 ** 32, at);
  bytes.writeUInt32LE(Math.floor(value / 2 ** 32), at + 4);
}

export const readNumber = (bytes: Buffer, at: number): number =>
  bytes.readUInt32LE(at + 4) * 2 ** 32 + bytes.readUInt32LE(at);
