import { open, readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { aligned, type GroupHead, groupSize, headSize, isBodyWhole, readHead } from "./group.ts";
import type { LiveSegment } from "./log-writer.ts";
import {
  formatVersion,
  readSegmentHeader,
  type SegmentHeader,
  seedOf,
  segmentHeaderSize,
  segmentNumber,
} from "./segment.ts";

/** A part of a log that cannot be read. */
export interface Damage {
  readonly path: string;
  /** In the file, in bytes. The same: it is not in this file, but was before it. */
  readonly from: number;
  readonly to: number;
  /** How many groups were there, as far as the others tell. */
  readonly groups: number;
}

/** The end of a log whose writer did not wait for the disk: not all of it was there when the power failed. */
export interface UnsyncedEnd {
  /** How many groups it had at least. */
  readonly groups: number;
  /** What is to be cut off, so that no later reader takes a part of it for what comes next; the first one first. */
  readonly parts: readonly CutPart[];
}

interface CutPart {
  readonly path: string;
  readonly from: number;
  readonly to: number;
}

export interface LogContents {
  /** What its segments are told by. Undefined: there is no log yet. */
  readonly identity: bigint | undefined;
  /** The number of the last group that is whole; 0: there is none. */
  readonly lastGroup: number;
  /** Where the reading began. */
  readonly checkpoint: number;
  readonly segments: readonly Segment[];
  /** Files of segments that hold nothing that is needed. */
  readonly unused: readonly { readonly path: string; readonly size: number }[];
  readonly lastSegment: number;
  /** Of a last group that was not written to its end: bytes that were cut off. */
  readonly torn: number;
  /** Undefined: all that was written before the last group is there, or had to be. */
  readonly unsynced: UnsyncedEnd | undefined;
  readonly damages: readonly Damage[];
  /** Of the groups that were read. */
  readonly bytes: number;
}

export interface Segment extends LiveSegment {
  readonly header: SegmentHeader;
  /** Its bytes from there on are left out. */
  readonly end?: number;
}

interface Files {
  readonly segments: Segment[];
  readonly unused: { readonly path: string; readonly size: number }[];
  /** Files whose header is none: nobody knows what they hold. */
  readonly broken: { readonly path: string; readonly size: number }[];
  readonly lastSegment: number;
}

/** Is called with each group's body, in their order; the bytes are the reader's again afterwards. */
export type GroupHandler = (body: Buffer, group: number) => void;

/**
 * Reads a log from its last whole checkpoint on. What was torn at its end is cut off; what is damaged before is left
 * out and told.
 * @throws {Error} when a newer program has written it
 */
export async function readLog(directory: string, onGroup: GroupHandler): Promise<LogContents> {
  const { segments: found, unused, broken, lastSegment } = await findSegments(directory);
  const { segments, unsynced } = await withoutUnsyncedEnd(found);
  for (const { path, size } of found.slice(segments.length)) unused.push({ path, size });
  const checkpoint = (await lastGroup(segments))?.checkpoint ?? 0;
  const first = Math.max(1, checkpoint);
  // The segments before the one with the first group are left from a checkpoint whose end was not seen to.
  while (segments.length > 1 && segments[1]!.firstGroup <= first) unused.push(segments.shift()!);
  // What comes before the checkpoint is not needed, and no loss.
  const walk = new Walk(Math.min(first, segments[0]?.firstGroup ?? first), first);
  for (const segment of segments) {
    walk.segment(segment, await bytesOf(segment), (body, group) => {
      if (group >= first) onGroup(body, group);
    });
  }
  return {
    identity: found[0]?.header.identity,
    lastGroup: walk.expected - 1,
    checkpoint,
    segments,
    unused,
    lastSegment,
    torn: walk.torn,
    unsynced,
    damages: [...broken.map(({ path, size }) => ({ path, from: 0, to: size, groups: 0 })), ...walk.damages],
    bytes: walk.bytes,
  };
}

const bytesOf = async ({ path, end }: Segment): Promise<Buffer> => (await readFile(path)).subarray(0, end);

/**
 * The segments up to the first group that is missing because it was not synced: what comes after it was written later,
 * and means something only together with it. What is left may begin at a checkpoint before, from which on another one is missing.
 */
async function withoutUnsyncedEnd(
  all: readonly Segment[],
): Promise<{ segments: Segment[]; unsynced?: UnsyncedEnd }> {
  const end = await lastBegun(all);
  const parts: CutPart[] = [];
  let segments = [...all];
  let last = end;
  let first: number | undefined;
  for (;;) {
    const hole = last === undefined || last.unsynced === 0 ? undefined : await firstHole(segments, last);
    if (hole === undefined) break;
    const cut = cutAt(segments, hole);
    segments = cut.segments;
    parts.unshift(...cut.parts);
    first = hole.group;
    last = await lastBegun(segments);
  }
  if (end === undefined || first === undefined) return { segments };
  return { segments, unsynced: { groups: end.number - first + 1, parts } };
}

function cutAt(
  segments: readonly Segment[],
  { index, at }: FoundHole,
): { segments: Segment[]; parts: CutPart[] } {
  const cut = segments[index]!;
  // Nothing of a segment whose first group is missing is needed.
  const isWhole = at === segmentHeaderSize;
  const kept = isWhole ? [] : [{ ...cut, end: at }];
  const later = segments.slice(isWhole ? index : index + 1);
  return {
    segments: [...segments.slice(0, index), ...kept],
    parts: [
      ...kept.map(({ path, size }) => ({ path, from: at, to: size })),
      // Without its header a segment is an unused file.
      ...later.map(({ path }) => ({ path, from: 0, to: segmentHeaderSize })),
    ],
  };
}

/** The first group that is missing of those that were not synced. */
async function firstHole(
  segments: readonly Segment[],
  { number, unsynced, checkpoint }: GroupHead,
): Promise<FoundHole | undefined> {
  const first = Math.max(number - unsynced, checkpoint);
  // What was before the checkpoint is not needed, and no loss.
  const isOfThem = ({ group, next }: Hole) => {
    const needed = Math.max(group, checkpoint);
    return needed < next && needed >= number - unsynced;
  };
  const from = Math.max(
    0,
    segments.findLastIndex(({ firstGroup }) => firstGroup <= first),
  );
  const walk = new Walk(segments[from]!.firstGroup, 0);
  for (const [index, segment] of segments.entries()) {
    if (index < from) continue;
    walk.segment(segment, await bytesOf(segment), () => {});
    const hole = walk.holes.find(isOfThem);
    if (hole !== undefined) return { ...hole, index };
  }
  return undefined;
}

/** Groups that are missing. */
interface Hole {
  /** Where the first of them should be, in its segment. */
  readonly at: number;
  readonly group: number;
  /** The first one behind them. */
  readonly next: number;
}

interface FoundHole extends Hole {
  /** Of the segment. */
  readonly index: number;
}

async function findSegments(directory: string): Promise<Files> {
  const segments: Segment[] = [];
  const unused: Files["unused"] = [];
  const broken: Files["broken"] = [];
  let lastSegment = 0;
  for (const name of (await readdir(directory)).sort()) {
    const number = segmentNumber(name);
    if (number === undefined) continue;
    lastSegment = Math.max(lastSegment, number);
    const path = join(directory, name);
    const { size } = await stat(path);
    const start = await readStart(path);
    const header = readSegmentHeader(start);
    checkVersion(path, header);
    if (header?.number === number) segments.push({ path, size, header, firstGroup: header.firstGroup });
    // One that is to be used again has its old number; one that was made ready has only zeros.
    else if (header !== undefined || start.every((byte) => byte === 0)) unused.push({ path, size });
    else broken.push({ path, size });
  }
  segments.sort((one, other) => one.firstGroup - other.firstGroup);
  checkIdentity(segments);
  return { segments, unused, broken, lastSegment };
}

/** Not by `Bun.file`: a program that waits for that alone ends, on Bun 1.4, in the middle of it. */
async function readStart(path: string): Promise<Buffer> {
  const file = await open(path, "r");
  try {
    const start = Buffer.alloc(segmentHeaderSize);
    const { bytesRead } = await file.read(start, 0, segmentHeaderSize, 0);
    return start.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

function checkVersion(path: string, header: SegmentHeader | undefined): void {
  if (header === undefined || header.version <= formatVersion) return;
  throw new Error(
    `${path} was written by a newer program: its format is version ${header.version}, and this program reads up to ${formatVersion}`,
  );
}

/** A file that was copied in from another log would take the place of this one's. */
function checkIdentity(segments: readonly Segment[]): void {
  const [first] = segments;
  const other = segments.find(({ header }) => header.identity !== first?.header.identity);
  if (first === undefined || other === undefined) return;
  throw new Error(
    `${first.path} and ${other.path} are of two different logs: move those away that do not belong here`,
  );
}

/** The last group that is whole: it says where the reading begins, and what had been synced when it was written. */
async function lastGroup(segments: readonly Segment[]): Promise<GroupHead | undefined> {
  for (const segment of segments.toReversed()) {
    const walk = new Walk(segment.firstGroup, segment.firstGroup);
    walk.segment(segment, await bytesOf(segment), () => {});
    if (walk.last !== undefined) return walk.last;
  }
  return undefined;
}

/**
 * The same, or a later one that was torn in a segment of its own: its head is there wherever the segment's header is, in one
 * sector with it, and says what had been synced. The checkpoint is that of the last whole one.
 */
async function lastBegun(segments: readonly Segment[]): Promise<GroupHead | undefined> {
  const whole = await lastGroup(segments);
  const segment = segments.at(-1);
  if (segment === undefined || segment.firstGroup <= (whole?.number ?? 0)) return whole;
  const head = readHead(await bytesOf(segment), segmentHeaderSize, seedOf(segment.header));
  return head?.number === segment.firstGroup ? { ...head, checkpoint: whole?.checkpoint ?? 0 } : whole;
}

/** Goes through groups as they follow each other. */
class Walk {
  readonly damages: Damage[] = [];
  readonly holes: Hole[] = [];
  torn = 0;
  bytes = 0;
  last: GroupHead | undefined;

  /**
   * @param expected the number of the first group that is looked at
   * @param needed that of the first one that is needed
   */
  constructor(
    public expected: number,
    readonly needed: number,
  ) {}

  segment({ path, header, firstGroup }: Segment, bytes: Buffer, onGroup: GroupHandler): void {
    const seed = seedOf(header);
    // What was torn at the end of the segment before was no end: there is more.
    if (firstGroup > this.expected) this.#missing(path, segmentHeaderSize, segmentHeaderSize, firstGroup);
    this.torn = 0;
    let at = segmentHeaderSize;
    for (;;) {
      const head = readHead(bytes, at, seed);
      const isNext = head !== undefined && head.number === this.expected;
      if (isNext && isBodyWhole(bytes, at, head, seed)) {
        onGroup(bytes.subarray(at + headSize, at + headSize + head.length), head.number);
        this.expected++;
        this.last = head;
        this.bytes += head.length;
        at += groupSize(head.length);
        continue;
      }
      const later = findLater(bytes, at, this.expected, seed);
      if (later === undefined) {
        this.torn = isNext ? groupSize(head.length) : 0;
        return;
      }
      this.#missing(path, at, later.at, later.number);
      at = later.at;
    }
  }

  #missing(path: string, from: number, to: number, next: number): void {
    this.holes.push({ at: from, group: this.expected, next });
    const groups = next - Math.max(this.expected, this.needed);
    this.expected = next;
    if (groups > 0) this.damages.push({ path, from, to, groups });
  }
}

/** The first whole group behind `from` that comes after the expected one. Older ones are of the file's last use. */
function findLater(
  bytes: Buffer,
  from: number,
  expected: number,
  seed: bigint,
): { at: number; number: number } | undefined {
  for (let at = aligned(from + 1); at + headSize <= bytes.length; at += 8) {
    if (bytes[at] !== 0x47) continue;
    const head = readHead(bytes, at, seed);
    if (head === undefined || head.number <= expected) continue;
    if (isBodyWhole(bytes, at, head, seed)) return { at, number: head.number };
  }
  return undefined;
}
