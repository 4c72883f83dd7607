import { heapSize } from "bun:jsc";
import { webAddress } from "../../core/address.ts";
import type { Asker, Audit } from "../../core/audit.ts";
import type { DescriptorBudget } from "../../core/descriptors.ts";
import { describeError } from "../../core/errors.ts";
import type { Logger } from "../../core/log.ts";
import type { TlsSetting } from "../../core/tls-setting.ts";
import { History } from "../../observe/history.ts";
import { logTraffic } from "../../observe/log-traffic.ts";
import { TrafficHub } from "../../observe/traffic-hub.ts";
import { type KeptToken, keepToken } from "../admin/generated-token.ts";
import { openAdmin } from "../admin/open-admin.ts";
import type { RunningAdmin } from "../admin/start.ts";
import type { Plan } from "../config/plan.ts";
import type { AdminConfig, LogConfig, Settings } from "../config/schema.ts";
import { ProcessGuards } from "../guards/process-guards.ts";
import type { ServerIo } from "../io.ts";
import { CaptureControl } from "../run/capture-control.ts";
import { CaptureLocks } from "../run/capture-locks.ts";
import { CaptureScript } from "../run/capture-script.ts";
import { collectAfterReading } from "../run/collect-after-reading.ts";
import { compareLimits, descriptorBudget } from "../run/descriptors.ts";
import { sayWhatIsOpen } from "../run/open-services.ts";
import { Reloader, type ReloadReport } from "../run/reloader.ts";
import { logCounters, reachable } from "../run/report.ts";
import { Supervisor } from "../run/supervisor.ts";
import { FileWatcher } from "./file-watcher.ts";
import { processHealth } from "./health.ts";
import { reloadAndLog } from "./reload-log.ts";
import { logStart, printStart } from "./start-report.ts";
import { type Stop, stopOnce } from "./stopping.ts";
import type { WrittenFiles } from "./written-files.ts";

/** Grace period of a stop when there are no clients to wait for. */
const shortGraceMs = 500;

export interface LabOptions {
  readonly plan: Plan;
  readonly files: WrittenFiles;
  /** As the configuration has them: a token that was made is not among them. */
  readonly settings: Settings;
  /** The token of `plan`, where it was made for this start. */
  readonly madeToken: string | undefined;
  /** Undefined: the configuration inside the program. */
  readonly configFile: string | undefined;
  /** Reads the configuration again. @throws {ConfigError} */
  readonly read: () => Plan;
  /** For people, and not for programs. */
  readonly asText: boolean;
  readonly io: ServerIo;
}

/** All that runs in this process, from its start to its end: services, admin service, observers, what it writes. */
export class LabProcess {
  readonly #options: LabOptions;
  readonly #own: Logger;
  readonly #audit: Audit | undefined;
  readonly #hub: TrafficHub;
  readonly #history: History;
  readonly #budget: DescriptorBudget | undefined;
  readonly #guards: ProcessGuards;
  readonly #supervisor: Supervisor;
  readonly #capture: CaptureControl;
  readonly #script: CaptureScript;
  readonly #watcher: FileWatcher;
  readonly #reloader: Reloader;
  readonly #stop: Stop;
  #leaveLog: (() => void) | undefined;
  #admin: RunningAdmin | undefined;
  #kept: KeptToken | undefined;

  constructor(options: LabOptions) {
    const { plan, files, settings, configFile, read, io } = options;
    this.#options = options;
    const own = files.log.logger("distsrv");
    this.#own = own;
    this.#audit = files.audit?.of("distsrv");
    this.#hub = new TrafficHub((error) => own.error(bug(`an observer failed: ${stackOf(error)}`)));
    this.#logTraffic(plan.settings.log);
    this.#history = new History({ onRatesChange: () => this.#hub.updateRates() });
    this.#hub.add(this.#history);
    this.#budget = descriptorBudget(plan, io.descriptors);
    this.#guards = new ProcessGuards(plan.settings, own);
    this.#recordBans();
    this.#supervisor = new Supervisor(plan, {
      ...{ descriptors: this.#budget, guards: this.#guards, audit: files.audit?.of },
      ...{ logger: files.log.logger, hub: this.#hub, version: io.version, spawnWorker: io.spawnWorker },
    });
    this.#capture = this.#makeCapture();
    files.capture = this.#capture;
    this.#script = new CaptureScript(io.captureScripts, own);
    io.onUncaught((error) => own.error(bug(stackOf(error))));
    this.#watcher = new FileWatcher(configFile, io, () => void this.#reload({ by: "watch" }).catch(() => {}));
    this.#reloader = this.#makeReloader(read, settings);
    this.#stop = stopOnce(io, this.#supervisor, own, this.#audit);
  }

  #makeCapture(): CaptureControl {
    const { io } = this.#options;
    const supervisor = this.#supervisor;
    const application = `distsrv ${io.version}`;
    return new CaptureControl({
      ...{ hub: this.#hub, log: this.#own, application },
      hasDatagrams: (name) => supervisor.hasDatagrams(name),
      roleOf: (name) => supervisor.roleOf(name),
      writable: io.environment.DISTSRV_STATE_DIR,
      locks: new CaptureLocks(io.lockDirectory, `${application} (pid ${io.facts().pid})`),
    });
  }

