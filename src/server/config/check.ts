import type { z } from "zod";
import type { Path } from "./document.ts";
import { describeIssue } from "./issues.ts";
import { addDiagnostic, type LoadContext } from "./load-context.ts";

/**
 * Checks the value at `path` of the file against `schema`, and adds a diagnostic for each error.
 * @returns the checked value, or undefined when there was an error
 */
export function check<T>(
  context: LoadContext,
  path: Path,
  value: unknown,
  schema: z.ZodType<T>,
  knownKeys: (path: readonly PropertyKey[]) => readonly string[],
): T | undefined {
  const first = schema.safeParse(value);
  if (first.success) return first.data;
  const retried = retype(context, path, value, first.error);
  const result = retried === undefined ? first : schema.safeParse(retried);
  if (result.success) return result.data;
  for (const issue of result.error.issues) {
    for (const { path: below, message, ...subject } of describeIssue(issue, retried ?? value, knownKeys)) {
      const full = [...path, ...below];
      if (!context.document.isUnfilled(full.join("."))) addDiagnostic(context, full, message, subject);
    }
  }
  return undefined;
}

/** A copy of `value` in which text from the environment or the command line has the type that the schema expects. */
function retype(context: LoadContext, path: Path, value: unknown, error: z.ZodError): unknown {
  let copy: unknown;
  for (const issue of error.issues.flatMap(withInner)) {
    const below = issue.path.filter((part) => typeof part !== "symbol");
    const full = [...path, ...below];
    const parentPath = below.slice(0, -1);
    const key = below.at(-1);
    const other = key !== undefined && isTypeError(issue) ? context.document.retyped(full) : undefined;
    if (key === undefined || other === undefined) continue;
    copy ??= structuredClone(value);
    const parent = parentPath.reduce<unknown>((node, part) => Reflect.get(node as object, part), copy);
    Reflect.set(parent as object, key, other.value);
  }
  return copy;
}

/** Text that is merely out of range is reported as it is, not retyped. */
function isTypeError(issue: z.core.$ZodIssue): boolean {
  const { code } = issue;
  if (code === "invalid_type" || code === "invalid_union") return true;
  // The schema of a secret raises issues of its own, and names the type that it expects in their parameters.
  return code === "custom" && issue.params?.expected === "string";
}

/** An issue, and those of its alternatives, each with its whole path. */
function withInner(issue: z.core.$ZodIssue): z.core.$ZodIssue[] {
  if (issue.code !== "invalid_union") return [issue];
  const inner = issue.errors.flat().map((one) => ({ ...one, path: [...issue.path, ...one.path] }));
  return [issue, ...inner.flatMap(withInner)];
}
