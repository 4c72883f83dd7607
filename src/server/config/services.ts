import { z } from "zod";
import { nearest } from "../../core/nearest.ts";
import type { Role } from "../../core/role.ts";
import { check } from "./check.ts";
import type { Path } from "./document.ts";
import { addDiagnostic, type LoadContext } from "./load-context.ts";
import type { PlannedService } from "./plan.ts";
import { type Settings, serviceSchema } from "./schema.ts";

/** Letters that are safe in a log line, a metric's label and a URL. */
const validName = /^[A-Za-z][A-Za-z0-9_-]*$/;

export function readServices(context: LoadContext, value: unknown, settings: Settings): PlannedService[] {
  if (value === undefined || value === null) {
    const message = "there are no services; name at least one, e.g. services: { echo: }";
    addDiagnostic(context, ["services"], message, { isKey: true });
    return [];
  }
  if (typeof value !== "object" || Array.isArray(value)) {
    const message =
      "must be a map of service names to their settings, e.g. services: { echo: { port: 2222 } }";
    addDiagnostic(context, ["services"], message);
    return [];
  }
  const planned = Object.entries(value).flatMap(
    ([name, service]) => readService(context, name, service, settings) ?? [],
  );
  if (Object.keys(value).length === 0) {
    addDiagnostic(context, ["services"], "there are no services; name at least one");
  }
  return planned;
}

function readService(
  context: LoadContext,
  name: string,
  value: unknown,
  settings: Settings,
): PlannedService | undefined {
  const path = ["services", name];
  const service = value ?? {};
  if (typeof service !== "object" || Array.isArray(service)) {
    const message = `must be a map of settings, or nothing at all, and is ${JSON.stringify(value)}`;
    addDiagnostic(context, path, message);
    return undefined;
  }
  if (!validName.test(name)) {
    const message = `"${name}" must start with a letter and hold letters, digits, - and _ only`;
    addDiagnostic(context, path, message, { isKey: true });
  }
  // A key with nothing after it counts as absent.
  const present = Object.entries(service).filter(([, setting]) => setting !== null);
  const { role: roleName, restart, ...own } = Object.fromEntries<unknown>(present);
  const common = check(context, path, { role: roleName, restart }, serviceSchema, () => []);
  const role = common && findRole(context, name, common.role);
  if (common === undefined || role === undefined) return undefined;
  const keys = keysOf(role.config);
  const inherited = keys.includes("host") && own.host === undefined ? { host: settings.host } : {};
  const config = check(context, path, { ...inherited, ...own }, role.config, (below) =>
    below.length === 0 ? [...keys, "role", "restart"] : keysOf(role.config, below),
  );
  if (config === undefined) return undefined;
  return { name, role, config, restart: common.restart, hidden: [...hiddenIn(context, service, path)] };
}

/** The paths below `path` of text from files. */
function* hiddenIn(context: LoadContext, value: unknown, path: Path): Generator<Path> {
  if (!context.document.hasFiles) return;
  if (context.document.filesOf(path).length > 0) yield path.slice(2);
  if (typeof value !== "object" || value === null) return;
  for (const [key, inner] of Object.entries(value)) yield* hiddenIn(context, inner, [...path, key]);
}

function findRole(context: LoadContext, name: string, given: string | undefined): Role | undefined {
  const { roles } = context.registry;
  const wanted = given ?? name;
  const role = roles.find((candidate) => candidate.name === wanted);
  if (role !== undefined) return role;
  const names = roles.map((candidate) => candidate.name);
  const guess = nearest(wanted, names);
  const hint = guess === undefined ? `There are ${names.join(", ")}` : `Did you mean "${guess}"?`;
  const how =
    given === undefined && guess === undefined
      ? ` (a service of another name says its role:, e.g. role: echo)`
      : "";
  const isKey = given === undefined;
  const path = isKey ? ["services", name] : ["services", name, "role"];
  addDiagnostic(context, path, `there is no role "${wanted}". ${hint}${how}`, { isKey });
  return undefined;
}

/** The keys that a strict object schema takes at `path`. */
function keysOf(schema: z.ZodType, path: readonly PropertyKey[] = []): string[] {
  if (path.length === 0 && schema instanceof z.ZodObject) return Object.keys(schema.shape);
  // Below the top there may be lists, unions and defaults in between, which the JSON Schema has resolved.
  let nodes = alternatives(jsonSchemaOf(schema));
  for (const part of path) {
    const below = (node: unknown) =>
      typeof part === "number" ? field(node, "items") : field(field(node, "properties"), String(part));
    nodes = nodes.flatMap((node) => alternatives(below(node)));
  }
  return [...new Set(nodes.flatMap((node) => Object.keys(field(node, "properties") ?? {})))];
}

/** Of a union what it is of. */
function alternatives(node: unknown): unknown[] {
  if (node === undefined) return [];
  const union = field(node, "anyOf");
  return Array.isArray(union) ? union.flatMap(alternatives) : [node];
}

/** Making a JSON Schema takes a millisecond, and a file may have thousands of errors to explain. */
const jsonSchemas = new WeakMap<z.ZodType, unknown>();

function jsonSchemaOf(schema: z.ZodType): unknown {
  const known = jsonSchemas.get(schema);
  if (known !== undefined) return known;
  const made = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
  jsonSchemas.set(schema, made);
  return made;
}

function field(node: unknown, key: string): unknown {
  return typeof node === "object" && node !== null ? Reflect.get(node, key) : undefined;
}
