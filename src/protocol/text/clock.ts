import { findZone, type Zone } from "./zone/find-zone.ts";

/**
 * Prints a moment in a zone by a C `strftime` format. Conversions: `%H %M %S %I %p %d %e %m %Y %y %j %a %A %b %B %z %Z
 * %s %%`.
 */
export type ClockFormat = (moment: Date) => string;

/** The format of C's `asctime`: `Fri Nov 20 23:12:01 2026`. */
export const asctimeFormat = "%a %b %e %H:%M:%S %Y";

/** A moment as local date and time. */
interface WallTime {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  /** Seconds east of Greenwich. */
  readonly offset: number;
  /** The zone's name at this moment, e.g. `WIB`. */
  readonly abbreviation: string;
}

const conversions: Readonly<Record<string, (time: WallTime, moment: Date) => string>> = {
  H: ({ hour }) => two(hour),
  M: ({ minute }) => two(minute),
  S: ({ second }) => two(second),
  I: ({ hour }) => two(((hour + 11) % 12) + 1),
  p: ({ hour }) => (hour < 12 ? "AM" : "PM"),
  d: ({ day }) => two(day),
  e: ({ day }) => String(day).padStart(2, " "),
  m: ({ month }) => two(month),
  Y: ({ year }) => String(year),
  y: ({ year }) => two(year % 100),
  j: (time) => String(daysSince(time.year, time) + 1).padStart(3, "0"),
  a: (time) => weekday(time).slice(0, 3),
  A: weekday,
  b: ({ month }) => months[month - 1]!.slice(0, 3),
  B: ({ month }) => months[month - 1]!,
  z: ({ offset }) => offsetText(offset),
  Z: ({ abbreviation }) => abbreviation,
  s: (_, moment) => String(Math.floor(moment.getTime() / 1000)),
  "%": () => "%",
};

const days = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
// biome-ignore format: a calendar is easier to read in quarters
const months = [
  "January", "February", "March",
  "April", "May", "June",
  "July", "August", "September",
  "October", "November", "December",
];

/**
 * @param zone as `findZone` takes it: `Asia/Jakarta`, `WIB-7`, `UTC`, or `local`
 * @throws {Error} naming the unknown zone or conversion
 */
export function compileClock(format: string, zone: string): ClockFormat {
  const pieces = format.split(/(%.?)/s).map((piece) => {
    if (!piece.startsWith("%")) return piece;
    const conversion = conversions[piece.slice(1)];
    if (conversion !== undefined) return conversion;
    const known = Object.keys(conversions).map((name) => `%${name}`);
    throw new Error(
      `has the unknown conversion "${piece}" in ${JSON.stringify(format)}; known are ${known.join(" ")}`,
    );
  });
  const inZone = findZone(zone);
  return (moment) => {
    const time = wallTime(inZone, moment);
    return pieces.map((piece) => (typeof piece === "string" ? piece : piece(time, moment))).join("");
  };
}

/**
 * A clock that formats once a second.
 * @returns a function of milliseconds since 1970
 */
export function secondClock(format: string, zone: string): (milliseconds: number) => string {
  const print = compileClock(format, zone);
  let second = Number.NaN;
  let text = "";
  return (milliseconds) => {
    const current = Math.floor(milliseconds / 1000);
    if (current !== second) {
      second = current;
      text = print(new Date(milliseconds));
    }
    return text;
  };
}

function wallTime(zone: Zone, moment: Date): WallTime {
  const second = Math.floor(moment.getTime() / 1000);
  const { offset, abbreviation } = zone(second);
  const shown = new Date((second + offset) * 1000);
  return {
    year: shown.getUTCFullYear(),
    month: shown.getUTCMonth() + 1,
    day: shown.getUTCDate(),
    hour: shown.getUTCHours(),
    minute: shown.getUTCMinutes(),
    second: shown.getUTCSeconds(),
    offset,
    abbreviation,
  };
}

function weekday(time: WallTime): string {
  // The first of January 1970 was a Thursday.
  return days[(((daysSince(1970, time) + 4) % 7) + 7) % 7]!;
}

/** Whole days from the first of January of `year`. */
function daysSince(year: number, time: WallTime): number {
  return (Date.UTC(time.year, time.month - 1, time.day) - Date.UTC(year, 0, 1)) / 86_400_000;
}

/** `+0700`; seconds are cut off, as in C. */
function offsetText(seconds: number): string {
  const minutes = Math.floor(Math.abs(seconds) / 60);
  return `${seconds < 0 ? "-" : "+"}${two(Math.floor(minutes / 60))}${two(minutes % 60)}`;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}
