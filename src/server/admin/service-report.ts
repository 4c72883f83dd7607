import { formatAddress } from "../../core/address.ts";
import { exampleFor } from "../../core/command-names.ts";
import { maskPaths, maskSecrets } from "../../core/secrets.ts";
import { reachable } from "../run/report.ts";
import type { ServiceStatus } from "../run/service-status.ts";
import type { AdminContext } from "./context.ts";
import type { Service, ServiceDetails } from "./schemas.ts";

/** Clients listed by address; `clients` counts all of them. */
const maxListedClients = 1000;

type Dependencies = Pick<AdminContext, "supervisor" | "names">;

export function serviceReports(context: Dependencies): Promise<Service[]> {
  return Promise.all(context.supervisor.status().map((status) => report(context, status)));
}

/** @throws {ControlError} when there is no service of this name */
export async function serviceReport(context: Dependencies, name: string): Promise<Service> {
  return await report(context, context.supervisor.statusOf(name));
}

/** @throws {ControlError} when there is no service of this name */
export async function serviceDetails(
  context: Dependencies,
  name: string,
  isTriable: boolean,
): Promise<ServiceDetails> {
  const { supervisor } = context;
  const summary = await serviceReport(context, name);
  const { role, config, hidden } = supervisor.plannedOf(name);
  return {
    ...summary,
    config: maskPaths(maskSecrets(role.config, config), hidden),
    clientList: ((await supervisor.clients(name)) ?? []).slice(0, maxListedClients),
    views: Object.keys(supervisor.views(name)),
    actions: Object.keys(supervisor.actions(name)),
    try: isTriable,
  };
}

async function report(context: Dependencies, status: ServiceStatus): Promise<Service> {
  const { name, state, addresses, runningSince, restarts, error } = status;
  const { supervisor, names } = context;
  const { role, config } = supervisor.plannedOf(name);
  const example = role.example?.(config, addresses.map(reachable));
  const stats = await supervisor.stats(name);
  return {
    name,
    role: role.name,
    summary: role.summary,
    state,
    transport: addresses[0]?.transport ?? role.transport ?? "tcp",
    addresses: addresses.map(formatAddress),
    transports: addresses.map(({ transport }) => transport),
    uptime: runningSince === undefined ? null : (Date.now() - runningSince) / 1000,
    restarts,
    error: error ?? null,
    // Where there is a counter, a list of ten thousand names need not be made.
    clients: stats.connections ?? (await supervisor.clients(name))?.length ?? null,
    stats,
    example: state === "running" && example !== undefined ? exampleFor(example, names) : null,
    problems: supervisor.problems(name).map(({ text }) => text),
  };
}
