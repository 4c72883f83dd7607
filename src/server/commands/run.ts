import { statSync } from "node:fs";
import { webAddress } from "../../core/address.ts";
import type { Asker, Audit } from "../../core/audit.ts";
import type { DescriptorBudget } from "../../core/descriptors.ts";
import { describeError, StartError } from "../../core/errors.ts";
import type { Logger } from "../../core/log.ts";
import type { Problem } from "../../core/problem.ts";
import type { TlsSetting } from "../../core/tls-setting.ts";
import { type AuditFile, openAudit } from "../../observe/audit-file.ts";
import { History } from "../../observe/history.ts";
import { type Log, openLog } from "../../observe/log.ts";
import { logTraffic } from "../../observe/log-traffic.ts";
import { TrafficHub } from "../../observe/traffic-hub.ts";
import type { ProcessHealth } from "../admin/context.ts";
import { type KeptToken, keepToken, withGeneratedToken } from "../admin/generated-token.ts";
import { openAdmin } from "../admin/open-admin.ts";
import type { RunningAdmin } from "../admin/start.ts";
import { ConfigError } from "../config/diagnostic.ts";
import type { Plan, Registry } from "../config/plan.ts";
import type { AdminConfig, LogConfig, Settings } from "../config/schema.ts";
import { ProcessGuards } from "../guards/process-guards.ts";
import { exitStatus, type ServerIo } from "../io.ts";
import { CaptureControl } from "../run/capture-control.ts";
import { collectAfterReading } from "../run/collect-after-reading.ts";
import { compareLimits, descriptorBudget, descriptorProblems } from "../run/descriptors.ts";
import { hyperlink, understandsLinks } from "../run/hyperlink.ts";
import { sayWhatIsOpen } from "../run/open-services.ts";
import { prepared } from "../run/prepare.ts";
import { describeReload, isApplied, Reloader, type ReloadReport } from "../run/reloader.ts";
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
  const { plan: asked, made } = withGeneratedToken(chosen, io.localUsers !== undefined);
  const { format } = asked.settings.log;
  const asText = format === "text" || (format === "auto" && io.isTerminal);
  const log = logOrReport(asked.settings.log, asText, io);
  if (log === undefined) return exitStatus.failed;
  const plan = preparedOrReport(asked, log, io);
  if (plan === undefined) return exitStatus.failed;
  const { file: auditPath } = plan.settings.audit ?? {};
  const auditFile = auditPath === undefined ? undefined : auditOrReport(auditPath, io);
  if (auditPath !== undefined && auditFile === undefined) return exitStatus.failed;
  const audit = auditFile?.of("distsrv");
  const own = log.logger("distsrv");
  const left = wholePlan.services.filter(({ name }) => !plan.services.some((other) => other.name === name));
  if (left.length > 0)
    own.warning(`Runs without ${left.map(({ name }) => name).join(", ")}: their ports are in use`);
  const hub = new TrafficHub((error) =>
    own.error(`A bug, please report it: an observer failed: ${stackOf(error)}`),
  );
  const setLogTraffic = trafficLogger(hub, log);
  setLogTraffic(plan.settings.log);
  const history = new History({ onRatesChange: () => hub.updateRates() });
  hub.add(history);
  const budget = descriptorBudget(plan, io.descriptors);
  const guards = new ProcessGuards(plan.settings, own);
  if (audit !== undefined) recordGuardBans(guards, audit);
  const supervisor = new Supervisor(plan, {
    descriptors: budget,
    guards,
    audit: auditFile?.of,
    logger: log.logger,
    hub,
    version: io.version,
    spawnWorker: io.spawnWorker,
  });
  const capture = new CaptureControl({
    hub,
    log: own,
    application: `distsrv ${io.version}`,
    hasDatagrams: (name) => supervisor.hasDatagrams(name),
  });
  const noCapture = captureAsSet(capture, plan.settings.capture);
  if (noCapture !== undefined) {
    await Promise.all([log.close(), auditFile?.close()]);
    io.err(`${noCapture}\n`);
    return exitStatus.failed;
  }
  io.onUncaught((error) => own.error(`A bug, please report it: ${stackOf(error)}`));
  let admin: RunningAdmin | undefined;
  const health = processHealth(
    { log, audit: auditFile, capture },
    budget,
    guards,
    io,
    () => admin?.problems() ?? [],
  );
  const { stopped, drain } = stopOnce(io, supervisor, own, audit);
  io.onSignal("report", () => void logCounters(supervisor, log.logger));
  const setLog = (config: LogConfig) => {
    log.setLevel(config.level);
    setLogTraffic(config);
  };
  const read = () => prepared(planOf(options, registry, io), log.logger);
  const setWatch = fileWatcher(options.config, io, () => void reload({ by: "watch" }).catch(() => {}));
  const renewTls = async (tls: TlsSetting) => (await admin?.renewTls(tls)) ?? false;
  const keep = (token: string, { address }: RunningAdmin) => keepToken(token, address.port, io.environment);
  let kept: KeptToken | undefined;
  const setUsers = (users: AdminConfig["users"]) => {
    const token = admin?.setUsers(users);
    if (admin !== undefined && token !== undefined) {
      own.warning("admin.users has nobody now, so the admin service takes a token that was made just now");
      kept = keep(token, admin);
      io.err(`${kept.notice}\n`);
    }
    return admin !== undefined;
  };
  const setGuards = (settings: Settings) => guards.configure(settings);
  const setCapture = (settings: Settings["capture"]) => captureAsSet(capture, settings);
  const reloader = new Reloader(
    { read, supervisor, setLog, setCapture, setGuards, setUsers, setWatch, renewTls },
    wholePlan.settings,
  );
  const reload = (asker: Asker) =>
    reloadAndLog(reloader, own, audit, asker).finally(() => collectAfterReading());
  setWatch(plan);
  io.onSignal(
    "reload",
    (signal) => void reload({ by: signal }).catch(() => own.info(`${signal}: nothing is changed`)),
  );
  io.onSignal("reopen", () => void reopenFiles(log, auditFile, capture, own));
  audit?.("started", { version: io.version, pid: io.facts().pid, config: plan.file });

  try {
    const open = () =>
      openAdmin({
        plan,
        supervisor,
        hub,
        history,
        descriptors: budget,
        guards,
        log: own,
        io,
        health,
        audit,
        drain,
        reload,
      });
    // When it is configured, an error about its port comes before any service accepts clients.
    if (plan.wantsAdmin) admin = await open();
    await supervisor.start();
    if (!plan.wantsAdmin && !supervisor.isStopping) admin = await open();
  } catch (error) {
    await supervisor.stop(AbortSignal.timeout(shortGraceMs)).catch(() => {});
    await admin?.stop(AbortSignal.timeout(shortGraceMs));
    await capture.close();
    await Promise.all([log.close(), auditFile?.close()]);
    for (const message of await startErrors(error, plan, io)) io.err(`${message}\n`);
    return exitStatus.failed;
  }
  if (admin !== undefined && made !== undefined) kept = keep(made, admin);
  if (!supervisor.isStopping) {
    const dashboard = admin && webAddress(reachable(admin.address));
    const warn = () => {
      if (budget !== undefined) compareLimits(plan, budget, own);
      sayWhatIsOpen(plan, own);
    };
    const start = { plan, supervisor, own, io, dashboard, token: kept?.notice, warn };
    if (asText) printStart(start);
    else logStart(start);
  }
  collectAfterReading();
  const clean = await stopped;
  setWatch(undefined);
  await admin?.stop(AbortSignal.timeout(shortGraceMs));
  kept?.forget();
  audit?.("stopped", { clean });
  await capture.close();
  await Promise.all([log.close(), auditFile?.close()]);
  return clean ? exitStatus.ok : exitStatus.failed;
}

