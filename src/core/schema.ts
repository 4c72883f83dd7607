import { z } from "zod";
import { parseRange, rangeExample } from "./address-range.ts";

/** A TCP or UDP port to listen on; 0 lets the operating system choose. */
export const port = (fallback: number) =>
  z
    .int()
    .min(0)
    .max(65535)
    .default(fallback)
    .describe("Port to listen on; 0 lets the operating system choose a free one.");

/** What a host name or an IP address may look like: labels of letters, digits, - and _; the last is no number. */
const hostName =
  /^(?=.{1,253}\.?$)(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?\.)*[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?\.?$/;

/** Why text is neither an IP address nor a host name; undefined where it is one. */
export function hostMistake(text: string): string | undefined {
  if (z.ipv4().safeParse(text).success || z.ipv6().safeParse(text.replace(/%[\w.-]+$/, "")).success)
    return undefined;
  const expected = "must be an IP address such as 0.0.0.0 or ::1, or a host name";
  if (text === "*") return `${expected}; 0.0.0.0 is for all addresses`;
  if (/^\[.*\]$/.test(text)) return `${expected}: an IPv6 address is written without [ and ]`;
  if (/^[^:]+:\d+$/.test(text)) return `${expected}: the port has its own setting, port:`;
  const isNumeric = /(^|\.)\d+\.?$/.test(text); // such as 999.1.1.1: no name ends in a number
  return hostName.test(text) && !isNumeric ? undefined : expected;
}

/** Text that is a host name or an IP address. */
export const hostText = z.string().superRefine((text, context) => {
  const mistake = hostMistake(text);
  if (mistake === undefined) return;
  context.addIssue({ code: "custom", message: `${mistake}, and is ${JSON.stringify(text)}` });
});

/** The address to listen on; the configuration fills in its own `host:` where a service has none. */
export const host = hostText
  .default("127.0.0.1")
  .describe("Address to listen on: an IP address of this machine, 0.0.0.0 or :: for all, or a name.");

/** An address or a network. */
export const addressRange = z.string().superRefine((text, context) => {
  if (parseRange(text) !== undefined) return;
  context.addIssue({ code: "custom", message: `must be ${rangeExample}, and is ${JSON.stringify(text)}` });
});

const units = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** A timer cannot wait longer than 2^31 - 1 milliseconds, a little more than this. */
const maxTimer = "24d";

interface DurationLimits {
  readonly min?: string;
  readonly max?: string;
  /** `forever` is allowed as well, and is Infinity. */
  readonly forever?: boolean;
}

/** `500ms`, `2.5s`, `10m`, `1h`, `7d`, or a plain number of seconds; milliseconds after parsing. */
export const duration = (fallback: string, limits: DurationLimits = {}) =>
  z
    .union([z.string(), z.number()])
    .default(fallback)
    .transform((value, context) => {
      if (limits.forever && value === "forever") return Number.POSITIVE_INFINITY;
      const milliseconds = parseDuration(value);
      if (milliseconds === undefined) {
        const also = limits.forever ? ", or forever" : "";
        context.addIssue({
          code: "custom",
          message: `must be a duration such as 500ms, 2s, 10m or 1h${also}, and is ${JSON.stringify(value)}`,
        });
        return z.NEVER;
      }
      const min = parseDuration(limits.min ?? 0) ?? 0;
      const max = parseDuration(limits.max ?? maxTimer) ?? Number.POSITIVE_INFINITY;
      if (milliseconds < min || milliseconds > max) {
        context.addIssue({
          code: "custom",
          message: `must be ${limits.min ?? "0s"} to ${limits.max ?? maxTimer}, and is ${JSON.stringify(value)}`,
        });
        return z.NEVER;
      }
      return milliseconds;
    });

export function parseDuration(value: string | number): number | undefined {
  if (typeof value === "number") return Number.isFinite(value) && value >= 0 ? value * 1000 : undefined;
  const match = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)?$/.exec(value.trim());
  if (match === null) return undefined;
  const unit = (match[2] ?? "s") as keyof typeof units;
  return Number(match[1]) * units[unit];
}

const sizes = {
  B: 1,
  KB: 1000,
  MB: 1000 ** 2,
  GB: 1000 ** 3,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
} as const;

/** `64KiB`, `1MB`, or a plain number of bytes; bytes after parsing. */
export const byteSize = (fallback: string) =>
  z
    .union([z.string(), z.int().min(0)])
    .default(fallback)
    .transform((value, context) => {
      const bytes = parseByteSize(value);
      if (bytes !== undefined) return bytes;
      context.addIssue({
        code: "custom",
        message: `must be a size such as 512, 64KiB or 1MB, and is ${JSON.stringify(value)}`,
      });
      return z.NEVER;
    });

export function parseByteSize(value: string | number): number | undefined {
  if (typeof value === "number") return value;
  const match = /^(\d+(?:\.\d+)?)\s*(B|KB|MB|GB|KiB|MiB|GiB)?$/.exec(value.trim());
  if (match === null) return undefined;
  return Math.floor(Number(match[1]) * sizes[(match[2] ?? "B") as keyof typeof sizes]);
}

/**
 * Secret text: it is masked wherever the configuration is shown, and no error message quotes it, since it may come
 * from the environment.
 * @param mistake what is wrong with the text, without quoting it; undefined: nothing
 */
export const secret = (mistake: (text: string) => string | undefined = () => undefined) =>
  z
    .custom<string>()
    .check(({ value, issues }) => {
      const notText = value === undefined ? "must be set: text" : "must be text, in quotes";
      const message = typeof value === "string" ? mistake(value) : notText;
      // Not zod's own issues: their messages quote the value.
      if (message === undefined) return;
      // The expected type lets a number from the environment be read again as text.
      const expected = typeof value === "string" ? {} : { expected: "string" };
      issues.push({ code: "custom", input: undefined, message, params: { isSecret: true, ...expected } });
    })
    .meta({ secret: true, type: "string" });

/**
 * Text that `compile` must accept, checked when the configuration is read: the error that `compile` throws becomes
 * the message of the configuration error.
 */
export const compiledText = (fallback: string, compile: (source: string) => unknown) =>
  z
    .string()
    .default(fallback)
    .superRefine((value, context) => {
      try {
        compile(value);
      } catch (error) {
        context.addIssue({ code: "custom", message: error instanceof Error ? error.message : String(error) });
      }
    });
