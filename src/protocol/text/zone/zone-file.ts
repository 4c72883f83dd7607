import { posixZone, type Zone, type ZoneTime } from "./posix-zone.ts";

interface Block {
  readonly transitions: readonly number[];
  /** The index in `times` of what holds from each transition on. */
  readonly kinds: readonly number[];
  readonly times: readonly (ZoneTime & { readonly isSummer: boolean })[];
  /** Where the block ends. */
  readonly end: number;
}

const headerLength = 44;

/**
 * Reads a compiled zone file (TZif, RFC 9636), as `/usr/share/zoneinfo` has them: the changes up to a year, and a POSIX
 * rule for the time after the last one.
 * @throws {Error} when the bytes are no zone file
 */
export function readZoneFile(bytes: Uint8Array): Zone {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isZoneFile = bytes.length >= headerLength && text(bytes, 0, 4) === "TZif";
  if (!isZoneFile) throw new Error("is no zone file: it does not begin with TZif");
  try {
    const first = readBlock(view, bytes, 0, 4);
    // From version 2 on, the same follows with 64 bits for a time, and then the rule.
    if (view.getUint8(4) === 0) return zoneOf(first, undefined);
    const block = readBlock(view, bytes, first.end, 8);
    const rule = text(bytes, block.end, bytes.length).trim();
    return zoneOf(block, rule === "" ? undefined : posixZone(rule));
  } catch (cause) {
    throw new Error("is a zone file that ends too early", { cause });
  }
}

function readBlock(view: DataView, bytes: Uint8Array, start: number, timeSize: 4 | 8): Block {
  const count = (index: number) => view.getUint32(start + 20 + index * 4);
  const [utcMarks, standardMarks, leaps, transitionCount, typeCount, textLength] = [0, 1, 2, 3, 4, 5].map(
    count,
  );
  let at = start + headerLength;
  const times = Array.from({ length: transitionCount! }, (_, index) => {
    const place = at + index * timeSize;
    return timeSize === 4 ? view.getInt32(place) : Number(view.getBigInt64(place));
  });
  at += transitionCount! * timeSize;
  const kinds = Array.from({ length: transitionCount! }, (_, index) => view.getUint8(at + index));
  at += transitionCount!;
  const texts = at + typeCount! * 6;
  const types = Array.from({ length: typeCount! }, (_, index) => {
    const place = at + index * 6;
    const name = texts + view.getUint8(place + 5);
    return {
      offset: view.getInt32(place),
      isSummer: view.getUint8(place + 4) !== 0,
      abbreviation: text(bytes, name, bytes.indexOf(0, name)),
    };
  });
  const end = texts + textLength! + leaps! * (timeSize + 4) + standardMarks! + utcMarks!;
  if (end > bytes.length) throw new RangeError("the end is missing");
  return { transitions: times, kinds, times: types, end };
}

function zoneOf({ transitions, kinds, times }: Block, rule: Zone | undefined): Zone {
  const earliest = times.find(({ isSummer }) => !isSummer) ?? times[0];
  if (earliest === undefined) throw new RangeError("no time");
  return (second) => {
    const last = transitions.at(-1);
    if (rule !== undefined && (last === undefined || second >= last)) return rule(second);
    const index = lastNotAfter(transitions, second);
    return times[kinds[index] ?? -1] ?? earliest;
  };
}

/** The index of the last number that is not above `value`; -1: all are. */
function lastNotAfter(sorted: readonly number[], value: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! <= value) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

function text(bytes: Uint8Array, start: number, end: number): string {
  return String.fromCharCode(...bytes.subarray(start, end));
}
