import type { Address } from "../../core/address.ts";
import type { Problem } from "../../core/problem.ts";
import type { Action, RoleContext, View } from "../../core/role.ts";
import type { PlannedService } from "../config/plan.ts";

/** A running service as the supervisor sees it, whether it runs on the main thread or in worker threads. */
export interface Runner {
  readonly addresses: readonly Address[];
  stats(): Promise<Readonly<Record<string, number>>>;
  /** Undefined when the service has no connections. */
  clients(): Promise<readonly string[] | undefined>;
  problems(): readonly Problem[];
  /** Why it cannot do all of its work although it runs. */
  unready(): string | undefined;
  /** Empty for a service in threads, where each thread could show only its own part. */
  readonly views: Readonly<Record<string, View>>;
  readonly actions: Readonly<Record<string, Action>>;
  readonly dataDirectory: string | undefined;
  /**
   * Reads certificates again, for clients from now on. @returns whether any is different
   * @throws {Error} when they cannot be used: nothing is changed
   */
  renewTls(config: unknown): Promise<boolean>;
  /** Applies a new configuration live. @returns false, and nothing applied: it has to be restarted */
  reload(config: unknown): Promise<boolean>;
  stop(deadline: AbortSignal): Promise<void>;
}

/** Runs a service on the main thread. @throws {StartError} */
export async function runOnMainThread(planned: PlannedService, context: RoleContext): Promise<Runner> {
  const service = await planned.role.start(context, planned.config);
  return {
    addresses: service.addresses,
    stats: async () => service.stats(),
    clients: async () => service.clients?.(),
    problems: () => service.problems?.() ?? [],
    unready: () => service.unready?.(),
    views: service.views ?? {},
    actions: service.actions ?? {},
    dataDirectory: service.dataDirectory,
    renewTls: async (config) => (await service.renewTls?.(config)) ?? false,
    reload: async (config) => (await service.reload?.(config)) ?? false,
    stop: (deadline) => service.stop(deadline),
  };
}
