import type { Logger } from "../../core/log.ts";
import type { Supervisor } from "./supervisor.ts";

/** Tells, for each service, its counters and the clients that are connected now. */
export async function reportServices(
  supervisor: Supervisor,
  logger: (service: string) => Logger,
): Promise<void> {
  for (const { name, state, restarts, error } of supervisor.status()) {
    const stats = await supervisor.stats(name);
    const why = error === undefined ? {} : { error };
    logger(name).info("Counters", { state, restarts, ...why, ...stats });
    const clients = (await supervisor.clients(name)) ?? [];
    if (clients.length === 0) continue;
    const shown = clients.slice(0, 100).join(", ");
    const more = clients.length > 100 ? ` and ${clients.length - 100} more` : "";
    logger(name).info(`Clients connected now (${clients.length}): ${shown}${more}`);
  }
}
