import type { Address } from "../../core/address.ts";
import type { Action, RoleContext, View } from "../../core/role.ts";
import type { PlannedService } from "../config/plan.ts";

/** A running service as the supervisor sees it, whether it runs on the main thread or in worker threads. */
export interface Runner {
  readonly addresses: readonly Address[];
  stats(): Promise<Readonly<Record<string, number>>>;
  /** Undefined when the service has no connections. */
  clients(): Promise<readonly string[] | undefined>;
  problems(): readonly string[];
  /** Empty for a service in threads, where each thread could show only its own part. */
  readonly views: Readonly<Record<string, View>>;
  readonly actions: Readonly<Record<string, Action>>;
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
    views: service.views ?? {},
    actions: service.actions ?? {},
    stop: (deadline) => service.stop(deadline),
  };
}
