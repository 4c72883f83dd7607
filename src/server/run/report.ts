import { type Address, formatAddress } from "../../core/address.ts";
import { type CommandNames, exampleFor } from "../../core/command-names.ts";
import type { Logger } from "../../core/log.ts";
import type { Plan } from "../config/plan.ts";
import type { ServiceStatus } from "./service-status.ts";
import type { Supervisor } from "./supervisor.ts";

const headings = ["SERVICE", "ROLE", "ADDRESS", "TRY"];

/** The table of a start on a terminal: service, role, addresses, and a command that talks to it. */
export function startTable(
  plan: Plan,
  services: readonly ServiceStatus[],
  names: CommandNames,
  colour: boolean,
): string {
  const rows = services.map((status, i) => {
    const planned = plan.services[i];
    const addresses = status.addresses.map((address) => `${formatAddress(address)}/${address.transport}`);
    const example = planned?.role.example?.(planned.config, status.addresses.map(reachable)) ?? "";
    return [status.name, status.role, addresses.join(" ") || "-", exampleFor(example, names)];
  });
  const widths = headings.map((heading, i) =>
    Math.max(heading.length, ...rows.map((row) => row[i]?.length ?? 0)),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, i) => (i === cells.length - 1 ? cell : cell.padEnd(widths[i] ?? 0)))
      .join("  ")
      .trimEnd();
  const heading = colour ? `\x1b[1m${line(headings)}\x1b[0m` : line(headings);
  return `${[heading, ...rows.map(line)].join("\n")}\n`;
}

/** The address for a client on this machine: loopback when the server listens on all addresses. */
export function reachable(address: Address): Address {
  const { host } = address;
  if (host === "0.0.0.0") return { ...address, host: "127.0.0.1" };
  return host === "::" ? { ...address, host: "::1" } : address;
}

/** Clients that the log lists by address. */
const maxListedClients = 100;

/** Logs the counters and the connected clients of each service. */
export async function logCounters(
  supervisor: Supervisor,
  logger: (service: string) => Logger,
): Promise<void> {
  for (const { name, state, restarts, error } of supervisor.status()) {
    const stats = await supervisor.stats(name);
    const why = error === undefined ? {} : { error };
    logger(name).info("Counters", { state, restarts, ...why, ...stats });
    const clients = (await supervisor.clients(name)) ?? [];
    if (clients.length === 0) continue;
    const listed = clients.slice(0, maxListedClients).join(", ");
    const more = clients.length > maxListedClients ? ` and ${clients.length - maxListedClients} more` : "";
    logger(name).info(`Clients connected now (${clients.length}): ${listed}${more}`);
  }
}
