import type { Audit } from "../../core/audit.ts";
import type { DescriptorBudget } from "../../core/descriptors.ts";
import type { Guards } from "../../core/guards.ts";
import type { Logger } from "../../core/log.ts";
import { canSharePort } from "../../core/ports.ts";
import type { RoleContext } from "../../core/role.ts";
import type { TrafficHub } from "../../observe/traffic-hub.ts";
import type { Plan, PlannedService } from "../config/plan.ts";
import type { BanList } from "../guards/ban-list.ts";
import { type Runner, runOnMainThread } from "./runner.ts";
import { Threads } from "./threads.ts";

export interface SupervisorOptions {
  readonly logger: (service: string) => Logger;
  readonly hub: TrafficHub;
  /** The program's version. */
  readonly version: string;
  readonly spawnWorker: () => Worker;
  /** Absent: connections are not limited by file descriptors. */
  readonly descriptors?: DescriptorBudget | undefined;
  /** Absent: nobody is kept out. */
  readonly guards?: SupervisorGuards | undefined;
  /** Absent: nothing is recorded. Worker threads have none, because nobody logs in there. */
  readonly audit?: ((service: string) => Audit) | undefined;
}

/** Guards whose bans worker threads follow. */
export interface SupervisorGuards extends Guards {
  readonly bans: BanList;
}

type Fail = (error: Error) => void;

/** Starts a planned service, on the main thread or in worker threads. Every start takes the port of the first one. */
export class ServiceLauncher {
  readonly #plan: Plan;
  readonly #planned: PlannedService;
  readonly #options: SupervisorOptions;
  /** Its worker threads, which load before the service is launched. */
  #prepared: Threads | undefined;
  #port: number | undefined;

  /** @param port that an earlier start got for port 0 */
  constructor(plan: Plan, planned: PlannedService, options: SupervisorOptions, port?: number) {
    this.#port = port;
    this.#plan = plan;
    this.#planned = planned;
    this.#options = options;
  }

  /** The port of the first start. */
  get port(): number | undefined {
    return this.#port;
  }

  /** Begins to load worker threads before it is the service's turn to start. */
  prepare(fail: Fail): void {
    const { role, config, name } = this.#planned;
    const wanted = role.threads?.(config) ?? 0;
    const count = canSharePort ? wanted : Math.min(wanted, 1);
    if (count === 0) return;
    const { logger, hub, spawnWorker: spawn, version, descriptors, guards } = this.#options;
    const { definitions: operations, settings } = this.#plan;
    this.#prepared = new Threads(
      { ...this.#planned, config: this.#config() },
      {
        count,
        spawn,
        hub,
        version,
        descriptors,
        bans: guards?.bans,
        log: logger(name),
        operations,
        graceMs: settings.grace,
        fail,
      },
    );
  }

  /** Gives up the threads that are prepared and not launched. The caller has to stop them. */
  takePrepared(): Runner | undefined {
    const prepared = this.#prepared;
    this.#prepared = undefined;
    return prepared;
  }

  /** @param fail unused when threads were prepared, which have their own. @throws {StartError} */
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
    const { logger, hub, version, descriptors, guards, audit } = this.#options;
    const { name } = this.#planned;
    const context: RoleContext = {
      service: name,
      version,
      log: logger(name),
      traffic: hub.service(name),
      operations: this.#plan.operations,
      thread: 0,
      joins: false,
      descriptors,
      guards,
      audit: audit?.(name),
      fail,
    };
    return runOnMainThread({ ...this.#planned, config: this.#config() }, context);
  }

  /** The configuration. For port 0, a restart takes the port that the first start got, because clients know it. */
  #config(): unknown {
    const { config } = this.#planned;
    const isAnyPort = typeof config === "object" && config !== null && "port" in config && config.port === 0;
    return isAnyPort && this.#port !== undefined ? { ...config, port: this.#port } : config;
  }
}
