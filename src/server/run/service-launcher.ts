import type { Logger } from "../../core/log.ts";
import type { RoleContext } from "../../core/role.ts";
import type { TrafficHub } from "../../observe/traffic-hub.ts";
import type { Plan, PlannedService } from "../config/plan.ts";
import { runOnMainThread } from "./main-thread.ts";
import type { Runner } from "./runner.ts";
import { Threads } from "./threads.ts";

export interface SupervisorOptions {
  readonly logger: (service: string) => Logger;
  readonly hub: TrafficHub;
  /** The program's. */
  readonly version: string;
  readonly spawnWorker: () => Worker;
}

type Fail = (error: Error) => void;

/** Makes a planned service run, on the main thread or in threads of its own, each time on the port of the first time. */
export class ServiceLauncher {
  readonly #plan: Plan;
  readonly #planned: PlannedService;
  readonly #options: SupervisorOptions;
  /** Its threads, loading, before it is launched. */
  #prepared: Threads | undefined;
  #port: number | undefined;

  constructor(plan: Plan, planned: PlannedService, options: SupervisorOptions) {
    this.#plan = plan;
    this.#planned = planned;
    this.#options = options;
  }

  /** What takes time and touches nobody else is begun before the service's turn comes. */
  prepare(fail: Fail): void {
    const { role, config, name } = this.#planned;
    const count = role.threads?.(config) ?? 0;
    if (count === 0) return;
    const { logger, hub, spawnWorker: spawn, version } = this.#options;
    const { definitions: operations, settings } = this.#plan;
    this.#prepared = new Threads(
      { ...this.#planned, config: this.#config() },
      { count, spawn, hub, version, log: logger(name), operations, graceMs: settings.grace, fail },
    );
  }

  /** What has been prepared and is not launched: whoever takes it stops it. */
  takePrepared(): Runner | undefined {
    const prepared = this.#prepared;
    this.#prepared = undefined;
    return prepared;
  }

  /** @param fail not called by what has been prepared, which has its own. @throws {StartError} */
  async launch(fail: Fail): Promise<Runner> {
    if (this.#prepared === undefined) this.prepare(fail);
    const threads = this.#prepared;
    this.#prepared = undefined;
    await threads?.start();
    const runner = threads ?? (await this.#runOnMainThread(fail));
    this.#port ??= runner.addresses[0]?.port;
    return runner;
  }

  #runOnMainThread(fail: Fail): Promise<Runner> {
    const { logger, hub, version } = this.#options;
    const { name } = this.#planned;
    const context: RoleContext = {
      service: name,
      version,
      log: logger(name),
      traffic: hub.service(name),
      operations: this.#plan.operations,
      thread: 0,
      joins: false,
      fail,
    };
    return runOnMainThread({ ...this.#planned, config: this.#config() }, context);
  }

  /** Port 0 was any port; once clients know the one it became, a restart takes the same. */
  #config(): unknown {
    const { config } = this.#planned;
    const isAnyPort = typeof config === "object" && config !== null && "port" in config && config.port === 0;
    return isAnyPort && this.#port !== undefined ? { ...config, port: this.#port } : config;
  }
}
