import { type DescriptorBudget, divideDescriptors } from "../../core/descriptors.ts";
import type { Logger } from "../../core/log.ts";
import { type Problem, problem } from "../../core/problem.ts";
import type { Plan, PlannedService } from "../config/plan.ts";

/** What the system says about the process' file descriptors. Injected by the entry. */
export interface Descriptors {
  /** Undefined where the system does not say. */
  readonly limit: number | undefined;
  /** The lowest one that is free; Infinity when none is. */
  next(): number;
  /** How many are open; undefined where the system does not list them. */
  open(): number | undefined;
}

/** Below this limit a lab for a class does not fit. */
const smallLimit = 1024;

/** Divides the file descriptors between the services of a plan; undefined where their limit is not known. */
export function descriptorBudget(plan: Plan, { limit, next }: Descriptors): DescriptorBudget | undefined {
  if (limit === undefined) return undefined;
  const listeners = plan.services.reduce((sum, service) => sum + listenersOf(service), 0);
  return divideDescriptors(limit, Math.min(next(), limit), listeners);
}

function listenersOf({ role, config }: PlannedService): number {
  return Math.max(1, role.threads?.(config) ?? 0) * Math.max(1, role.ports?.(config).length ?? 0);
}

/** Logs, in one line, when the services may have more connections than the process may have descriptors. */
export function compareLimits(plan: Plan, budget: DescriptorBudget, log: Logger): void {
  const wanted = plan.services.reduce((sum, { config }) => sum + maxConnectionsOf(config), 0);
  const { limit, reserved } = budget;
  if (wanted <= reserved) return;
  const line = `maxConnections of all services is ${wanted} together, and this process may have ${limit} file descriptors: new connections are closed when ${reserved} are open. To have more, raise the limit (ulimit -n, LimitNOFILE=)`;
  if (limit < smallLimit) log.warning(line);
  else log.debug(line);
}

function maxConnectionsOf(config: unknown): number {
  const isMap = typeof config === "object" && config !== null && "maxConnections" in config;
  return isMap && typeof config.maxConnections === "number" ? config.maxConnections : 0;
}

/** One while there is no room for new connections. */
export function descriptorProblems({ limit, shared }: DescriptorBudget, next: number): Problem[] {
  if (next < shared) return [];
  const isFull = next >= limit;
  const open = isFull ? "All" : `${next} or more`;
  const text = `${open} of ${limit} file descriptors are open: new connections are closed, except where a service has few. Close some, or raise the limit (ulimit -n, LimitNOFILE=)`;
  return [problem("descriptors", text, { open: isFull ? limit : next, limit })];
}
