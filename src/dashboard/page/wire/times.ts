import { clock, millionths, thousandths } from "../text/format.ts";
import type { EventRow, Row } from "./rows.ts";

/** What the times in the margin say. */
export type TimeMode = "clock" | "start" | "last";

export const timeModes = ["clock", "start", "last"] as const satisfies readonly TimeMode[];

/** The text of a row's time. */
export type TimeOf = (row: EventRow) => string;

/**
 * @param rows in which the row before one is looked for
 * @param start the time of the first row
 */
export function timeIn(mode: TimeMode, rows: readonly Row[], start: number): TimeOf {
  switch (mode) {
    case "clock":
      return ({ event }) => clock(event.time);
    case "start":
      return ({ event }) => elapsed(event.time - start, isExact(event));
    case "last":
      return (row) => {
        const before = eventBefore(rows, row)?.event.time ?? row.event.time;
        return elapsed(row.event.time - before, isExact(row.event));
      };
  }
}

/** A packet's time is the kernel's. Between its microseconds is the whole handshake. */
const isExact = ({ captured }: EventRow["event"]): boolean => captured !== undefined;

/**
 * Milliseconds as seconds: `+0.012 s`, `+2:05.300`. A request is shown with its arrival, so it may be before 0.
 * @param isExact to the microsecond: `+0.000071 s`
 */
export function elapsed(ms: number, isExact = false): string {
  const unit = isExact ? 0.001 : 1;
  const whole = Math.round(Math.abs(ms) / unit) * unit;
  const sign = ms <= -unit / 2 ? "−" : "+";
  const [minutes, rest] = [Math.floor(whole / 60_000), (whole % 60_000) / 1000];
  const text = isExact ? millionths(rest) : thousandths(rest);
  return minutes === 0 ? `${sign}${text} s` : `${sign}${minutes}:${text.padStart(isExact ? 9 : 6, "0")}`;
}

function eventBefore(rows: readonly Row[], row: Row): EventRow | undefined {
  for (let index = row.no - (rows[0]?.no ?? 0) - 1; index >= 0; index--) {
    const before = rows[index];
    if (before?.is === "event") return before;
  }
  return undefined;
}
