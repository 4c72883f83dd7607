import { z } from "zod";
import { nearest } from "../../core/nearest.ts";
import type { Role } from "../../core/role.ts";
import { check } from "./check.ts";
import { at, type Reading } from "./load.ts";
import type { PlannedService } from "./plan.ts";
import { type Settings, serviceSchema } from "./schema.ts";

/** Letters that are safe in a log line, a metric's label and a URL. */
const validName = /^[A-Za-z][A-Za-z0-9_-]*$/;

export function readServices(reading: Reading, value: unknown, settings: Settings): PlannedService[] {
  const { document, mistakes } = reading;
  if (value === undefined || value === null) {
    const message = "there are no services; name at least one, e.g. services: { echo: }";
    mistakes.push({ path: "services", message, ...at(document, ["services"], true) });
    return [];
  }
  if (typeof value !== "object" || Array.isArray(value)) {
    const message =
      "must be a map of service names to their settings, e.g. services: { echo: { port: 2222 } }";
    mistakes.push({ path: "services", message, ...at(document, ["services"]) });
    return [];
  }
  const planned = Object.entries(value).flatMap(
    ([name, service]) => readService(reading, name, service, settings) ?? [],
  );
  if (Object.keys(value).length === 0) {
    mistakes.push({
      path: "services",
      message: "there are no services; name at least one",
      ...at(document, ["services"]),
    });
  }
  return planned;
}

function readService(
  reading: Reading,
  name: string,
  value: unknown,
  settings: Settings,
): PlannedService | undefined {
  const { document, mistakes } = reading;
  const path = ["services", name];
  const service = value ?? {};
  if (typeof service !== "object" || Array.isArray(service)) {
    const message = `must be a map of settings, or nothing at all, and is ${JSON.stringify(value)}`;
    mistakes.push({ path: path.join("."), message, ...at(document, path) });
    return undefined;
  }
  if (!validName.test(name)) {
    const message = `"${name}" must start with a letter and hold letters, digits, - and _ only`;
    mistakes.push({ path: path.join("."), message, ...at(document, path, true) });
  }
  // A key with nothing behind it is as good as absent.
  const present = Object.entries(service).filter(([, setting]) => setting !== null);
  const { role: roleName, restart, ...own } = Object.fromEntries<unknown>(present);
  const common = check(reading, path, { role: roleName, restart }, serviceSchema, () => []);
  const role = common && findRole(reading, name, common.role);
  if (common === undefined || role === undefined) return undefined;
  const keys = keysOf(role.config);
  const inherited = keys.includes("host") && own.host === undefined ? { host: settings.host } : {};
  const config = check(reading, path, { ...inherited, ...own }, role.config, (below) =>
    below.length === 0 ? [...keys, "role", "restart"] : keysOf(role.config, below),
  );
  return config === undefined ? undefined : { name, role, config, restart: common.restart };
}

function findRole(reading: Reading, name: string, given: string | undefined): Role | undefined {
  const { document, mistakes, registry } = reading;
  const wanted = given ?? name;
  const role = registry.roles.find((candidate) => candidate.name === wanted);
  if (role !== undefined) return role;
  const names = registry.roles.map((candidate) => candidate.name);
  const guess = nearest(wanted, names);
  const hint = guess === undefined ? `There are ${names.join(", ")}` : `Did you mean "${guess}"?`;
  const how =
    given === undefined && guess === undefined
      ? ` (a service of another name says its role:, e.g. role: echo)`
      : "";
  const place =
    given === undefined ? at(document, ["services", name], true) : at(document, ["services", name, "role"]);
  const path = given === undefined ? `services.${name}` : `services.${name}.role`;
  mistakes.push({ path, message: `there is no role "${wanted}". ${hint}${how}`, ...place });
  return undefined;
}

/** The keys that a strict object schema takes at `path`. */
function keysOf(schema: z.ZodType, path: readonly PropertyKey[] = []): string[] {
  if (path.length === 0 && schema instanceof z.ZodObject) return Object.keys(schema.shape);
  // Below the top there may be lists, unions and defaults in between, which the JSON Schema has resolved. It takes
  // its time, and is only asked when there is a mistake to explain.
  let node: unknown = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
  for (const part of path) {
    node = typeof part === "number" ? field(node, "items") : field(field(node, "properties"), String(part));
  }
  const properties = field(node, "properties");
  return typeof properties === "object" && properties !== null ? Object.keys(properties) : [];
}

function field(node: unknown, key: string): unknown {
  return typeof node === "object" && node !== null ? Reflect.get(node, key) : undefined;
}