/** Watches the file and those that it names while it is asked to. Without a file there is nothing to watch. */
function fileWatcher(file: string | undefined, io: ServerIo, call: () => void) {
  const watched = new Map<string, () => void>();
  return (plan: Plan | undefined) => {
    const others = plan?.otherFiles.filter(isFile) ?? [];
    const wanted = new Set(plan?.settings.watch && file !== undefined ? [file, ...others] : []);
    for (const [path, unwatch] of watched) {
      if (wanted.has(path)) continue;
      unwatch();
      watched.delete(path);
    }
    for (const path of wanted) {
      if (watched.has(path)) continue;
      try {
        watched.set(path, io.watchFile(path, call));
      } catch (error) {
        io.err(`Cannot watch ${path}, so it is read again only when asked to: ${describeError(error)}\n`);
      }
    }
  };
}

/** A folder, such as that of a durable broker, changes all the time. */
const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() === true;

/** Logs what services receive and answer, as the settings say now. */
function trafficLogger(hub: TrafficHub, log: Log): (config: LogConfig) => void {
  let leave: (() => void) | undefined;
  return ({ level, messages }) => {
    leave?.();
    leave = hub.add(logTraffic(log.logger, level === "info" || level === "debug" ? messages : 0));
  };
}

/** Whoever asks gets the report; the log has it in any case. */
async function reloadAndLog(
  reloader: Reloader,
  own: Logger,
  audit: Audit | undefined,
  asker: Asker,
): Promise<ReloadReport> {
  try {
    const report = await reloader.reload();
    const changes = report.services.filter(({ outcome }) => outcome !== "unchanged");
    const lines = describeReload({ ...report, services: changes });
    const text = lines.length === 0 ? "nothing has changed" : lines.join("; ");
    if (isApplied(report)) own.info(`Read the settings again: ${text}`);
    else own.error(`Read the settings again, and not all could be applied: ${text}`);
    audit?.("reloaded", { changes: text, ...asker });
    return report;
  } catch (error) {
    const why = error instanceof ConfigError ? error.report() : describeError(error);
    own.error(`The settings are as they were: ${why}`);
    audit?.("reload-failed", { ...asker });
    throw error;
  }
}

