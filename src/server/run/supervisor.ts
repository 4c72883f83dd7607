import { describeError } from "../../core/errors.ts";
import { nearest } from "../../core/nearest.ts";
import type { Problem } from "../../core/problem.ts";
import type { Action, View } from "../../core/role.ts";
import type { Plan, PlannedService } from "../config/plan.ts";
import { ControlError } from "./control-error.ts";
import { changesOperations, type ServiceChange } from "./service-change.ts";
import type { SupervisorOptions } from "./service-launcher.ts";
import type { ServiceStatus } from "./service-status.ts";
import { SupervisedService } from "./supervised-service.ts";

export type ServiceCommand = "start" | "stop" | "restart";

/** Runs a plan: starts its services in order, keeps them running, stops them in reverse. */
export class Supervisor {
  #services: SupervisedService[];
  #plan: Plan;
  readonly #options: SupervisorOptions;
  #stopped: Promise<void> | undefined;

  constructor(plan: Plan, options: SupervisorOptions) {
    this.#plan = plan;
    this.#options = options;
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

  /** What runs. */
  get plan(): Plan {
    return this.#plan;
  }

  /**
   * Goes over to another plan. Services whose settings did not change are not touched; those that are gone stop first,
   * because the others may want their ports. A service that fails leaves the others alone.
   * @throws {ControlError} while everything stops
   */
  async apply(next: Plan): Promise<ServiceChange[]> {
    if (this.isStopping)
      throw new ControlError("conflict", "Cannot change the settings: distsrv itself is stopping");
    const before = this.#plan;
    this.#plan = next;
    const gone = this.#services.filter(
      ({ planned }) => !next.services.some(({ name }) => name === planned.name),
    );
    this.#services = this.#services.filter((service) => !gone.includes(service));
    const changes = await Promise.all(gone.map((service) => this.#remove(service)));
    const services: SupervisedService[] = [];
    for (const planned of next.services) {
      if (this.isStopping) break;
      const known = this.#find(planned.name);
      const service = known ?? new SupervisedService(next, planned, this.#options);
      services.push(service);
      if (known === undefined) this.#services.push(service);
      changes.push(await (known === undefined ? this.#add(service) : this.#change(known, before, planned)));
    }
    if (this.isStopping) {
      // What has been started meanwhile is not among those that are being stopped.
      await Promise.all(services.map((service) => service.stop(this.#deadline()).catch(() => {})));
    }
    this.#services = services;
    return changes;
  }

  async #remove(service: SupervisedService): Promise<ServiceChange> {
    const { name } = service.planned;
    try {
      await service.stop(this.#deadline());
      return { name, outcome: "stopped", keys: [] };
    } catch (error) {
      return { name, outcome: "failed", keys: [], reason: describeError(error) };
    }
  }

  async #add(service: SupervisedService): Promise<ServiceChange> {
    const { name } = service.planned;
    try {
      service.prepare();
      await service.start();
      return { name, outcome: "started", keys: [] };
    } catch (error) {
      return { name, outcome: "failed", keys: [], reason: describeError(error) };
    }
  }

  #change(service: SupervisedService, before: Plan, planned: PlannedService): Promise<ServiceChange> {
    const other = changesOperations(before, this.#plan, planned)
      ? "the operations are read at the start"
      : undefined;
    return service.reconfigure(this.#plan, planned, other, () => this.#deadline());
  }

  #deadline(): AbortSignal {
    return AbortSignal.timeout(this.#plan.settings.grace);
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

  /** Whether it speaks by datagrams, which are messages and no stream of bytes. */
  hasDatagrams(name: string): boolean {
    return this.#plan.services.some((service) => service.name === name && service.role.transport === "udp");
  }

  /** Undefined of a service that there is no more. */
  roleOf(name: string): string | undefined {
    return this.#plan.services.find((service) => service.name === name)?.role.name;
  }

  async stats(name: string): Promise<Readonly<Record<string, number>>> {
    return (await this.#find(name)?.runner?.stats()) ?? {};
  }

  /** Undefined where the service has no connections, or does not run. */
  async clients(name: string): Promise<readonly string[] | undefined> {
    return await this.#find(name)?.runner?.clients();
  }

  problems(name: string): readonly Problem[] {
    return this.#find(name)?.runner?.problems() ?? [];
  }

  unready(name: string): string | undefined {
    return this.#find(name)?.runner?.unready();
  }

  /** The views of a service; none while it does not run. */
  views(name: string): Readonly<Record<string, View>> {
    return this.#find(name)?.runner?.views ?? {};
  }

  actions(name: string): Readonly<Record<string, Action>> {
    return this.#find(name)?.runner?.actions ?? {};
  }

  /** Where a service keeps what outlives it; undefined where it keeps nothing, and while it does not run. */
  dataDirectory(name: string): string | undefined {
    return this.#find(name)?.runner?.dataDirectory;
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
    if (command === "start") await service.requestStart();
    else if (command === "stop") await service.requestStop(this.#deadline());
    else await service.requestRestart(this.#deadline());
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
