import { InvalidArgumentError } from "@commander-js/extra-typings";
import { describeError } from "../../core/errors.ts";
import { printable } from "../../protocol/text/printable.ts";

/** What a text should be. */
export interface Pattern {
  /** As a person reads it: `/^Suhu/`, or the text itself. */
  readonly shown: string;
  /** For `--json`. */
  readonly fields: { readonly exactly: string } | { readonly matches: string } | { readonly holds: string };
  matches(text: string): boolean;
  /** Where a text differs, if that can be said. */
  difference?(text: string): string;
}

/**
 * Parses an option: a regular expression between slashes, as in JavaScript, and any other text as it stands.
 * @throws {InvalidArgumentError} for a regular expression that is none
 */
export function pattern(value: string): Pattern {
  // "/a/b" is a path: only what ends in flags that there are is an expression.
  const [, source, flags = ""] = /^\/(.+)\/([dgimsuvy]*)$/s.exec(value) ?? [];
  return source === undefined ? exactly(value) : matching(value, source, flags);
}

function matching(shown: string, source: string, flags: string): Pattern {
  const expression = compile(source, flags.replace(/[gy]/g, "")); // those two would remember the last match
  return { shown, fields: { matches: shown }, matches: (text) => expression.test(text) };
}

function compile(source: string, flags: string): RegExp {
  try {
    return new RegExp(source, flags);
  } catch (error) {
    const reason = describeError(error).replace(/^Invalid regular expression: /, "");
    throw new InvalidArgumentError(`It is no regular expression: ${reason}.`);
  }
}

export const exactly = (wanted: string): Pattern => ({
  shown: wanted === "" ? "(empty)" : printable(wanted, shownLength),
  fields: { exactly: wanted },
  matches: (text) => text === wanted,
  difference: (text) => differenceOf(wanted, text),
});

/** Any text that has `wanted` somewhere in it. */
export const holding = (wanted: string): Pattern => ({
  shown: `text with ${quoted(wanted, shownLength)}`,
  fields: { holds: wanted },
  matches: (text) => text.includes(wanted),
});

/** Characters of a text that are shown. */
export const shownLength = 200;

/** The first character in which two texts differ, and what is there in each. */
function differenceOf(wanted: string, came: string): string {
  const end = Math.min(wanted.length, came.length);
  let at = 0;
  while (at < end && wanted.charCodeAt(at) === came.charCodeAt(at)) at++;
  // Characters beyond the basic plane are two units, of which the first may be the same.
  if (/[\ud800-\udbff]/.test(wanted.charAt(at - 1))) at--;
  const rest = (text: string) => (at < text.length ? quoted(text.slice(at), 30) : "the end");
  return `differs at character ${characters(wanted, at) + 1}: ${rest(wanted)} is expected, ${rest(came)} came`;
}

/** Characters in so many units from the beginning. */
function characters(text: string, units: number): number {
  let count = 0;
  for (let at = 0; at < units; count++) at += (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
  return count;
}

const quoted = (text: string, limit: number): string => `"${printable(text, limit)}"`;
