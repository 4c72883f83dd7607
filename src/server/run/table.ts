import { formatAddress } from "../../core/address.ts";
import type { Plan } from "../config/plan.ts";
import type { ServiceStatus } from "./supervised-service.ts";

const headings = ["SERVICE", "ROLE", "ADDRESS", "TRY"];

/** What has started: service, role, address, one command to talk to it. */
export function startTable(plan: Plan, services: readonly ServiceStatus[], colour: boolean): string {
  const rows = services.map((status, i) => {
    const planned = plan.services[i];
    const addresses = status.addresses.map((address) => `${formatAddress(address)}/${address.transport}`);
    const reachable = status.addresses.map((address) => ({ ...address, host: reachableHost(address.host) }));
    const example = planned?.role.example?.(planned.config, reachable) ?? "";
    return [status.name, status.role, addresses.join(" ") || "-", example];
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

/** What a client on this machine types for a server that listens everywhere. */
function reachableHost(host: string): string {
  if (host === "0.0.0.0") return "127.0.0.1";
  return host === "::" ? "::1" : host;
}
