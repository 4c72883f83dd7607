/** What the clocks of a zone show at a moment. */
export interface ZoneTime {
  /** Seconds east of Greenwich. */
  readonly offset: number;
  /** What C's `%Z` prints, e.g. `WIB`. */
  readonly abbreviation: string;
}

/** @param second seconds since 1970 in UTC, whole */
export type Zone = (second: number) => ZoneTime;

export const utc: Zone = () => ({ offset: 0, abbreviation: "UTC" });

/** The day and time of a change, as seconds from the beginning of the year on the clock that runs until then. */
type ChangeInYear = (year: number) => number;

const day = 86_400;
const hour = 3600;

const name = "([A-Za-z]{3,}|<[A-Za-z0-9+-]{3,}>)";
const offset = "([+-]?\\d{1,3}(?::\\d{1,2}){0,2})";
const date = "(J\\d{1,3}|\\d{1,3}|M\\d{1,2}\\.\\d\\.\\d)";
const change = `,${date}(?:/${offset})?`;
const shape = new RegExp(`^${name}${offset}(?:${name}${offset}?(?:${change}${change})?)?$`);

/**
 * A zone as POSIX writes it in `TZ` (The Open Group Base Specifications, 8.3): `WIB-7`, `EST5EDT,M3.2.0,M11.1.0`,
 * `<+0330>-3:30`. The offset is what is added to the zone's time to get UTC, so it is negative east of Greenwich.
 * @returns undefined when the text is not of this form
 */
export function posixZone(text: string): Zone | undefined {
  const match = shape.exec(text);
  if (match === null) return undefined;
  const [, standardName = "", standardOffset = "", summerName, summerOffset, ...rules] = match;
  const standard = { offset: -(seconds(standardOffset) ?? Number.NaN), abbreviation: plain(standardName) };
  if (Number.isNaN(standard.offset)) return undefined;
  if (summerName === undefined) return () => standard;
  const ahead = summerOffset === undefined ? standard.offset + hour : -(seconds(summerOffset) ?? Number.NaN);
  // Without a rule, that of the United States, as in every C library.
  const [startDate = "M3.2.0", startTime = "2", endDate = "M11.1.0", endTime = "2"] = rules;
  const [start, end] = [changeInYear(startDate, startTime), changeInYear(endDate, endTime)];
  if (Number.isNaN(ahead) || start === undefined || end === undefined) return undefined;
  const summer = { offset: ahead, abbreviation: plain(summerName) };
  return (second) => {
    const year = new Date((second + standard.offset) * 1000).getUTCFullYear();
    const newYear = Date.UTC(year, 0, 1) / 1000;
    const begins = newYear + start(year) - standard.offset;
    const ends = newYear + end(year) - summer.offset;
    const isSummer = begins < ends ? second >= begins && second < ends : second >= begins || second < ends;
    return isSummer ? summer : standard;
  };
}

function plain(quoted: string): string {
  return quoted.replace(/^<(.*)>$/, "$1");
}

/** `7`, `-3:30` or `+5:30:15` as seconds; undefined: out of range. */
function seconds(text: string): number | undefined {
  const [hours = 0, minutes = 0, rest = 0] = text.replace(/^[+-]/, "").split(":").map(Number);
  // RFC 9636, 3.3.2 allows up to a week; a zone's own offset never comes near.
  if (hours > 167 || minutes > 59 || rest > 59) return undefined;
  return (text.startsWith("-") ? -1 : 1) * (hours * hour + minutes * 60 + rest);
}

function changeInYear(text: string, time: string): ChangeInYear | undefined {
  const after = seconds(time);
  const find = dayOfChange(text);
  return after === undefined || find === undefined ? undefined : (year) => find(year) * day + after;
}

/** @returns a function from the year to the day in it, from 0 */
function dayOfChange(text: string): ((year: number) => number) | undefined {
  if (text.startsWith("M")) {
    const [month = 0, week = 0, weekday = 0] = text.slice(1).split(".").map(Number);
    const isRight = month >= 1 && month <= 12 && week >= 1 && week <= 5 && weekday <= 6;
    return isRight ? (year) => weekdayOfMonth(year, month, week, weekday) : undefined;
  }
  if (!text.startsWith("J")) return Number(text) <= 365 ? () => Number(text) : undefined;
  const number = Number(text.slice(1));
  if (number < 1 || number > 365) return undefined;
  // The 29th of February is never counted.
  return (year) => number - 1 + (number >= 60 && isLeap(year) ? 1 : 0);
}

/** The day in the year of the month's `week`th such weekday; 5 is the last. */
function weekdayOfMonth(year: number, month: number, week: number, weekday: number): number {
  const first = new Date(Date.UTC(year, month - 1, 1));
  const firstDay = Math.round((first.getTime() - Date.UTC(year, 0, 1)) / 1000 / day);
  const length = new Date(Date.UTC(year, month, 0)).getUTCDate();
  let inMonth = ((weekday - first.getUTCDay() + 7) % 7) + (week - 1) * 7;
  while (inMonth >= length) inMonth -= 7;
  return firstDay + inMonth;
}

function isLeap(year: number): boolean {
  return new Date(Date.UTC(year, 1, 29)).getUTCMonth() === 1;
}