  #makeReloader(read: () => Plan, settings: Settings): Reloader {
    const setLog = (config: LogConfig) => {
      this.#options.files.log.setLevel(config.level);
      this.#logTraffic(config);
    };
    return new Reloader(
      {
        ...{ read, supervisor: this.#supervisor, setLog },
        setCapture: (capture) => this.#setCapture(capture),
        setGuards: (all) => this.#guards.configure(all),
        setUsers: (users) => this.#setUsers(users),
        setWatch: (plan) => this.#watcher.follow(plan),
        renewTls: async (tls: TlsSetting) => (await this.#admin?.renewTls(tls)) ?? false,
      },
      settings,
    );
  }

  /** Logs what services receive and answer, as the settings say now. */
  #logTraffic({ level, messages }: LogConfig): void {
    const { logger } = this.#options.files.log;
    this.#leaveLog?.();
    this.#leaveLog = this.#hub.add(logTraffic(logger, level === "info" || level === "debug" ? messages : 0));
  }

  /** Those bans that people make are recorded with who has asked for them. */
  #recordBans(): void {
    this.#guards.bans.onBan(({ address, reason, by, since, until }) => {
      const seconds = until === null ? undefined : Math.round((until - since) / 1000);
      if (by === "guard") this.#audit?.("address-banned", { address, seconds, reason, by });
    });
  }

  /** Begins the capture that the settings ask for. @returns why it cannot */
  async beginCapture(): Promise<string | undefined> {
    const { capture } = this.#options.plan.settings;
    return this.#setCapture(capture) ?? (await this.#script.whyNot(capture));
  }

  /** @returns why it cannot capture as the settings say; undefined: it does */
  #setCapture(settings: Settings["capture"]): string | undefined {
    try {
      this.#capture.set(settings);
      return undefined;
    } catch (error) {
      return describeError(error);
    }
  }

  /** Starts the services, and says what runs. @throws {StartError} after all of it has been stopped */
  async start(): Promise<void> {
    const { plan, io, madeToken } = this.#options;
    this.#listenToSignals();
    this.#watcher.follow(plan);
    this.#audit?.("started", { version: io.version, pid: io.facts().pid, config: plan.file });
    try {
      await this.#startServices();
    } catch (error) {
      await this.#supervisor.stop(AbortSignal.timeout(shortGraceMs)).catch(() => {});
      await this.#admin?.stop(AbortSignal.timeout(shortGraceMs));
      throw error;
    }
    if (this.#admin !== undefined && madeToken !== undefined) this.#kept = this.#keep(madeToken, this.#admin);
    if (!this.#supervisor.isStopping) this.#sayWhatRuns();
    collectAfterReading(0);
  }

  #listenToSignals(): void {
    const { files, io } = this.#options;
    const reload = (signal: string) =>
      void this.#reload({ by: signal }).catch(() => this.#own.info(`${signal}: nothing is changed`));
    io.onSignal("report", () => void logCounters(this.#supervisor, files.log.logger));
    io.onSignal("reload", reload);
    io.onSignal("reopen", () => void files.reopen(this.#own));
  }

  async #startServices(): Promise<void> {
    const { wantsAdmin } = this.#options.plan;
    const supervisor = this.#supervisor;
    // When it is configured, an error about its port comes before any service accepts clients.
    if (wantsAdmin) this.#admin = await this.#openAdmin();
    await supervisor.start();
    if (!wantsAdmin && !supervisor.isStopping) this.#admin = await this.#openAdmin();
    if (!supervisor.isStopping) await this.#writeScript();
  }

  #openAdmin(): Promise<RunningAdmin | undefined> {
    const { plan, files, io } = this.#options;
    const [guards, budget] = [this.#guards, this.#budget];
    const ofAdmin = () => this.#admin?.problems() ?? [];
    return openAdmin({
      ...{ plan, io, guards, supervisor: this.#supervisor, hub: this.#hub, history: this.#history },
      ...{ descriptors: budget, log: this.#own, audit: this.#audit, drain: this.#stop.drain },
      health: processHealth({ files, budget, guards, descriptors: io.descriptors, ofAdmin }),
      reload: (asker) => this.#reload(asker),
    });
  }

  #sayWhatRuns(): void {
    const { plan, io, asText } = this.#options;
    const [own, budget] = [this.#own, this.#budget];
    const warn = () => {
      if (budget !== undefined) compareLimits(plan, budget, own);
      sayWhatIsOpen(plan, own);
    };
    const dashboard = this.#admin && webAddress(reachable(this.#admin.address));
    const start = { plan, supervisor: this.#supervisor, own, io, dashboard, token: this.#kept?.notice, warn };
    if (asText) printStart(start);
    else logStart(start);
  }

  async #reload(asker: Asker): Promise<ReloadReport> {
    const heap = heapSize();
    try {
      const report = await reloadAndLog(this.#reloader, this.#own, this.#audit, asker);
      await this.#writeScript();
      return report;
    } finally {
      collectAfterReading(heap);
    }
  }

  #writeScript(): Promise<void> {
    return this.#script.update(this.#supervisor.plan.settings.capture, this.#supervisor.status());
  }

  /** @returns false when there is no admin service */
  #setUsers(users: AdminConfig["users"]): boolean {
    const admin = this.#admin;
    const token = admin?.setUsers(users);
    if (admin !== undefined && token !== undefined) {
      this.#own.warning(
        "admin.users has nobody now, so the admin service takes a token that was made just now",
      );
      this.#kept = this.#keep(token, admin);
      this.#options.io.err(`${this.#kept.notice}\n`);
    }
    return admin !== undefined;
  }

  #keep(token: string, { address }: RunningAdmin): KeptToken {
    return keepToken(token, address.port, this.#options.io.environment);
  }

  /** Waits until somebody stops it, and ends what remains then. @returns whether all stopped without errors */
  async ended(): Promise<boolean> {
    const clean = await this.#stop.stopped;
    this.#watcher.stop();
    await this.#admin?.stop(AbortSignal.timeout(shortGraceMs));
    this.#kept?.forget();
    this.#audit?.("stopped", { clean });
    return clean;
  }
}

const bug = (text: string): string => `A bug, please report it: ${text}`;

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
