import type { PortClaim } from "../../core/role.ts";
import { at, type Reading } from "./load.ts";
import type { PlannedService } from "./plan.ts";
import type { AdminConfig } from "./schema.ts";

interface Claim extends PortClaim {
  /** What holds the listener: `services.mqtt`, or `admin`. */
  readonly owner: readonly string[];
}

/**
 * Two listeners cannot share one port; better told before anything has started.
 * @param admin false where it does without a port that it cannot have
 */
export function checkPorts(
  reading: Reading,
  services: readonly PlannedService[],
  admin: AdminConfig | false,
): void {
  const taken: Claim[] = [];
  for (const claim of [...services.flatMap(claimsOf), ...claimsOfAdmin(admin)]) {
    const other = taken.find((earlier) => overlaps(earlier, claim));
    if (other === undefined) {
      taken.push(claim);
      continue;
    }
    const path = [...claim.owner, ...claim.path];
    const message = `${claim.transport.toUpperCase()} port ${claim.port} is taken by ${holder(other)}; give one of them another port`;
    reading.mistakes.push({ path: path.join("."), message, ...at(reading.document, path) });
  }
}

/** `services.mqtt`, or `services.mqtt.listeners.0` for a listener that is not the service's own. */
function holder({ owner, path }: Claim): string {
  return [...owner, ...path.slice(0, -1)].join(".");
}

function claimsOf({ name, role, config }: PlannedService): Claim[] {
  const claims = role.ports?.(config) ?? ownPort(role.transport ?? "tcp", config);
  return claims.filter(({ port }) => port !== 0).map((claim) => ({ ...claim, owner: ["services", name] }));
}

function claimsOfAdmin(admin: AdminConfig | false): Claim[] {
  if (admin === false || admin.port === 0) return [];
  const { host, port } = admin;
  return [{ transport: "tcp", host, port, path: ["port"], owner: ["admin"] }];
}

function ownPort(transport: "tcp" | "udp", config: unknown): PortClaim[] {
  if (typeof config !== "object" || config === null) return [];
  const { host, port } = config as { host?: unknown; port?: unknown };
  // A service that lists its own endpoints does not use host and port.
  const listed = ["bind", "connect"].some((key) => hasEntries(Reflect.get(config, key)));
  if (typeof host !== "string" || typeof port !== "number" || listed) return [];
  return [{ transport, host, port, path: ["port"] }];
}

function hasEntries(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0;
}

function overlaps(a: Claim, b: Claim): boolean {
  if (a.port !== b.port || a.transport !== b.transport) return false;
  return a.host === b.host || covers(a.host, b.host) || covers(b.host, a.host);
}

/** `::` takes IPv4, too. */
function covers(every: string, host: string): boolean {
  return every === "::" || (every === "0.0.0.0" && !host.includes(":"));
}
