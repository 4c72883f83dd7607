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
      reading.mistakes.push({ path: full.join("."), message, ...at(reading.document, full, isKey) });
    }
  }
  return undefined;
}

/** A copy of `value` in which text from outside has become what the schema wants there. */
function retype(reading: Reading, path: Path, value: unknown, error: z.ZodError): unknown {
  let copy: unknown;
  for (const issue of error.issues) {
    const below = issue.path.filter((part) => typeof part !== "symbol");
    const full = [...path, ...below];
    const parentPath = below.slice(0, -1);
    const key = below.at(-1);
    // Text that is out of range is told as what it is.
    const isOfWrongType = issue.code === "invalid_type" || issue.code === "invalid_union";
    if (key === undefined || !isOfWrongType || !reading.document.retype(full)) continue;
    copy ??= structuredClone(value);
    const parent = parentPath.reduce<unknown>((node, part) => Reflect.get(node as object, part), copy);
    Reflect.set(parent as object, key, reading.document.valueAt(full));
  }
  return copy;
}
