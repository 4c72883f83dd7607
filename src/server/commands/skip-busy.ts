import type { Plan } from "../config/plan.ts";
import { type Listener, plannedListeners } from "../config/preflight.ts";
import type { BusyPort, ServerIo, WantedPort } from "../io.ts";

export interface SkipOptions {
  /** `--skip-busy`: what has a busy port is left out without a question. */
  readonly skipBusy: boolean;
  /** The profile inside the binary: nobody has chosen its ports, so a busy one need not be the end. */
  readonly isBuiltIn: boolean;
}

/**
 * The plan without the services whose ports other programs have. Each of those is reported with its holder; a person
 * at a terminal is asked.
 * @returns undefined when nothing is to be started
 */
export async function withoutBusy(plan: Plan, options: SkipOptions, io: ServerIo): Promise<Plan | undefined> {
  if (io.busyPorts === undefined || !(options.skipBusy || options.isBuiltIn)) return plan;
  const busy = await io.busyPorts(wantedPorts(plan));
  if (busy.length === 0) return plan;
  for (const { error } of busy) io.err(`${error.message}\n`);
  const rest = remaining(plan, busy);
  const names = skippedNames(busy);
  if (rest.services.length === 0) {
    io.err(`No service is left without ${list(names)}; ${movesAll(io)}\n`);
    return undefined;
  }
  if (options.skipBusy) return rest;
  const count =
    rest.services.length === 1 ? "the other service" : `the other ${rest.services.length} services`;
  if (io.confirm === undefined) {
    io.err(`To run ${count} without ${list(names)}, add --skip-busy; ${movesAll(io)}\n`);
    return undefined;
  }
  return (await io.confirm(`Run ${count} without ${list(names)}?`)) ? rest : undefined;
}

/** The ports that a plan names itself; the admin service's only where it is configured. */
export function wantedPorts(plan: Plan): WantedPort[] {
  return plannedListeners(plan.services, plan.wantsAdmin && plan.settings.admin).map(asWantedPort);
}

function asWantedPort({ transport, host, port, owner, path }: Listener): WantedPort {
  const part = path.slice(0, -1).join(".");
  const [service = "", ...below] = owner.toReversed();
  return {
    service,
    ...(part !== "" && { part }),
    ...(below.length === 0 && { settings: service }),
    transport: transport === "tcp" ? "TCP" : "UDP",
    host,
    port,
  };
}

/** A service of several listeners is left out when one of their ports is busy. */
function remaining(plan: Plan, busy: readonly BusyPort[]): Plan {
  const isBusy = (service: string, settings?: string) =>
    busy.some(({ target }) => target.service === service && target.settings === settings);
  const services = plan.services.filter(({ name }) => !isBusy(name));
  if (!isBusy("admin", "admin")) return { ...plan, services };
  return { ...plan, services, wantsAdmin: false, settings: { ...plan.settings, admin: false } };
}

const skippedNames = (busy: readonly BusyPort[]): string[] => [
  ...new Set(busy.map(({ target }) => (target.settings === "admin" ? "the dashboard" : target.service))),
];

const movesAll = ({ names }: ServerIo): string =>
  `"${names.distsrv} --port-offset 1000" runs all of it on other ports`;

/** `a`, `a and b`, `a, b and c`. */
function list(names: readonly string[]): string {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}
