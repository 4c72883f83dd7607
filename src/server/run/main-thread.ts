import type { RoleContext } from "../../core/role.ts";
import type { PlannedService } from "../config/plan.ts";
import type { Runner } from "./runner.ts";

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
