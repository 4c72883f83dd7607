import { formatAddress } from "../../core/address.ts";
import type { DescriptorBudget } from "../../core/descriptors.ts";
import { describeError, StartError } from "../../core/errors.ts";
import type { Logger } from "../../core/log.ts";
import { History } from "../../observe/history.ts";
import { type Log, openLog } from "../../observe/log.ts";
import { logTraffic } from "../../observe/log-traffic.ts";
import { TrafficHub } from "../../observe/traffic-hub.ts";
import type { ProcessHealth } from "../admin/context.ts";
import { keepToken, withGeneratedToken } from "../admin/generated-token.ts";
import { openAdmin } from "../admin/open-admin.ts";
import type { RunningAdmin } from "../admin/start.ts";
import { ConfigError } from "../config/diagnostic.ts";
import type { Plan, Registry } from "../config/plan.ts";
import type { LogConfig } from "../config/schema.ts";
import { exitStatus, type ServerIo } from "../io.ts";
import { compareLimits, descriptorBudget, descriptorProblem } from "../run/descriptors.ts";
import { hyperlink, understandsLinks } from "../run/hyperlink.ts";
import { logCounters, reachable, startTable } from "../run/report.ts";
import { Supervisor } from "../run/supervisor.ts";
import { type PlanOptions, planOf } from "./plan-of.ts";
import { wantedPorts, withoutBusy } from "./skip-busy.ts";

/** Grace period of a stop when there are no clients to wait for. */
const shortGraceMs = 500;

export interface RunOptions extends PlanOptions {
  /** Services whose ports are busy are left out. */
  readonly skipBusy?: boolean | undefined;
}

/** Runs the services until a signal comes. @returns the exit status */
export async function run(options: RunOptions, registry: Registry, io: ServerIo): Promise<number> {
  const wholePlan = planOrReport(options, registry, io);
  if (wholePlan === undefined) return exitStatus.usage;
  const skip = { skipBusy: options.skipBusy === true, isBuiltIn: options.config === undefined };
  const chosen = await withoutBusy(wholePlan, skip, io);
  if (chosen === undefined) return exitStatus.failed;
  const { plan, made } = withGeneratedToken(chosen);
  const { level, messages, format } = plan.settings.log;
  const asText = format === "text" || (format === "auto" && io.isTerminal);
  const log = logOrReport(plan.settings.log, asText, io);
  if (log === undefined) return exitStatus.failed;
  const own = log.logger("distsrv");
  const left = wholePlan.services.filter(({ name }) => !plan.services.some((other) => other.name === name));
  if (left.length > 0)
    own.warning(`Runs without ${left.map(({ name }) => name).join(", ")}: their ports are in use`);
  const hub = new TrafficHub((error) =>
    own.error(`A bug, please report it: an observer failed: ${stackOf(error)}`),
  );
  hub.add(logTraffic(log.logger, level === "info" || level === "debug" ? messages : 0));
  const history = new History({ onRatesChange: () => hub.updateRates() });
  hub.add(history);
  const budget = descriptorBudget(plan, io.descriptors);
  const supervisor = new Supervisor(plan, {
    descriptors: budget,
    logger: log.logger,
    hub,
    version: io.version,
    spawnWorker: io.spawnWorker,
  });
  io.onUncaught((error) => own.error(`A bug, please report it: ${stackOf(error)}`));
  const health = processHealth(log, budget, io);
  let admin: RunningAdmin | undefined;
  const { stopped, drain } = stopOnce(io, plan, supervisor, own);
  io.onSignal("report", () => void logCounters(supervisor, log.logger));

  try {
    const open = () =>
      openAdmin({ plan, supervisor, hub, history, descriptors: budget, log: own, io, health, drain });
    // When it is configured, an error about its port comes before any service accepts clients.
    if (plan.wantsAdmin) admin = await open();
    await supervisor.start();
    if (!plan.wantsAdmin && !supervisor.isStopping) admin = await open();
  } catch (error) {
    await supervisor.stop(AbortSignal.timeout(shortGraceMs)).catch(() => {});
    await admin?.stop(AbortSignal.timeout(shortGraceMs));
    await log.close();
    for (const message of await startErrors(error, plan, io)) io.err(`${message}\n`);
    return exitStatus.failed;
  }
  const kept = admin && made !== undefined ? keepToken(made, admin.address.port, io.environment) : undefined;
  if (!supervisor.isStopping) {
    const dashboard = admin && `http://${formatAddress(reachable(admin.address))}`;
    const warn = () => budget !== undefined && compareLimits(plan, budget, own);
    const start = { plan, supervisor, own, io, dashboard, token: kept?.notice, warn };
    if (asText) printStart(start);
    else logStart(start);
  }
  const clean = await stopped;
  await admin?.stop(AbortSignal.timeout(shortGraceMs));
  kept?.forget();
  await log.close();
  return clean ? exitStatus.ok : exitStatus.failed;
}

