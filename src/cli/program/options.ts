import { InvalidArgumentError } from "@commander-js/extra-typings";
import { parseDuration } from "../../core/schema.ts";

/** The options of every command. */
export interface SharedOptions {
  /** Milliseconds. */
  readonly timeout?: number | undefined;
  readonly json?: true | undefined;
  readonly quiet?: true | undefined;
  /** The file to which everything printed is appended. */
  readonly log?: string | undefined;
}

// Parsers of option values, for commander: each throws an error that commander prints with the option's name.

/** A name or an address, without a port. An IPv6 address may be in brackets. */
export function hostName(value: string): string {
  const host = value.startsWith("[") && value.endsWith("]") ? value.slice(1, -1) : value;
  const [, name, port] = /^([^:]+):(\d+)$/.exec(host) ?? [];
  if (port !== undefined)
    throw new InvalidArgumentError(`The port has its own place: ${name} --port ${port}`);
  if (host !== "" && !/[\s/]/.test(host)) return host;
  throw new InvalidArgumentError("A host is a name or an address, such as 172.16.16.101.");
}

export function portNumber(value: string): number {
  const port = Number(value);
  if (/^\d+$/.test(value) && port >= 1 && port <= 65535) return port;
  throw new InvalidArgumentError("A port is a number from 1 to 65535.");
}

/** Milliseconds of `500ms`, `3s`, `1m`, or a plain number of seconds. */
export function durationMs(value: string): number {
  const milliseconds = parseDuration(value);
  if (milliseconds !== undefined && milliseconds <= 0x7fff_ffff) return milliseconds;
  throw new InvalidArgumentError("A duration is written 500ms, 3s, 10m or 1h.");
}

/** As `durationMs`, but not zero. */
export function positiveDurationMs(value: string): number {
  const milliseconds = durationMs(value);
  if (milliseconds > 0) return milliseconds;
  throw new InvalidArgumentError("It must be longer than nothing, for example 5s.");
}

/** A parser for a count of at least `min` and at most `max`. */
export function wholeNumber(min: number, max = Number.MAX_SAFE_INTEGER): (value: string) => number {
  return (value) => {
    const number = Number(value);
    if (/^\d+$/.test(value) && number >= min && number <= max) return number;
    const range = max === Number.MAX_SAFE_INTEGER ? `${min} or more` : `from ${min} to ${max}`;
    throw new InvalidArgumentError(`It must be a whole number, ${range}.`);
  };
}
