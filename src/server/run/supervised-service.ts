import { formatAddress } from "../../core/address.ts";
import { asError, describeError } from "../../core/errors.ts";
import type { Plan, PlannedService } from "../config/plan.ts";
import { backoff } from "./backoff.ts";
import { ControlError } from "./control-error.ts";
import { inTime } from "./in-time.ts";
import type { Runner } from "./runner.ts";
import { ServiceLauncher, type SupervisorOptions } from "./service-launcher.ts";
import { type ServiceState, type ServiceStatus, stateWords } from "./service-status.ts";

/**
 * One service of a plan: started, stopped, and started again when it fails. What is asked of it is claimed at once,
 * in its state, and done in turn; so of two that ask the same in one tick the second is refused.
 */
export class SupervisedService {
  runner: Runner | undefined;
  readonly #options: SupervisorOptions;
  readonly #launcher: ServiceLauncher;
  readonly #pause = backoff();
  #state: ServiceState = "stopped";
  /** What was asked for last: a stop is final also for a start or a restart that has not come to its end. */
  #wanted: "up" | "down" = "up";
  #runningSince: number | undefined;
  #restarts = 0;
  #error: string | undefined;
  #timer: Timer | undefined;
  /** Counts what has been launched and stopped: one that was stopped has no more say. */
  #life = 0;
  /** Start, stop and restart of one service never overlap. */
  #work: Promise<unknown> = Promise.resolve();

  constructor(
    plan: Plan,
    readonly planned: PlannedService,
    options: SupervisorOptions,
  ) {
    this.#options = options;
    this.#launcher = new ServiceLauncher(plan, planned, options);
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

  /** It is going to be started, when those before it in the plan have been. */
  prepare(): void {
    this.#state = "starting";
    this.#launcher.prepare(this.#failOnce());
  }

  /** Its turn has come; one that was asked to stop since it was prepared is left alone. @throws {StartError} */
  start(): Promise<void> {
    return this.#inTurn(() => this.#launch(false));
  }

  stop(deadline: AbortSignal): Promise<void> {
    this.#claim("stopping", "down");
    return this.#inTurn(async () => {
      await this.#stopRunner(deadline);
      this.#state = "stopped";
      this.#error = undefined;
    });
  }

  /**
   * Somebody wants it to run; one that waits for its restart need not wait any longer.
   * @throws {ControlError} when it runs, or is on its way, or is asked to stop before it runs
   * @throws {StartError} when it cannot start; it has failed then
   */
  async resume(): Promise<void> {
    this.#refuse("start", ["running", "starting", "stopping"]);
    const isAgain = this.#state !== "stopped";
    this.#claim("starting", "up");
    await this.#inTurn(() => this.#launch(isAgain));
    this.#refuseUnwanted("start");
  }

  /** Somebody wants it to stop, or to forget that it has failed. @throws {ControlError} when it does not run */
  async halt(deadline: AbortSignal): Promise<void> {
    this.#refuse("stop", ["stopped", "stopping"]);
    await this.stop(deadline);
  }

  /**
   * Stops it, if it runs, and starts it on the port that it had.
   * @throws {ControlError} while it starts or stops, or when it is asked to stop meanwhile
   * @throws {StartError} when it cannot start any more; it has failed then
   */
  async cycle(deadline: AbortSignal): Promise<void> {
    this.#refuse("restart", ["starting", "stopping"]);
    this.#claim("stopping", "up");
    await this.#inTurn(async () => {
      await this.#stopRunner(deadline);
      if (this.#wanted === "up") this.#state = "starting";
      await this.#launch(true);
    });
    this.#refuseUnwanted("restart");
  }

  #claim(state: ServiceState, wanted: "up" | "down"): void {
    clearTimeout(this.#timer);
    this.#state = state;
    this.#wanted = wanted;
  }

  #refuse(what: string, states: readonly ServiceState[]): void {
    if (!states.includes(this.#state)) return;
    throw new ControlError(
      "conflict",
      `Cannot ${what} "${this.planned.name}": it ${stateWords[this.#state]}`,
    );
  }

  #refuseUnwanted(what: string): void {
    if (this.#wanted === "up") return;
    throw new ControlError(
      "conflict",
      `Cannot ${what} "${this.planned.name}": it was asked to stop in the meantime`,
    );
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#work.then(work);
    this.#work = result.catch(() => {});
    return result;
  }

  /** @param isAgain counts as a restart once it runs */
  async #launch(isAgain: boolean): Promise<void> {
    if (this.#wanted === "down" || this.runner !== undefined) return;
    try {
      this.runner = await this.#launcher.launch(this.#failOnce());
    } catch (error) {
      this.#state = "failed";
      this.#error = describeError(error);
      throw error;
    }
    // It may have failed, or been asked to stop, before it had started.
    if (this.#state !== "starting") return;
    this.#state = "running";
    this.#runningSince = Date.now();
    this.#error = undefined;
    if (isAgain) this.#restarts++;
  }

  async #stopRunner(deadline: AbortSignal): Promise<void> {
    this.#life++;
    const running = this.runner ?? this.#launcher.takePrepared();
    this.runner = undefined;
    try {
      if (running !== undefined) await inTime(running.stop(deadline), deadline);
    } catch (cause) {
      const error = new ControlError("stuck", `Cannot stop "${this.planned.name}"`, { cause });
      this.#state = "failed";
      this.#error = describeError(error);
      throw error;
    }
  }

  /** A service that fails reports it once; what it says while it is being stopped for that is not another failure. */
  #failOnce(): (error: Error) => void {
    const life = this.#life;
    let told = false;
    return (error) => {
      if (told || life !== this.#life || this.#state === "stopping" || this.#state === "stopped") return;
      told = true;
      void this.#failed(asError(error));
    };
  }

  async #failed(error: Error): Promise<void> {
    const log = this.#options.logger(this.planned.name);
    const state = this.planned.restart === "never" ? "failed" : "waiting";
    const why = describeError(error);
    this.#error = why;
    this.#state = state;
    try {
      await this.#inTurn(() => this.#stopRunner(AbortSignal.abort()));
    } catch (also) {
      log.error(describeError(also));
      // Whatever it could not let go of, it is the failure that counts.
      if (this.#wanted === "up" && this.#state === "failed") this.#state = state;
      this.#error = why;
    }
    if (state === "failed") return log.error(`Failed: ${why}. It stays down (restart: never)`);
    // Asked to start or to stop in the meantime.
    if (this.#state !== "waiting") return;
    const pause = this.#pause.next();
    log.error(`Failed: ${why}. It is started again in ${pause} ms`);
    this.#timer = setTimeout(() => void this.#restart(), pause);
  }

  async #restart(): Promise<void> {
    // Somebody has started or stopped it by hand in the meantime.
    if (this.#state !== "waiting") return;
    this.#state = "starting";
    try {
      await this.#inTurn(() => this.#launch(true));
      if (this.status().state !== "running") return;
      const addresses = this.runner?.addresses.map(formatAddress).join(", ");
      this.#options.logger(this.planned.name).info(`Started again on ${addresses}`);
    } catch (error) {
      if (this.#wanted === "up") await this.#failed(asError(error));
    }
  }
}
