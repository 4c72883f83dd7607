import { formatAddress } from "../../core/address.ts";
import { late, withDeadline } from "../../core/deadline.ts";
import { asError, describeError } from "../../core/errors.ts";
import type { Plan, PlannedService } from "../config/plan.ts";
import { backoff } from "./backoff.ts";
import { ControlError } from "./control-error.ts";
import type { Runner } from "./runner.ts";
import { cannotOverlap, changedKeys, type ServiceChange } from "./service-change.ts";
import { ServiceLauncher, type SupervisorOptions } from "./service-launcher.ts";
import { type ServiceState, type ServiceStatus, stateWords } from "./service-status.ts";

/** How long past its deadline a stop may take before it counts as failed. */
const stopTimeoutMs = 500;

/**
 * One service of a plan: starts it, stops it, and restarts it after a failure. A command changes the state at once and
 * is carried out when the commands before it are done. So the second of two equal commands in one tick is refused.
 */
export class SupervisedService {
  runner: Runner | undefined;
  readonly #options: SupervisorOptions;
  #launcher: ServiceLauncher;
  #planned: PlannedService;
  readonly #pause = backoff();
  #state: ServiceState = "stopped";
  /** The target of the latest command. A stop also cancels a start or a restart that is not finished yet. */
  #target: "up" | "down" = "up";
  #runningSince: number | undefined;
  #restarts = 0;
  #error: string | undefined;
  #timer: Timer | undefined;
  /** Counts the stops, so that failures reported by an earlier run are ignored. */
  #run = 0;
  /** The last command. Start, stop and restart of one service never overlap. */
  #queue: Promise<unknown> = Promise.resolve();

  constructor(plan: Plan, planned: PlannedService, options: SupervisorOptions) {
    this.#options = options;
    this.#planned = planned;
    this.#launcher = new ServiceLauncher(plan, planned, options);
  }

  /** Its part of the plan. */
  get planned(): PlannedService {
    return this.#planned;
  }

  status(): ServiceStatus {
    const { name, role } = this.planned;
    return {
      name,
      role: role.name,
      state: this.#state,
      addresses: this.runner?.addresses ?? [],
      runningSince: this.#state === "running" ? this.#runningSince : undefined,
      restarts: this.#restarts,
      error: this.#error,
    };
  }

  /** Begins to load it. It is started when the services before it in the plan have been. */
  prepare(): void {
    this.#state = "starting";
    this.#launcher.prepare(this.#failOnce());
  }

  /** Starts it in its turn, unless it was asked to stop since `prepare`. @throws {StartError} */
  start(): Promise<void> {
    return this.#enqueue(() => this.#launch(false));
  }

