import type { Role } from "../../core/role.ts";
import { addDiagnostic, type LoadContext } from "./load-context.ts";
import type { PlannedService } from "./plan.ts";
import { claimsOf } from "./preflight.ts";
import type { Settings } from "./schema.ts";

/** The highest port there is. */
const maxPort = 65_535;

/**
 * The services with every port moved up, so that a second lab fits beside the first. Port 0 stays 0, and a port that
 * `--set` names is meant as it stands there.
 */
export function moveServices(
  context: LoadContext,
  services: readonly PlannedService[],
  offset: number,
): PlannedService[] {
  return services.map((service) => ({ ...service, config: movedConfig(context, service, offset) }));
}

/** The settings with the port of the admin service moved up. */
export function moveAdmin(context: LoadContext, settings: Settings, offset: number): Settings {
  const { admin } = settings;
  if (admin === false) return settings;
  return { ...settings, admin: { ...admin, port: moved(context, ["admin", "port"], admin.port, offset) } };
}

function movedConfig(context: LoadContext, service: PlannedService, offset: number): unknown {
  const { name, role, config } = service;
  const copy = structuredClone(config);
  for (const { path, port } of claimsOf(service)) {
    const parent = path.slice(0, -1).reduce<unknown>((node, key) => Reflect.get(Object(node), key), copy);
    const key = path.at(-1) ?? "port";
    // In a text only the role can find it.
    if (typeof Reflect.get(Object(parent), key) !== "number") continue;
    Reflect.set(Object(parent), key, moved(context, ["services", name, ...path], port, offset));
  }
  return movedEndpoints(context, name, role, copy, offset);
}

/** Ports in texts, such as tcp://0.0.0.0:5555, which only the role can read. */
function movedEndpoints(
  context: LoadContext,
  name: string,
  role: Role,
  config: unknown,
  offset: number,
): unknown {
  try {
    return role.movedEndpoints?.(config, offset) ?? config;
  } catch (error) {
    addDiagnostic(context, ["services", name], error instanceof Error ? error.message : String(error));
    return config;
  }
}

function moved(
  context: LoadContext,
  path: readonly (string | number)[],
  port: number,
  offset: number,
): number {
  if (port === 0 || context.document.isOverridden(path.join("."))) return port;
  if (port + offset <= maxPort) return port + offset;
  const most = maxPort - port;
  addDiagnostic(
    context,
    path,
    `with --port-offset ${offset} it is ${port + offset}, and the highest port is ${maxPort}; an offset up to ${most} fits`,
  );
  return port;
}
