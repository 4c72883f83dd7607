import type { Registry } from "../config/plan.ts";
import { jsonSchema } from "../config/schema.ts";
import { exitStatus, type ServerIo } from "../io.ts";

/** Lists the roles with a line each. @returns the exit status */
export function roles(registry: Registry, io: ServerIo): number {
  const width = Math.max(...registry.roles.map(({ name }) => name.length));
  for (const { name, summary } of registry.roles) io.stdout.write(`${name.padEnd(width)}  ${summary}\n`);
  return exitStatus.ok;
}

/** Prints the JSON Schema of the configuration, for editors. @returns the exit status */
export function schema(registry: Registry, io: ServerIo): number {
  io.stdout.write(schemaText(registry));
  return exitStatus.ok;
}

export function schemaText(registry: Registry): string {
  return `${JSON.stringify(jsonSchema(registry.roles), undefined, 2)}\n`;
}
