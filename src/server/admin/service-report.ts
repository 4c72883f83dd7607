import { formatAddress } from "../../core/address.ts";
import { maskSecrets } from "../../core/secrets.ts";
import type { ServiceStatus } from "../run/service-status.ts";
import { reachable } from "../run/table.ts";
import type { AdminContext } from "./context.ts";
import type { Service, ServiceDetails } from "./schemas.ts";

/** So many clients are listed; how many there are is told beside them. */
const mostListed = 1000;

type Known = Pick<AdminContext, "supervisor">;

export function serviceReports(context: Known): Promise<Service[]> {
  return Promise.all(context.supervisor.status().map((status) => report(context, status)));
}

/** @throws {ControlError} when there is no service of this name */
export async function serviceReport(context: Known, name: string): Promise<Service> {
  return await report(context, context.supervisor.statusOf(name));
}

/** @throws {ControlError} when there is no service of this name */
export async function serviceDetails(
  context: Known,
  name: string,
  isTriable: boolean,
): Promise<ServiceDetails> {
  const { supervisor } = context;
  const summary = await serviceReport(context, name);
  const { role, config } = supervisor.plannedOf(name);
  return {
    ...summary,
    config: maskSecrets(role.config, config),
    clientList: ((await supervisor.clients(name)) ?? []).slice(0, mostListed),
    views: Object.keys(supervisor.views(name)),
    actions: Object.keys(supervisor.actions(name)),
    try: isTriable,
  };
}

async function report(context: Known, status: ServiceStatus): Promise<Service> {
  const { name, state, addresses, runningSince, restarts, error } = status;
  const { supervisor } = context;
  const { role, config } = supervisor.plannedOf(name);
  const stats = await supervisor.stats(name);
  return {
    name,
    role: role.name,
    summary: role.summary,
    state,
    transport: addresses[0]?.transport ?? role.transport ?? "tcp",
    addresses: addresses.map(formatAddress),
    uptime: runningSince === undefined ? null : (Date.now() - runningSince) / 1000,
    restarts,
    error: error ?? null,
    // To count ten thousand clients nobody needs their names.
    clients: stats.connections ?? (await supervisor.clients(name))?.length ?? null,
    stats,
    example: state === "running" ? (role.example?.(config, addresses.map(reachable)) ?? null) : null,
    problems: [...supervisor.problems(name)],
  };
}
