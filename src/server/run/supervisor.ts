import { describeError } from "../../core/errors.ts";
import type { Plan } from "../config/plan.ts";
import { type ServiceStatus, SupervisedService, type SupervisorOptions } from "./supervised-service.ts";

/** Runs a plan: starts its services in order, keeps them running, stops them in reverse. */
export class Supervisor {
  readonly #services: SupervisedService[];
  #stopped: Promise<void> | undefined;

  constructor(plan: Plan, options: SupervisorOptions) {
    this.#services = plan.services.map((planned) => new SupervisedService(plan, planned, options));
  }

  /**
   * @throws {StartError} of the service that could not start; those before it have been stopped again. When
   * one of those does not stop either, both errors are told.
   */
  async start(): Promise<void> {
    for (const service of this.#services) service.prepare();
    for (const service of this.#services) {
      // Asked to stop while the services before it started.
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

  async stats(name: string): Promise<Readonly<Record<string, number>>> {
    return (await this.#find(name)?.runner?.stats()) ?? {};
  }

  async clients(name: string): Promise<readonly string[]> {
    return (await this.#find(name)?.runner?.clients()) ?? [];
  }

  /** Safe to call twice: the second call waits for the first. */
  stop(deadline: AbortSignal): Promise<void> {
    this.#stopped ??= this.#stopAll(deadline);
    return this.#stopped;
  }

  async #stopAll(deadline: AbortSignal): Promise<void> {
    // In reverse they stop accepting; the clients of all of them then have the same time to be served.
    const errors: unknown[] = [];
    const stops = this.#services.toReversed().map((service) => service.stop(deadline));
    await Promise.all(stops.map((stop) => stop.catch((error) => errors.push(error))));
    if (errors.length > 0) throw new AggregateError(errors, errors.map(describeError).join("; "));
  }

  #find(name: string): SupervisedService | undefined {
    return this.#services.find((service) => service.planned.name === name);
  }
}
