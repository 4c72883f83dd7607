import type { Parts } from "../config/plan.ts";
import { jsonSchema } from "../config/schema.ts";
import { exitStatus, type ServerIo } from "../io.ts";

/** Lists the roles with a line each. @returns the exit status */
export function roles(parts: Parts, io: ServerIo): number {
  const width = Math.max(...parts.roles.map(({ name }) => name.length));
  for (const { name, summary } of parts.roles) io.out(`${name.padEnd(width)}  ${summary}\n`);
  return exitStatus.ok;
}

/** Prints the JSON Schema of the configuration, for editors. @returns the exit status */
export function schema(parts: Parts, io: ServerIo): number {
  io.out(`${JSON.stringify(jsonSchema(parts.roles), undefined, 2)}\n`);
  return exitStatus.ok;
}
