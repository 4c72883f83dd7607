import type { TimeRange } from "./address.ts";
import type { Row } from "./rows.ts";

/** The numbers of the first and the last row of a choice. */
export interface RowSpan {
  readonly first: number;
  readonly last: number;
}

/** The time from one row to another, in either order; undefined where these rows have none. */
export function rangeOf(rows: readonly Row[], one: number, other: number): TimeRange | undefined {
  const [first, last] = [Math.min(one, other), Math.max(one, other)];
  const times = rows.flatMap((row) =>
    isTimed(row) && row.no >= first && row.no <= last ? row.event.time : [],
  );
  return times.length === 0 ? undefined : { from: Math.min(...times), to: Math.max(...times) };
}

/** From the first to the last row in this time; what lies between belongs to it. Undefined: there is none. */
export function spanOf(rows: readonly Row[], { from, to }: TimeRange): RowSpan | undefined {
  const isIn = (row: Row) => isTimed(row) && row.event.time >= from && row.event.time <= to;
  const [first, last] = [rows.find(isIn), rows.findLast(isIn)];
  return first === undefined || last === undefined ? undefined : { first: first.no, last: last.no };
}

export const rowsOf = (rows: readonly Row[], { first, last }: RowSpan): readonly Row[] =>
  rows.filter(({ no }) => no >= first && no <= last);

/**
 * The range when one of its ends is moved to a row; it begins as that row alone.
 * @param end which end
 */
export function movedTo(rows: readonly Row[], range: TimeRange | undefined, no: number, end: "from" | "to") {
  const at = rangeOf(rows, no, no);
  if (at === undefined || range === undefined) return at ?? range;
  if (end === "from") return { from: at.from, to: Math.max(range.to, at.to) };
  return { from: Math.min(range.from, at.from), to: at.to };
}

const isTimed = (row: Row) => row.is === "event";
