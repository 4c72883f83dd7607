import { at, type Reading } from "./load.ts";
import type { PlannedService } from "./plan.ts";

interface Claim {
  readonly service: string;
  readonly transport: "tcp" | "udp";
  readonly host: string;
  readonly port: number;
}

/** Two services cannot listen on one port; better told before anything has started. */
export function checkPorts(reading: Reading, services: readonly PlannedService[]): void {
  const taken: Claim[] = [];
  for (const service of services) {
    const claim = claimOf(service);
    if (claim === undefined) continue;
    const other = taken.find((earlier) => overlaps(earlier, claim));
    if (other === undefined) {
      taken.push(claim);
      continue;
    }
    const path = ["services", service.name, "port"];
    const message = `${claim.transport.toUpperCase()} port ${claim.port} is taken by services.${other.service}; give one of them another port`;
    reading.mistakes.push({ path: path.join("."), message, ...at(reading.document, path) });
  }
}

function claimOf({ name, role, config }: PlannedService): Claim | undefined {
  if (typeof config !== "object" || config === null) return undefined;
  const { host, port } = config as { host?: unknown; port?: unknown };
  // A service that lists its own endpoints does not use host and port.
  const listed = ["bind", "connect"].some((key) => hasEntries(Reflect.get(config, key)));
  if (typeof host !== "string" || typeof port !== "number" || port === 0 || listed) return undefined;
  return { service: name, transport: role.transport ?? "tcp", host, port };
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
