import type { z } from "zod";
import type { Path } from "./document.ts";
import { readIssue } from "./issues.ts";
import { at, type Reading } from "./load.ts";

/**
 * Checks the value that stands at `path` in the file against `schema`; each mistake gets its place.
 * @returns the checked value, or undefined when there was a mistake
 */
export function check<T>(
  reading: Reading,
  path: Path,
  value: unknown,
  schema: z.ZodType<T>,
  knownKeys: (path: readonly PropertyKey[]) => readonly string[],
): T | undefined {
  const first = schema.safeParse(value);
  if (first.success) return first.data;
  const retried = retype(reading, path, value, first.error);
  const result = retried === undefined ? first : schema.safeParse(retried);
  if (result.success) return result.data;
  for (const issue of result.error.issues) {
    for (const { path: below, message, isKey } of readIssue(issue, retried ?? value, knownKeys)) {
      const full = [...path, ...below];
      if (reading.document.isUnfilled(full.join("."))) continue;
      reading.mistakes.push({ path: full.join("."), message, ...at(reading.document, full, isKey) });
    }
  }
  return undefined;
}

/** A copy of `value` in which text from outside has become what the schema wants there. */
function retype(reading: Reading, path: Path, value: unknown, error: z.ZodError): unknown {
  let copy: unknown;
  for (const issue of error.issues.flatMap(withInner)) {
    const below = issue.path.filter((part) => typeof part !== "symbol");
    const full = [...path, ...below];
    const parentPath = below.slice(0, -1);
    const key = below.at(-1);
    if (key === undefined || !isOfWrongType(issue) || !reading.document.retype(full)) continue;
    copy ??= structuredClone(value);
    const parent = parentPath.reduce<unknown>((node, part) => Reflect.get(node as object, part), copy);
    Reflect.set(parent as object, key, reading.document.valueAt(full));
  }
  return copy;
}

/** Text that is out of range is told as what it is. */
function isOfWrongType(issue: z.core.$ZodIssue): boolean {
  const { code } = issue;
  if (code === "invalid_type" || code === "invalid_union") return true;
  // A secret's mistake is its own, and says in its parameters what it is about.
  return code === "custom" && issue.params?.expected === "string";
}

/** An issue, and those of its alternatives, each with its whole path. */
function withInner(issue: z.core.$ZodIssue): z.core.$ZodIssue[] {
  if (issue.code !== "invalid_union") return [issue];
  const inner = issue.errors.flat().map((one) => ({ ...one, path: [...issue.path, ...one.path] }));
  return [issue, ...inner.flatMap(withInner)];
}
