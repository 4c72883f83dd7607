import type { Operation } from "../../core/operation.ts";
import { check } from "./check.ts";
import { addDiagnostic, type LoadContext } from "./load-context.ts";
import { operationSchema } from "./schema.ts";

/** The lab's own operations, for a file that defines none. */
const defaults = {
  add: "a + b",
  sub: { expression: "a - b", aliases: ["subtract"] },
  mul: { expression: "a * b", aliases: ["multiply"] },
  div: { expression: "a / b", aliases: ["divide"] },
  difference_of_squares: { expression: "a^2 - b^2", aliases: ["selisih_kuadrat"] },
};

const validName = /^[A-Za-z_][A-Za-z0-9_]*$/;

export function readOperations(context: LoadContext, value: unknown): Operation[] {
  const definitions = value ?? defaults;
  if (typeof definitions !== "object" || Array.isArray(definitions)) {
    addDiagnostic(context, ["operations"], "must be a map of names to expressions, e.g. add: a + b");
    return [];
  }
  const owners = new Map<string, string>();
  return Object.entries(definitions).flatMap(([name, definition]) =>
    readOperation(context, owners, name, definition),
  );
}

/** @param owners the operation that each name and alias belongs to, so far */
function readOperation(
  context: LoadContext,
  owners: Map<string, string>,
  name: string,
  value: unknown,
): Operation[] {
  const path = ["operations", name];
  const checked = check(context, path, value, operationSchema, () => ["expression", "aliases"]);
  if (checked === undefined) return [];
  const { expression, aliases } =
    typeof checked === "string" ? { expression: checked, aliases: [] } : checked;
  if (!validName.test(name)) {
    addDiagnostic(context, path, `"${name}" must be a name of letters, digits and underscores`, {
      isKey: true,
    });
  }
  for (const each of [name, ...aliases]) {
    const isKey = each === name;
    const owner = owners.get(each);
    if (owner !== undefined) {
      addDiagnostic(context, path, `the name "${each}" is taken by the operation ${owner}`, { isKey });
    }
    const reserved = context.registry.reservedReason(each);
    if (reserved !== undefined) {
      addDiagnostic(context, path, `the name "${each}" is reserved: ${reserved}`, { isKey });
    }
    owners.set(each, name);
  }
  try {
    return [context.registry.compileOperation({ name, expression, aliases })];
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    addDiagnostic(context, typeof checked === "string" ? path : [...path, "expression"], message);
    return [];
  }
}
