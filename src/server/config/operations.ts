import type { Operation } from "../../core/operation.ts";
import { check } from "./check.ts";
import { at, type Reading } from "./load.ts";
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

export function readOperations(reading: Reading, value: unknown): Operation[] {
  const definitions = value ?? defaults;
  if (typeof definitions !== "object" || Array.isArray(definitions)) {
    const message = "must be a map of names to expressions, e.g. add: a + b";
    reading.mistakes.push({ path: "operations", message, ...at(reading.document, ["operations"]) });
    return [];
  }
  const owners = new Map<string, string>();
  return Object.entries(definitions).flatMap(([name, definition]) =>
    readOperation(reading, owners, name, definition),
  );
}

function readOperation(
  reading: Reading,
  owners: Map<string, string>,
  name: string,
  value: unknown,
): Operation[] {
  const path = ["operations", name];
  const complain = (message: string, isKey: boolean, below: readonly string[] = []) => {
    const full = [...path, ...below];
    reading.mistakes.push({ path: full.join("."), message, ...at(reading.document, full, isKey) });
  };
  const checked = check(reading, path, value, operationSchema, () => ["expression", "aliases"]);
  if (checked === undefined) return [];
  const { expression, aliases } =
    typeof checked === "string" ? { expression: checked, aliases: [] } : checked;
  if (!validName.test(name)) complain(`"${name}" must be a name of letters, digits and underscores`, true);
  for (const each of [name, ...aliases]) {
    const owner = owners.get(each);
    if (owner !== undefined) complain(`the name "${each}" is taken by the operation ${owner}`, each === name);
    const reserved = reading.registry.reservedReason(each);
    if (reserved !== undefined) complain(`the name "${each}" is reserved: ${reserved}`, each === name);
    owners.set(each, name);
  }
  try {
    return [reading.registry.compileOperation({ name, expression, aliases })];
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    complain(message, false, typeof checked === "string" ? [] : ["expression"]);
    return [];
  }
}
