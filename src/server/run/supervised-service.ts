import { type Address, formatAddress } from "../../core/address.ts";
import { asError, describeError } from "../../core/errors.ts";
import type { Logger } from "../../core/log.ts";
import type { Action, RoleContext, View } from "../../core/role.ts";
import type { TrafficHub } from "../../observe/traffic-hub.ts";
import type { Plan, PlannedService } from "../config/plan.ts";
import { backoff } from "./backoff.ts";
import { ControlError } from "./control-error.ts";
import { inTime } from "./in-time.ts";
import { runOnMainThread } from "./main-thread.ts";
import type { Runner } from "./runner.ts";
import { Threads } from "./threads.ts";

export type ServiceState = "starting" | "running" | "waiting" | "stopping" | "stopped" | "failed";

export interface ServiceStatus {
  readonly name: string;
  readonly role: string;
  readonly state: ServiceState;
  readonly addresses: readonly Address[];
  /** Milliseconds since 1970 at which it last began to run; undefined while it does not. */
  readonly runningSince: number | undefined;
  /** How often it was started again, after a failure or because somebody asked. */
  readonly restarts: number;
  /** Why it is waiting or has failed. */
  readonly error?: string | undefined;
}

export interface SupervisorOptions {
  readonly logger: (service: string) => Logger;
  readonly hub: TrafficHub;
  /** The program's. */
  readonly version: string;
  readonly spawnWorker: () => Worker;
}

/** One service of a plan: started, stopped, and started again when it fails. */
export class SupervisedService {
  runner: Runner | undefined;
  readonly #plan: Plan;
  readonly #options: SupervisorOptions;
  readonly #pause = backoff();
  /** Its threads, loading, before it is started. */
  #prepared: Threads | undefined;
  #state: ServiceState = "stopped";
  #runningSince: number | undefined;
  #restarts = 0;
  #error: string | undefined;
  #port: number | undefined;
  #timer: Timer | undefined;
  /** Start, stop and restart of one service never overlap. */
  #work: Promise<unknown> = Promise.resolve();

  constructor(
    plan: Plan,
    readonly planned: PlannedService,
    options: SupervisorOptions,
  ) {
    this.#plan = plan;
    this.#options = options;
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

  start(): Promise<void> {
    return this.#inTurn(async () => {
      this.#state = "starting";
      try {
        this.runner = await this.#run();
        this.#learnPort(this.runner.addresses);
        // It may have failed, or been asked to stop, before it had started.
        if (this.#state !== "starting") return;
        this.#state = "running";
        this.#runningSince = Date.now();
        this.#error = undefined;
      } catch (error) {
        this.#state = "failed";
        this.#error = describeError(error);
        throw error;
      }
    });
  }