async function reopenFiles(
  log: Log,
  audit: AuditFile | undefined,
  capture: CaptureControl,
  own: Logger,
): Promise<void> {
  const found = [
    await reopen("log", () => log.reopen(), own),
    audit !== undefined && (await reopen("audit", () => audit.reopen().then(() => true), own)),
    await reopen("capture", async () => capture.startFile(), own),
  ];
  if (!found.includes(true))
    own.info("There is no file to open again: none of log.file, audit and capture is set");
}

/** @returns why it cannot capture as the settings say; undefined: it does */
function captureAsSet(capture: CaptureControl, settings: Settings["capture"]): string | undefined {
  try {
    capture.set(settings);
    return undefined;
  } catch (error) {
    return describeError(error);
  }
}

/** @param open resolves to false where there is no file. @returns whether there is one */
async function reopen(what: string, open: () => Promise<boolean>, own: Logger): Promise<boolean> {
  try {
    const isOpen = await open();
    if (isOpen) own.info(`Goes on in a new ${what} file`);
    return isOpen;
  } catch (error) {
    own.error(`Cannot open the ${what} file again, so it goes on in the old one: ${describeError(error)}`);
    return true;
  }
}

/** Those that people make are recorded with who has asked for them. */
function recordGuardBans({ bans }: ProcessGuards, audit: Audit): void {
  bans.onBan(({ address, reason, by, since, until }) => {
    const seconds = until === null ? undefined : Math.round((until - since) / 1000);
    if (by === "guard") audit("address-banned", { address, seconds, reason, by });
  });
}

/** Files that distsrv writes. */
interface Written {
  readonly log: Log;
  readonly audit: AuditFile | undefined;
  readonly capture: CaptureControl;
}

function processHealth(
  { log, audit, capture }: Written,
  budget: DescriptorBudget | undefined,
  guards: ProcessGuards,
  io: ServerIo,
  ofAdmin: () => readonly Problem[],
): ProcessHealth {
  const { limit, next, open } = io.descriptors;
  const ofDescriptors = () => budget && descriptorProblems(budget, next());
  return {
    problems: () => [
      ...log.problems(),
      ...(audit?.problems() ?? []),
      ...capture.problems(),
      ...(ofDescriptors() ?? []),
      ...guards.problems(),
      ...ofAdmin(),
    ],
    capture: () => capture.counts,
    lostLogLines: () => ({ ...log.lost(), ...(audit !== undefined && { audit: audit.lost() }) }),
    descriptors: () => ({ open: open(), limit }),
    guards: () => guards.numbers(),
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
  /** Logs what might go wrong later, and who may come in. */
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
  own.info(
    `${count} from ${plan.file}; SIGTERM stops, SIGHUP reads it again, SIGUSR2 logs counters and clients`,
  );
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

function preparedOrReport(plan: Plan, log: Log, io: ServerIo): Plan | undefined {
  try {
    return prepared(plan, log.logger);
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

function auditOrReport(path: string, io: ServerIo): AuditFile | undefined {
  try {
    return openAudit(path, (problem) => io.err(`${problem}\n`));
  } catch (error) {
    io.err(`Cannot write the audit to ${path}: ${describeError(error)}\n`);
    return undefined;
  }
}

interface Stop {
  /** Resolves when everything has stopped: true if without errors. */
  readonly stopped: Promise<boolean>;
  /** @param reason the first words of the log line */
  readonly drain: (reason: string, asker?: Asker) => void;
}

/** The first request to stop drains, also while services still start; a second signal ends at once. */
function stopOnce(io: ServerIo, supervisor: Supervisor, own: Logger, audit: Audit | undefined): Stop {
  const { promise: stopped, resolve } = Promise.withResolvers<boolean>();
  let isDraining = false;
  const drain = (reason: string, asker: Asker = { by: reason }) => {
    if (isDraining) return;
    isDraining = true;
    audit?.("stopping", { ...asker });
    const { grace } = supervisor.plan.settings;
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
