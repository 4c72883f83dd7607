import type { PortClaim } from "../../core/role.ts";
import { addDiagnostic, type LoadContext } from "./load-context.ts";
import type { PlannedService } from "./plan.ts";
import type { AdminConfig } from "./schema.ts";

export interface Listener extends PortClaim {
  /** The key that configures the listener: `services.mqtt`, or `admin`. */
  readonly owner: readonly string[];
}

/**
 * Reports listeners that share a port, before any of them starts.
 * @param admin false when the admin service is optional, and runs without a port that is taken
 */
export function checkPorts(
  context: LoadContext,
  services: readonly PlannedService[],
  admin: AdminConfig | false,
): void {
  const taken = new Map<string, PortListeners>();
  for (const listener of plannedListeners(services, admin)) {
    const { transport, port, owner, path } = listener;
    const key = `${transport} ${port}`;
    const onPort = taken.get(key) ?? new PortListeners();
    taken.set(key, onPort);
    const other = onPort.overlapping(listener.host);
    if (other === undefined) {
      onPort.add(listener);
      continue;
    }
    const message = `${transport.toUpperCase()} port ${port} is taken by ${nameOf(other)}; give one of them another port`;
    addDiagnostic(context, [...owner, ...path], message);
  }
}

/** All listeners with a port of their own choice, in the order of the file, the admin service last. */
export function plannedListeners(
  services: readonly PlannedService[],
  admin: AdminConfig | false,
): Listener[] {
  return [...services.flatMap(listenersOf), ...adminListener(admin)];
}

/** The listeners on one port, by host: a file may have thousands. None of them overlaps another. */
class PortListeners {
  readonly #byHost = new Map<string, Listener>();
  #first: Listener | undefined;
  #firstIpv4: Listener | undefined;

  add(listener: Listener): void {
    this.#byHost.set(listener.host, listener);
    this.#first ??= listener;
    if (!listener.host.includes(":")) this.#firstIpv4 ??= listener;
  }

  /** A listener that accepts connections to `host` as well. One on `::` accepts IPv4, too. */
  overlapping(host: string): Listener | undefined {
    if (host === "::") return this.#first;
    const isIpv4 = !host.includes(":");
    const wildcard = this.#byHost.get("::") ?? (isIpv4 ? this.#byHost.get("0.0.0.0") : undefined);
    return wildcard ?? (host === "0.0.0.0" ? this.#firstIpv4 : this.#byHost.get(host));
  }
}

/** Reports what the services need of this machine and do not find, such as a certificate's file. */
export function checkMachine(
  context: LoadContext,
  services: readonly PlannedService[],
  admin: AdminConfig | false,
): void {
  if (admin !== false) {
    for (const { path, message } of context.registry.unmetTls(admin.tls, []))
      addDiagnostic(context, ["admin", ...path], message);
  }
  for (const { name, role, config } of services) {
    for (const { path, message } of role.unmet?.(config) ?? []) {
      addDiagnostic(context, ["services", name, ...path], message);
    }
  }
}

/** `services.mqtt`, or `services.mqtt.listeners.0` for one of several listeners. */
function nameOf({ owner, path }: Listener): string {
  return [...owner, ...path.slice(0, -1)].join(".");
}

function listenersOf(service: PlannedService): Listener[] {
  const owner = ["services", service.name];
  return claimsOf(service)
    .filter(({ port }) => port !== 0)
    .map((claim) => ({ ...claim, owner }));
}

/** The ports that a service asks for. */
export function claimsOf({ role, config }: PlannedService): readonly PortClaim[] {
  return role.ports?.(config) ?? ownPort(role.transport ?? "tcp", config);
}

function adminListener(admin: AdminConfig | false): Listener[] {
  if (admin === false || admin.port === 0) return [];
  const { host, port } = admin;
  return [{ transport: "tcp", host, port, path: ["port"], owner: ["admin"] }];
}

function ownPort(transport: "tcp" | "udp", config: unknown): PortClaim[] {
  if (typeof config !== "object" || config === null) return [];
  const { host, port } = config as { host?: unknown; port?: unknown };
  // A service that lists its own endpoints does not use host and port.
  const listsEndpoints = ["bind", "connect"].some((key) => hasEntries(Reflect.get(config, key)));
  if (typeof host !== "string" || typeof port !== "number" || listsEndpoints) return [];
  return [{ transport, host, port, path: ["port"] }];
}

function hasEntries(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0;
}
