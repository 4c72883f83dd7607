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
  /** Minutes east of Greenwich. */
  readonly offset: number;
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
  z: ({ offset }) => offsetText(offset, ""),
  Z: ({ offset }) => (offset === 0 ? "GMT" : `GMT${offsetText(offset, ":")}`),
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
 * @param zone an IANA name such as `Asia/Jakarta`, `UTC`, or `local` for the machine's own
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
  const read = zone === "local" ? localTime : timeIn(zone);
  return (moment) => {
    const time = read(moment);
    return pieces.map((piece) => (typeof piece === "string" ? piece : piece(time, moment))).join("");
  };
}

/** Without Intl, whose calendars take a megabyte and milliseconds in each thread that uses one. */
function localTime(moment: Date): WallTime {
  return {
    year: moment.getFullYear(),
    month: moment.getMonth() + 1,
    day: moment.getDate(),
    hour: moment.getHours(),
    minute: moment.getMinutes(),
    second: moment.getSeconds(),
    offset: -moment.getTimezoneOffset(),
  };
}

function timeIn(zone: string): (moment: Date) => WallTime {
  const calendar = calendarOf(zone);
  return (moment) => {
    const parts = Object.fromEntries(
      calendar.formatToParts(moment).map(({ type, value }) => [type, Number(value)]),
    );
    const { year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0 } = parts;
    const wall = Date.UTC(year, month - 1, day, hour, minute, second);
    const offset = Math.round((wall - Math.floor(moment.getTime() / 1000) * 1000) / 60_000);
    return { year, month, day, hour, minute, second, offset };
  };
}

function calendarOf(zone: string): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat("en-US", {
      timeZone: zone,
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
  } catch (cause) {
    const message = `names the unknown zone "${zone}"; use a name such as Asia/Jakarta, UTC or local`;
    throw new Error(message, { cause });
  }
}

function weekday(time: WallTime): string {
  // The first of January 1970 was a Thursday.
  return days[(((daysSince(1970, time) + 4) % 7) + 7) % 7]!;
}

/** Whole days from the first of January of `year`. */
function daysSince(year: number, time: WallTime): number {
  return (Date.UTC(time.year, time.month - 1, time.day) - Date.UTC(year, 0, 1)) / 86_400_000;
}

/** `+0700`, or `+07:00` with a colon between. */
function offsetText(minutes: number, between: string): string {
  const size = Math.abs(minutes);
  return `${minutes < 0 ? "-" : "+"}${two(Math.floor(size / 60))}${between}${two(size % 60)}`;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}
