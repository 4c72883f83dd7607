import { inLocale, texts } from "./language.ts";

/** 1234567 -> "1.23 M" */
export function short(value: number): string {
  const steps = [
    [1e9, " G"],
    [1e6, " M"],
    [1e3, " k"],
  ] as const;
  for (const [size, unit] of steps) if (value >= size) return digits(value / size) + unit;
  return digits(value);
}

export function bytes(value: number): string {
  const unit =
    value >= 1e9 ? [1e9, "GB"] : value >= 1e6 ? [1e6, "MB"] : value >= 1e3 ? [1e3, "kB"] : [1, "B"];
  return `${digits(value / Number(unit[0]))} ${unit[1]}`;
}

const withFraction = (digits: Intl.NumberFormatOptions) =>
  inLocale((locale) => new Intl.NumberFormat(locale, digits));
const whole = withFraction({ maximumFractionDigits: 0 });
const upToOne = withFraction({ maximumFractionDigits: 1 });
const upToTwo = withFraction({ maximumFractionDigits: 2 });
const three = withFraction({ minimumFractionDigits: 3, maximumFractionDigits: 3, useGrouping: false });
const six = withFraction({ minimumFractionDigits: 6, maximumFractionDigits: 6, useGrouping: false });
const five = withFraction({ maximumSignificantDigits: 5, useGrouping: false });

/** Three significant digits. */
const digits = (value: number): string =>
  (value >= 100 ? whole() : value >= 10 ? upToOne() : upToTwo()).format(value);

/** 12345 -> "12,345" */
export const integer = (value: number): string => whole().format(value);

/** 0.5 -> "0.500" */
export const thousandths = (value: number): string => three().format(value);

/** 0.5 -> "0.500000" */
export const millionths = (value: number): string => six().format(value);

/** 3.14159265 -> "3.1416" */
export const fiveDigits = (value: number): string => five().format(value);

/** Milliseconds: "0.12", "12.3", "1,234". */
export const milliseconds = (value: number): string =>
  (value < 10 ? upToTwo() : value < 100 ? upToOne() : whole()).format(value);

type Units = readonly [day: string, hour: string, minute: string, second: string];

const words = texts<{ units: Units; span: (from: string, to: string) => string }>({
  en: { units: ["d", "h", "min", "s"], span: (from, to) => `${from} to ${to}` },
  id: { units: ["hr", "jam", "mnt", "dtk"], span: (from, to) => `${from} hingga ${to}` },
});

/** Seconds -> "3 d 4 h", "12 min 5 s". */
export function duration(seconds: number): string {
  const rest = Math.max(0, Math.floor(seconds));
  const parts = [
    Math.floor(rest / 86400),
    Math.floor(rest / 3600) % 24,
    Math.floor(rest / 60) % 60,
    rest % 60,
  ];
  const first = parts.findIndex((part) => part > 0);
  const from = first < 0 ? 3 : first;
  return parts
    .slice(from, from + 2)
    .map((part, index) => `${part} ${words.units[from + index]}`)
    .join(" ");
}

const timeFormat = (more: Intl.DateTimeFormatOptions) =>
  inLocale((locale) => new Intl.DateTimeFormat(locale, { hourCycle: "h23", ...more }));
const hourAndMinute = { hour: "2-digit", minute: "2-digit" } as const;
const minutes = timeFormat(hourAndMinute);
const seconds = timeFormat({ ...hourAndMinute, second: "2-digit" });
const millis = timeFormat({ ...hourAndMinute, second: "2-digit", fractionalSecondDigits: 3 });
const dates = timeFormat({ dateStyle: "medium" });

/** The local time of day: 23:49:36.120. */
export const clock = (time: number): string => millis().format(time);

/** 23:49:36 */
export const clockSeconds = (time: number): string => seconds().format(time);

/** 23:49 */
export const clockMinutes = (time: number): string => minutes().format(time);

/** The local date and time: 20 Nov 2026, 23:49:36. */
export const dateTime = (time: number): string => `${dates().format(time)}, ${clockSeconds(time)}`;

/** 20 Nov 2026, 23:49:36 to 23:50:01 */
export const timeSpan = (from: number, to: number): string => words.span(dateTime(from), clockSeconds(to));