  stop(deadline: AbortSignal): Promise<void> {
    this.#claim("stopping", "down");
    return this.#enqueue(async () => {
      await this.#stopRunner(deadline);
      this.#state = "stopped";
      this.#error = undefined;
    });
  }

  /**
   * Starts it on request, at once if it waits for its restart.
   * @throws {ControlError} while it runs, starts or stops, or when it is asked to stop before it runs
   * @throws {StartError} when it cannot start; it has failed then
   */
  async requestStart(): Promise<void> {
    this.#refuse("start", ["running", "starting", "stopping"]);
    const isAgain = this.#state !== "stopped";
    this.#claim("starting", "up");
    await this.#enqueue(() => this.#launch(isAgain));
    this.#refuseIfStopped("start");
  }

  /** Stops it on request; clears a failure. @throws {ControlError} when it is stopped or stopping */
  async requestStop(deadline: AbortSignal): Promise<void> {
    this.#refuse("stop", ["stopped", "stopping"]);
    await this.stop(deadline);
  }

  /**
   * Restarts it on request, on the same port; starts it if it does not run.
   * @throws {ControlError} while it starts or stops, or when it is asked to stop meanwhile
   * @throws {StartError} when it cannot start any more; it has failed then
   */
  async requestRestart(deadline: AbortSignal): Promise<void> {
    this.#refuse("restart", ["starting", "stopping"]);
    this.#claim("stopping", "up");
    await this.#enqueue(async () => {
      await this.#stopRunner(deadline);
      if (this.#target === "up") this.#state = "starting";
      await this.#launch(true);
    });
    this.#refuseIfStopped("restart");
  }

  /**
   * Goes over to another configuration: live where its role can, otherwise by a restart. Where that fails, the old
   * configuration is back.
   * @param otherReason what has changed besides its own configuration, which only a restart applies
   */
  reconfigure(
    plan: Plan,
    next: PlannedService,
    otherReason: string | undefined,
    deadline: () => AbortSignal,
  ): Promise<ServiceChange> {
    return this.#enqueue(async () => {
      const { name } = next;
      const before = this.#planned;
      const keys = changedKeys(before, next);
      if (keys.length === 0 && otherReason === undefined) {
        // The same text may come from a file now, and is not to be shown any more.
        this.#planned = { ...before, hidden: next.hidden };
        return await this.#renewTls(next);
      }
      const launcher = new ServiceLauncher(plan, next, this.#options, this.#launcher.port);
      const take = () => {
        this.#planned = next;
        this.#launcher = launcher;
      };
      if (this.#state === "stopped") {
        take();
        return { name, outcome: "changed", keys, reason: "it is stopped" };
      }
      const isLive =
        otherReason === undefined && !keys.includes("role") && (await this.#applyLive(keys, next));
      if (isLive) {
        take();
        // Of the settings that changed live none may have been tls, and its files hold something else.
        if (!keys.includes("tls")) await this.#renewTls(next);
        return { name, outcome: "changed", keys };
      }
      return await this.#replace(
        launcher,
        next,
        { name, keys, why: otherReason ?? whyRestart(keys) },
        take,
        deadline,
      );
    });
  }

  async #applyLive(keys: readonly string[], { config }: PlannedService): Promise<boolean> {
    // What happens after a failure is the supervisor's own matter.
    if (keys.every((key) => key === "restart")) return true;
    return this.#state === "running" && (await this.runner?.reload(config)) === true;
  }

  /** The settings are the same, and the files that they name may hold something else. */
  async #renewTls({ name, config }: PlannedService): Promise<ServiceChange> {
    if (this.#state !== "running") return { name, outcome: "unchanged", keys: [] };
    try {
      const isRenewed = await this.runner?.renewTls(config);
      if (isRenewed !== true) return { name, outcome: "unchanged", keys: [] };
      return { name, outcome: "changed", keys: ["tls"], reason: "new clients get the new certificates" };
    } catch (error) {
      const reason = `${describeError(error)}; it runs on with the certificates that it has`;
      return { name, outcome: "failed", keys: ["tls"], reason };
    }
  }

  async #replace(
    launcher: ServiceLauncher,
    next: PlannedService,
    { name, keys, why }: { readonly name: string; readonly keys: readonly string[]; readonly why: string },
    take: () => void,
    deadline: () => AbortSignal,
  ): Promise<ServiceChange> {
    const old = this.#launcher;
    const isFirst = this.runner !== undefined && !cannotOverlap(this.#planned, next);
    clearTimeout(this.#timer);
    try {
      if (isFirst) await this.#swap(launcher, deadline());
      else {
        await this.#stopRunner(deadline());
        this.#state = "starting";
        await this.#launchWith(launcher);
      }
      take();
      return { name, outcome: "restarted", keys, reason: why };
    } catch (error) {
      const reason = describeError(error);
      if (isFirst) return { name, outcome: "failed", keys, reason: `${reason}; it runs on as it was` };
      return { name, outcome: "failed", keys, reason: `${reason}; ${await this.#goBack(old)}` };
    }
  }

  /** Starts the new one before the old one goes: no client finds the door closed. */
  async #swap(launcher: ServiceLauncher, deadline: AbortSignal): Promise<void> {
    const next = await launcher.launch(this.#failOnce(this.#run + 1));
    const old = this.runner;
    this.#run++;
    this.runner = next;
    this.#runningSince = Date.now();
    this.#restarts++;
    try {
      const outcome = await withDeadline(old?.stop(deadline) ?? Promise.resolve(), deadline, stopTimeoutMs);
      if (outcome === late) throw new Error("it does not stop in time");
    } catch (error) {
      this.#options
        .logger(this.#planned.name)
        .error(`What ran before does not stop: ${describeError(error)}`);
    }
  }

  async #launchWith(launcher: ServiceLauncher): Promise<void> {
    this.runner = await launcher.launch(this.#failOnce());
    this.#state = "running";
    this.#target = "up";
    this.#runningSince = Date.now();
    this.#error = undefined;
    this.#restarts++;
  }

  /** @returns what runs now */
  async #goBack(old: ServiceLauncher): Promise<string> {
    try {
      await this.#launchWith(old);
      return "it runs as before";
    } catch (error) {
      this.#target = "up";
      // As after any failure, it is tried again. The queue is ours until then.
      void this.#handleFailure(asError(error));
      return `nor does it start as before: ${describeError(error)}`;
    }
  }

  #claim(state: ServiceState, target: "up" | "down"): void {
    clearTimeout(this.#timer);
    this.#state = state;
    this.#target = target;
  }

  #refuse(what: string, states: readonly ServiceState[]): void {
    if (!states.includes(this.#state)) return;
    throw new ControlError(
      "conflict",
      `Cannot ${what} "${this.planned.name}": it ${stateWords[this.#state]}`,
    );
  }

  #refuseIfStopped(what: string): void {
    if (this.#target === "up") return;
    throw new ControlError(
      "conflict",
      `Cannot ${what} "${this.planned.name}": it was asked to stop in the meantime`,
    );
  }

  #enqueue<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(work);
    this.#queue = result.catch(() => {});
    return result;
  }

  /** @param isAgain counts as a restart once it runs */
  async #launch(isAgain: boolean): Promise<void> {
    if (this.#target === "down" || this.runner !== undefined) return;
    try {
      this.runner = await this.#launcher.launch(this.#failOnce());
    } catch (error) {
      this.#state = "failed";
      this.#error = describeError(error);
      throw error;
    }
    // It may have failed, or may have been asked to stop, while it started.
    if (this.#state !== "starting") return;
    this.#state = "running";
    this.#runningSince = Date.now();
    this.#error = undefined;
    if (isAgain) this.#restarts++;
  }

  async #stopRunner(deadline: AbortSignal): Promise<void> {
    this.#run++;
    const running = this.runner ?? this.#launcher.takePrepared();
    this.runner = undefined;
    try {
      if (running === undefined) return;
      const outcome = await withDeadline(running.stop(deadline), deadline, stopTimeoutMs);
      if (outcome === late) throw new Error("it does not stop in time");
    } catch (cause) {
      const error = new ControlError("stuck", `Cannot stop "${this.planned.name}"`, { cause });
      this.#state = "failed";
      this.#error = describeError(error);
      throw error;
    }
  }

  /** Handles the first failure of a run. Errors while it is stopped because of that are not failures of their own. */
  #failOnce(run = this.#run): (error: Error) => void {
    let hasFailed = false;
    return (error) => {
      if (hasFailed || run !== this.#run || this.#state === "stopping" || this.#state === "stopped") return;
      hasFailed = true;
      void this.#handleFailure(asError(error));
    };
  }

  async #handleFailure(error: Error): Promise<void> {
    const log = this.#options.logger(this.planned.name);
    const state = this.planned.restart === "never" ? "failed" : "waiting";
    const why = describeError(error);
    this.#error = why;
    this.#state = state;
    try {
      await this.#enqueue(() => this.#stopRunner(AbortSignal.abort()));
    } catch (also) {
      log.error(describeError(also));
      // The first failure is reported, rather than the stop that failed because of it.
      if (this.#target === "up" && this.#state === "failed") this.#state = state;
      this.#error = why;
    }
    if (state === "failed") return log.error(`Failed: ${why}. It stays down (restart: never)`);
    // It was asked to start or to stop in the meantime.
    if (this.#state !== "waiting") return;
    const pause = this.#pause.next();
    log.error(`Failed: ${why}. It is started again in ${pause} ms`);
    this.#timer = setTimeout(() => void this.#restart(), pause);
  }

  async #restart(): Promise<void> {
    // It was started or stopped on request in the meantime.
    if (this.#state !== "waiting") return;
    this.#state = "starting";
    try {
      await this.#enqueue(() => this.#launch(true));
      if (this.status().state !== "running") return;
      const addresses = this.runner?.addresses.map(formatAddress).join(", ");
      this.#options.logger(this.planned.name).info(`Started again on ${addresses}`);
    } catch (error) {
      if (this.#target === "up") await this.#handleFailure(asError(error));
    }
  }
}

const whyRestart = (keys: readonly string[]): string =>
  `${keys.join(", ")} ${keys.length === 1 ? "is" : "are"} read at the start`;
