import { describeError } from "../../core/errors.ts";
import { ConfigError } from "../config/diagnostic.ts";
import type { Plan, Registry } from "../config/plan.ts";
import { exitStatus, type ServerIo } from "../io.ts";
import { fetchOwn, ownUrl, unreachableReason } from "./own-admin.ts";
import { type PlanOptions, planOf } from "./plan-of.ts";

/** For an answer that comes from the same machine. */
const timeoutMs = 5000;

/**
 * Asks the admin service of the distsrv that runs this configuration whether all services run, for supervisors that
 * judge by an exit status. It needs no token and no client.
 */
export async function health(options: PlanOptions, registry: Registry, io: ServerIo): Promise<number> {
  const plan = planOrReport(options, registry, io);
  if (plan === undefined) return exitStatus.usage;
  const { admin } = plan.settings;
  const why = unreachableReason(admin);
  if (admin === false || why !== undefined) {
    const advice = admin !== false && admin.port !== 0 ? "" : "; give it a port, such as 8088";
    io.err(`Cannot ask for the health of ${plan.file}: ${why}${advice}\n`);
    return exitStatus.usage;
  }
  const url = ownUrl(admin, "/readyz");
  try {
    const response = await fetchOwn(admin, "/readyz", { signal: AbortSignal.timeout(timeoutMs) });
    const mistake = unready(await response.json());
    if (mistake === undefined) return exitStatus.ok;
    io.err(`Not healthy: ${mistake}\n`);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    const why = code === "ConnectionRefused" ? "nobody listens there" : describeError(error);
    io.err(`Not healthy: no answer from ${url}: ${why}\n`);
  }
  return exitStatus.failed;
}

/** What an answer of /readyz says against it; undefined: all is well. */
function unready(answer: unknown): string | undefined {
  const { ready, services, reasons } = Object(answer) as Record<string, unknown>;
  if (ready === true) return undefined;
  const down = Object.entries(Object(services)).filter(([, state]) => state !== "running");
  const hindered = Object.entries(Object(reasons)).map(([name, reason]) => `${name}: ${reason}`);
  if (down.length === 0 && hindered.length > 0) return hindered.join("; ");
  if (down.length > 0) return down.map(([name, state]) => `${name} is ${state}`).join(", ");
  return ready === false ? "it stops" : "what answers is no distsrv";
}

function planOrReport(options: PlanOptions, registry: Registry, io: ServerIo): Plan | undefined {
  try {
    return planOf(options, registry, io);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    io.err(`${error.report()}\n`);
    return undefined;
  }
}