  stop(deadline: AbortSignal): Promise<void> {
    clearTimeout(this.#timer);
    if (this.#state !== "failed") this.#state = "stopping";
    return this.#inTurn(async () => {
      await this.#stopRunner(deadline);
      if (this.#state !== "failed") this.#state = "stopped";
    });
  }

  get problems(): readonly string[] {
    return this.runner?.problems() ?? [];
  }

  get views(): Readonly<Record<string, View>> {
    return this.runner?.views ?? {};
  }

  get actions(): Readonly<Record<string, Action>> {
    return this.runner?.actions ?? {};
  }

  /**
   * Somebody wants it to run; one that waits for its restart need not wait any longer.
   * @throws {ControlError} when it runs, or is on its way
   * @throws {StartError} when it cannot start; it has failed then
   */
  async resume(): Promise<void> {
    this.#refuse("start", ["running", "starting", "stopping"]);
    clearTimeout(this.#timer);
    await this.start();
  }

  /** Somebody wants it to stop. @throws {ControlError} when it does not run */
  async halt(deadline: AbortSignal): Promise<void> {
    this.#refuse("stop", ["stopped", "stopping", "failed"]);
    await this.stop(deadline);
  }

  /**
   * Stops it, if it runs, and starts it on the port that it had.
   * @throws {ControlError} while it starts or stops
   * @throws {StartError} when it cannot start any more; it has failed then
   */
  async cycle(deadline: AbortSignal): Promise<void> {
    this.#refuse("restart", ["starting", "stopping"]);
    await this.stop(deadline);
    this.#restarts++;
    await this.start();
  }

  #refuse(what: string, states: readonly ServiceState[]): void {
    if (!states.includes(this.#state)) return;
    throw new ControlError("conflict", `Cannot ${what} "${this.planned.name}": it is ${this.#state}`);
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#work.then(work);
    this.#work = result.catch(() => {});
    return result;
  }

  /** What takes time and touches nobody else is begun before the service's turn comes. */
  prepare(): void {
    const count = this.planned.role.threads?.(this.planned.config) ?? 0;
    if (count === 0) return;
    const { logger, hub, spawnWorker: spawn, version } = this.#options;
    this.#prepared = new Threads(
      { ...this.planned, config: this.#config() },
      {
        count,
        spawn,
        hub,
        version,
        log: logger(this.planned.name),
        operations: this.#plan.definitions,
        graceMs: this.#plan.settings.grace,
        fail: this.#failOnce(),
      },
    );
  }

  async #run(): Promise<Runner> {
    const { planned } = this;
    const { logger, hub, version } = this.#options;
    if (this.#prepared === undefined) this.prepare();
    const threads = this.#prepared;
    this.#prepared = undefined;
    if (threads !== undefined) {
      await threads.start();
      return threads;
    }
    const context: RoleContext = {
      service: planned.name,
      version,
      log: logger(planned.name),
      traffic: hub.service(planned.name),
      operations: this.#plan.operations,
      thread: 0,
      joins: false,
      fail: this.#failOnce(),
    };
    return await runOnMainThread({ ...planned, config: this.#config() }, context);
  }

  /** Port 0 was any port; once clients know the one it became, a restart takes the same. */
  #config(): unknown {
    const { config } = this.planned;
    const isAnyPort = typeof config === "object" && config !== null && "port" in config && config.port === 0;
    return isAnyPort && this.#port !== undefined ? { ...config, port: this.#port } : config;
  }

  #learnPort([address]: readonly Address[]): void {
    this.#port ??= address?.port;
  }

  /** A service that fails reports it once; what it says while it is being stopped for that is not another failure. */
  #failOnce(): (error: Error) => void {
    let told = false;
    return (error) => {
      if (told || this.#state === "stopping" || this.#state === "stopped") return;
      told = true;
      void this.#failed(asError(error));
    };
  }

  async #failed(error: Error): Promise<void> {
    const log = this.#options.logger(this.planned.name);
    this.#error = describeError(error);
    this.#state = this.planned.restart === "never" ? "failed" : "waiting";
    await this.#inTurn(() => this.#stopRunner(AbortSignal.abort())).catch((also) =>
      log.error(describeError(also)),
    );
    if (this.planned.restart === "never") {
      log.error(`Failed: ${this.#error}. It stays down (restart: never)`);
      return;
    }
    // Asked to stop in the meantime.
    if (this.#state !== "waiting") return;
    const pause = this.#pause.next();
    log.error(`Failed: ${this.#error}. It is started again in ${pause} ms`);
    this.#timer = setTimeout(() => void this.#restart(), pause);
  }

  async #restart(): Promise<void> {
    // Somebody has started or stopped it by hand in the meantime.
    if (this.#state !== "waiting") return;
    this.#restarts++;
    try {
      await this.start();
      if (this.status().state !== "running") return;
      const addresses = this.runner?.addresses.map(formatAddress).join(", ");
      this.#options.logger(this.planned.name).info(`Started again on ${addresses}`);
    } catch (error) {
      await this.#failed(asError(error));
    }
  }

  async #stopRunner(deadline: AbortSignal): Promise<void> {
    const running = this.runner ?? this.#prepared;
    this.runner = undefined;
    this.#prepared = undefined;
    try {
      if (running !== undefined) await inTime(running.stop(deadline), deadline);
    } catch (error) {
      throw new Error(`Cannot stop "${this.planned.name}"`, { cause: error });
    }
  }
}
