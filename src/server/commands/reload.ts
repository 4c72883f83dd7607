import { readFileSync } from "node:fs";
import { describeError } from "../../core/errors.ts";
import { tokenFile } from "../../core/token-file.ts";
import { ConfigError } from "../config/diagnostic.ts";
import type { Plan, Registry } from "../config/plan.ts";
import type { AdminConfig } from "../config/schema.ts";
import { generatedToken } from "../config/token-text.ts";
import { exitStatus, type ServerIo } from "../io.ts";
import { fetchOwn, ownUrl, unreachableReason } from "./own-admin.ts";
import { type PlanOptions, planOf } from "./plan-of.ts";

/** Services that are restarted have their grace first. */
const timeoutMs = 60_000;

/**
 * Asks the admin service of the distsrv that runs this file to go over to what it says now, and prints what has become of
 * each service. A file with mistakes is not sent for: they are reported here.
 */
export async function reload(options: PlanOptions, registry: Registry, io: ServerIo): Promise<number> {
  const plan = planOrReport(options, registry, io);
  if (plan === undefined) return exitStatus.usage;
  const { admin } = plan.settings;
  const why = unreachableReason(admin);
  if (admin === false || why !== undefined) {
    io.err(`Cannot reach the distsrv that runs ${plan.file}: ${why}; send it SIGHUP instead\n`);
    return exitStatus.usage;
  }
  const url = ownUrl(admin, "/api/reload");
  try {
    const headers = authorization(admin, admin.port, io);
    const init = { method: "POST", headers, signal: AbortSignal.timeout(timeoutMs) };
    const response = await fetchOwn(admin, "/api/reload", init);
    return report(response.status, await response.json(), io);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    const isRefused = code === "ConnectionRefused" || code === "ECONNREFUSED";
    const why = isRefused ? "nobody listens there" : describeError(error);
    io.err(`Not reloaded: no answer from ${url}: ${why}\n`);
    return exitStatus.failed;
  }
}

function report(status: number, answer: unknown, io: ServerIo): number {
  const { lines, applied, error } = Object(answer) as Record<string, unknown>;
  if (status !== 200 || !Array.isArray(lines)) {
    io.err(`Not reloaded: ${error ?? `the answer is ${status}`}\n`);
    return exitStatus.failed;
  }
  for (const line of lines) io.stdout.write(`${line}\n`);
  return applied === true ? exitStatus.ok : exitStatus.failed;
}

/**
 * The token of the file or the environment, which the plan has already, or that of an admin whom the file names; a made one
 * lies where its server has left it.
 */
function authorization(
  { token, users }: AdminConfig,
  port: number,
  { environment }: ServerIo,
): Record<string, string> {
  const ofAdmin = users.find(({ role, token: own }) => role === "admin" && own !== undefined)?.token;
  const given = token === generatedToken ? undefined : (token ?? (environment.DISTSRV_TOKEN || ofAdmin));
  const known = given ?? madeToken(environment, port);
  return known === undefined ? {} : { authorization: `Bearer ${known}` };
}

function madeToken(environment: ServerIo["environment"], port: number): string | undefined {
  const file = tokenFile(environment, port);
  try {
    return file === undefined ? undefined : readFileSync(file, "utf8").trim();
  } catch {
    return undefined;
  }
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
