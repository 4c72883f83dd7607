import { type Address, formatAddress } from "../../core/address.ts";
import type { Plan } from "../config/plan.ts";
import type { ServiceStatus } from "./service-status.ts";

const headings = ["SERVICE", "ROLE", "ADDRESS", "TRY"];

/** What has started: service, role, address, one command to talk to it. */
export function startTable(plan: Plan, services: readonly ServiceStatus[], colour: boolean): string {
  const rows = services.map((status, i) => {
    const planned = plan.services[i];
    const addresses = status.addresses.map((address) => `${formatAddress(address)}/${address.transport}`);
    const example = planned?.role.example?.(planned.config, status.addresses.map(reachable)) ?? "";
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

/** Where a client on this machine finds a server that may listen everywhere. */
export function reachable(address: Address): Address {
  const { host } = address;
  if (host === "0.0.0.0") return { ...address, host: "127.0.0.1" };
  return host === "::" ? { ...address, host: "::1" } : address;
}
