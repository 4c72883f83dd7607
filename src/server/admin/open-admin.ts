import type { Audit } from "../../core/audit.ts";
import type { DescriptorBudget } from "../../core/descriptors.ts";
import { describeError } from "../../core/errors.ts";
import type { Logger } from "../../core/log.ts";
import type { History } from "../../observe/history.ts";
import type { Metrics } from "../../observe/metrics.ts";
import type { TrafficHub } from "../../observe/traffic-hub.ts";
import type { Plan } from "../config/plan.ts";
import type { ProcessGuards } from "../guards/process-guards.ts";
import type { ServerIo } from "../io.ts";
import type { Supervisor } from "../run/supervisor.ts";
import type { AdminContext, ProcessHealth } from "./context.ts";
import { type RecordedRates, recordRates } from "./record-rates.ts";
import { type RunningAdmin, startAdmin } from "./start.ts";

export interface OpenAdminOptions {
  readonly plan: Plan;
  readonly supervisor: Supervisor;
  readonly hub: TrafficHub;
  readonly history: History;
  readonly log: Logger;
  readonly io: ServerIo;
  readonly health: ProcessHealth;
  readonly descriptors?: DescriptorBudget | undefined;
  readonly guards: ProcessGuards;
  readonly audit?: Audit | undefined;
  readonly drain: AdminContext["drain"];
  readonly reload: AdminContext["reload"];
}

/**
 * Opens the admin service of a lab. It is optional when the file does not configure it: when its port is taken, e.g.
 * by a second lab on the same machine, the lab runs without it.
 * @throws {StartError} when the file does configure it, and the port cannot be had
 */
export async function openAdmin(options: OpenAdminOptions): Promise<RunningAdmin | undefined> {
  const { plan, supervisor, hub, history, log, io, health, drain, reload, guards, audit } = options;
  const config = plan.settings.admin;
  if (config === false) return undefined;
  const { facts, names, tries, copyStore, version, serveApp, localUsers } = io;
  const metrics = readMetrics(options, hub);
  const dashboard = async () => (await import("../../dashboard/assets.ts")).dashboardAssets();
  const { bans, logins } = guards;
  const process = { version, facts, names, health, copyStore, bans, logins, drain, reload, audit };
  const recorded = recordRates(supervisor, log);
  const rates = recorded.history;
  const context = { config, supervisor, hub, history, rates, log, metrics, dashboard, ...process };
  try {
    const complete = tries === undefined ? context : { ...context, tries };
    const admin = await startAdmin(complete, {
      serve: serveApp,
      localUsers,
      descriptors: options.descriptors,
    });
    return { ...admin, stop: (deadline) => stopBoth(recorded, admin, deadline) };
  } catch (error) {
    recorded.stop();
    if (plan.wantsAdmin) throw error;
    log.warning(`There is no dashboard: ${describeError(error)}; or set admin: false to do without it`);
    return undefined;
  }
}

async function stopBoth(recorded: RecordedRates, admin: RunningAdmin, deadline: AbortSignal): Promise<void> {
  recorded.stop();
  await admin.stop(deadline);
}

/** The metrics' text. Their library is loaded by the first scrape. */
function readMetrics({ supervisor, io, health }: OpenAdminOptions, hub: TrafficHub): () => Promise<string> {
  let loading: Promise<Metrics> | undefined;
  return async () => {
    loading ??= import("../../observe/metrics.ts").then(({ Metrics }) => new Metrics(hub));
    const metrics = await loading;
    const services = supervisor.status().map(async ({ name, role, state, restarts }) => ({
      name,
      role,
      isRunning: state === "running",
      restarts,
      problems: supervisor.problems(name).length,
      stats: await supervisor.stats(name),
    }));
    const lostLogLines = health.lostLogLines();
    const descriptors = health.descriptors();
    const guards = health.guards();
    const capture = health.capture();
    const process = { version: io.version, lostLogLines, capture, descriptors, guards, ...io.facts() };
    return await metrics.text(await Promise.all(services), process);
  };
}
