/** Prints a moment in a zone by a C `strftime` format. Conversions: `%H %M %S %I %p %d %e %m %Y %y %j %a %A %b %B %z %Z %s %%`. */
export type ClockFormat = (moment: Date) => string;

/** The format of C's `asctime`: `Fri Nov 20 23:12:01 2026`. */
export const asctimeFormat = "%a %b %e %H:%M:%S %Y";

type Parts = Readonly<Partial<Record<Intl.DateTimeFormatPartTypes, string>>>;

const conversions: Readonly<Record<string, (parts: Parts, moment: Date) => string>> = {
  H: (parts) => parts.hour ?? "",
  M: (parts) => parts.minute ?? "",
  S: (parts) => parts.second ?? "",
  I: (parts) => two(((Number(parts.hour) + 11) % 12) + 1),
  p: (parts) => (Number(parts.hour) < 12 ? "AM" : "PM"),
  d: (parts) => two(Number(parts.day)),
  e: (parts) => String(Number(parts.day)).padStart(2, " "),
  m: (parts) => two(Number(parts.month)),
  Y: (parts) => parts.year ?? "",
  y: (parts) => (parts.year ?? "").slice(-2),
  j: (parts) => String(dayOfYear(parts)).padStart(3, "0"),
  a: (parts) => (parts.weekday ?? "").slice(0, 3),
  A: (parts) => parts.weekday ?? "",
  b: (parts) => (months[Number(parts.month) - 1] ?? "").slice(0, 3),
  B: (parts) => months[Number(parts.month) - 1] ?? "",
  z: (parts) => offset(parts),
  Z: (parts) => parts.timeZoneName ?? "",
  s: (_, moment) => String(Math.floor(moment.getTime() / 1000)),
  "%": () => "%",
};

const months = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
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
  const calendar = calendarOf(zone);
  return (moment) => {
    const parts: Parts = Object.fromEntries(
      calendar.formatToParts(moment).map(({ type, value }) => [type, value]),
    );
    return pieces.map((piece) => (typeof piece === "string" ? piece : piece(parts, moment))).join("");
  };
}

function calendarOf(zone: string): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat("en-US", {
      ...(zone === "local" ? {} : { timeZone: zone }),
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      weekday: "long",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
      timeZoneName: "longOffset",
    });
  } catch (cause) {
    throw new Error(`names the unknown zone "${zone}"; use a name such as Asia/Jakarta, UTC or local`, {
      cause,
    });
  }
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}

function dayOfYear(parts: Parts): number {
  const day = Date.UTC(Number(parts.year), Number(parts.month) - 1, Number(parts.day));
  return (day - Date.UTC(Number(parts.year), 0, 1)) / 86_400_000 + 1;
}

/** `GMT+07:00` as `+0700`. */
function offset(parts: Parts): string {
  const digits = (parts.timeZoneName ?? "GMT").slice(3).replace(":", "");
  return digits === "" ? "+0000" : digits;
}
