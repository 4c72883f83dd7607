import { describeError } from "../../core/errors.ts";
import { nearest } from "../../core/nearest.ts";
import type { Action, View } from "../../core/role.ts";
import type { Plan, PlannedService } from "../config/plan.ts";
import { ControlError } from "./control-error.ts";
import type { SupervisorOptions } from "./service-launcher.ts";
import type { ServiceStatus } from "./service-status.ts";
import { SupervisedService } from "./supervised-service.ts";

export type ServiceCommand = "start" | "stop" | "restart";

/** Runs a plan: starts its services in order, keeps them running, stops them in reverse. */
export class Supervisor {
  readonly #services: SupervisedService[];
  readonly #graceMs: number;
  #stopped: Promise<void> | undefined;

  constructor(plan: Plan, options: SupervisorOptions) {
    this.#graceMs = plan.settings.grace;
    this.#services = plan.services.map((planned) => new SupervisedService(plan, planned, options));
  }

  /**
   * @throws {StartError} of the service that could not start, after those before it have been stopped again; an
   * AggregateError when one of them does not stop either
   */
  async start(): Promise<void> {
    for (const service of this.#services) service.prepare();
    for (const service of this.#services) {
      // A stop was requested while the services before it started.
      if (this.#stopped !== undefined) return;
      try {
        await service.start();
      } catch (error) {
        await this.stop(AbortSignal.timeout(1000)).catch((also) => {
          throw new AggregateError([error, also], `${describeError(error)}; and: ${describeError(also)}`);
        });
        throw error;
      }
    }
  }

  get isStopping(): boolean {
    return this.#stopped !== undefined;
  }

  status(): ServiceStatus[] {
    return this.#services.map((service) => service.status());
  }

  /** @throws {ControlError} when there is none of this name */
  statusOf(name: string): ServiceStatus {
    return this.#get(name).status();
  }

  /** Its part of the plan. @throws {ControlError} when there is none of this name */
  plannedOf(name: string): PlannedService {
    return this.#get(name).planned;
  }

  async stats(name: string): Promise<Readonly<Record<string, number>>> {
    return (await this.#find(name)?.runner?.stats()) ?? {};
  }

  /** Undefined where the service has no connections, or does not run. */
  async clients(name: string): Promise<readonly string[] | undefined> {
    return await this.#find(name)?.runner?.clients();
  }

  problems(name: string): readonly string[] {
    return this.#find(name)?.runner?.problems() ?? [];
  }

  /** The views of a service; none while it does not run. */
  views(name: string): Readonly<Record<string, View>> {
    return this.#find(name)?.runner?.views ?? {};
  }

  actions(name: string): Readonly<Record<string, Action>> {
    return this.#find(name)?.runner?.actions ?? {};
  }

  /**
   * Starts, stops or restarts one service; the others are left alone.
   * @throws {ControlError} when there is none of this name, or its state does not allow it
   * @throws {StartError} when it cannot start; it has failed then
   */
  async control(name: string, command: ServiceCommand): Promise<ServiceStatus> {
    const service = this.#get(name);
    if (this.isStopping)
      throw new ControlError("conflict", `Cannot ${command} "${name}": distsrv itself is stopping`);
    const deadline = () => AbortSignal.timeout(this.#graceMs);
    if (command === "start") await service.requestStart();
    else if (command === "stop") await service.requestStop(deadline());
    else await service.requestRestart(deadline());
    return service.status();
  }

  #get(name: string): SupervisedService {
    const service = this.#find(name);
    if (service !== undefined) return service;
    const names = this.#services.map(({ planned }) => planned.name);
    const guess = nearest(name, names);
    const hint = guess === undefined ? `There are ${names.join(", ")}` : `Did you mean "${guess}"?`;
    throw new ControlError("unknown", `There is no service "${name}". ${hint}`);
  }

  /** Safe to call twice: the second call waits for the first. */
  stop(deadline: AbortSignal): Promise<void> {
    this.#stopped ??= this.#stopAll(deadline);
    return this.#stopped;
  }

  async #stopAll(deadline: AbortSignal): Promise<void> {
    // They stop accepting in reverse order, and then drain in parallel until the same deadline.
    const errors: unknown[] = [];
    const stops = this.#services.toReversed().map((service) => service.stop(deadline));
    await Promise.all(stops.map((stop) => stop.catch((error) => errors.push(error))));
    if (errors.length > 0) throw new AggregateError(errors, errors.map(describeError).join("; "));
  }

  #find(name: string): SupervisedService | undefined {
    return this.#services.find((service) => service.planned.name === name);
  }
}