function processHealth(log: Log, budget: DescriptorBudget | undefined, io: ServerIo): ProcessHealth {
  const { limit, next, open } = io.descriptors;
  const ofDescriptors = () => (budget === undefined ? undefined : descriptorProblem(budget, next()));
  return {
    problems: () => [...log.problems(), ...[ofDescriptors()].filter((text) => text !== undefined)],
    lostLogLines: () => log.lost(),
    descriptors: () => ({ open: open(), limit }),
  };
}

/** Why nothing was started. With a port in use, the other ports in use are listed, too. Our own are free by now. */
async function startErrors(error: unknown, plan: Plan, io: ServerIo): Promise<string[]> {
  const first = describeError(error);
  if (!(error instanceof StartError && error.code === "port-in-use")) return [first];
  const busy = (await io.busyPorts?.(wantedPorts(plan))) ?? [];
  const messages = busy.map(({ error }) => error.message);
  return messages.length > 0 ? messages : [first];
}

interface Start {
  readonly plan: Plan;
  readonly supervisor: Supervisor;
  readonly own: Logger;
  readonly io: ServerIo;
  /** The dashboard's address, if there is one. */
  readonly dashboard: string | undefined;
  /** A sentence with the token that was made for it. It is printed, and never logged: files and collectors keep a log. */
  readonly token: string | undefined;
  /** Logs what might go wrong later. */
  readonly warn: () => void;
}

/** For people: the dashboard's address stands first and last, where it is found again above and below the table. */
function printStart({ plan, supervisor, own, dashboard, token, warn, io }: Start): void {
  const { stdout, colour, isTerminal, environment, names } = io;
  const link = dashboard && `Dashboard: ${hyperlink(dashboard, isTerminal && understandsLinks(environment))}`;
  if (link !== undefined) stdout.write(`${link}\n`);
  stdout.write(startTable(plan, supervisor.status(), names, colour));
  warn();
  logReady(plan, own);
  if (token !== undefined) stdout.write(`${token}\n`);
  stdout.write(`${["Ctrl-C stops.", link].filter((part) => part !== undefined).join(" ")}\n`);
}

/** For programs: a log line for each address. */
function logStart({ plan, supervisor, own, io, dashboard, token, warn }: Start): void {
  warn();
  for (const { name, role, addresses } of supervisor.status()) {
    for (const { transport, host, port } of addresses) {
      own.info("Listening", { name, role, transport, host, port });
    }
  }
  if (dashboard !== undefined) own.info(`Dashboard: ${dashboard}`);
  if (token !== undefined) io.err(`${token}\n`);
  logReady(plan, own);
}

/** The last line of a start, for scripts to wait for. */
function logReady(plan: Plan, own: Logger): void {
  const count = plan.services.length === 1 ? "1 service runs" : `${plan.services.length} services run`;
  own.info(`${count} from ${plan.file}; SIGTERM stops, SIGUSR2 logs counters and clients`);
}

function planOrReport(options: RunOptions, registry: Registry, io: ServerIo): Plan | undefined {
  try {
    return planOf(options, registry, io);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    io.err(`${error.report()}\n`);
    return undefined;
  }
}

function logOrReport({ level, file }: LogConfig, asText: boolean, io: ServerIo): Log | undefined {
  const { colour, stdout: output, err } = io;
  const format = asText ? "text" : "json";
  const report = (problem: string) => err(`${problem}\n`);
  try {
    return openLog({ level, file, format, colour, output, report });
  } catch (error) {
    io.err(`Cannot write the log to ${file}: ${describeError(error)}\n`);
    return undefined;
  }
}

interface Stop {
  /** Resolves when everything has stopped: true if without errors. */
  readonly stopped: Promise<boolean>;
  /** @param reason the first words of the log line */
  readonly drain: (reason: string) => void;
}

/** The first request to stop drains, also while services still start; a second signal ends at once. */
function stopOnce(io: ServerIo, plan: Plan, supervisor: Supervisor, own: Logger): Stop {
  const { grace } = plan.settings;
  const { promise: stopped, resolve } = Promise.withResolvers<boolean>();
  let isDraining = false;
  const drain = (reason: string) => {
    if (isDraining) return;
    isDraining = true;
    own.info(`${reason}: unfinished replies have ${grace / 1000} s; a second signal ends at once`);
    supervisor.stop(AbortSignal.timeout(grace)).then(
      () => {
        own.info("Stopped");
        resolve(true);
      },
      (error: unknown) => {
        io.err(`${describeError(error)}\n`);
        resolve(false);
      },
    );
  };
  io.onSignal("stop", (signal) => (isDraining ? io.exit(exitStatus.failed) : drain(signal)));
  return { stopped, drain };
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
