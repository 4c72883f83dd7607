import { readFileSync } from "node:fs";
import { describeError } from "../../core/errors.ts";
import { tokenFile } from "../../core/token-file.ts";
import type { LocalUser } from "../admin/local-users.ts";
import { ConfigError } from "../config/diagnostic.ts";
import type { Plan, Registry } from "../config/plan.ts";
import type { AdminConfig } from "../config/schema.ts";
import { generatedToken } from "../config/token-text.ts";
import { exitStatus, type ServerIo } from "../io.ts";
import { reachable } from "../run/report.ts";
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
  const stranger = strangerAt(admin, io);
  const token = tokenFor(admin, io, stranger !== undefined);
  if (stranger !== undefined && token === undefined && tokenFor(admin, io, false) !== undefined) {
    io.err(
      `Not reloaded: what listens at ${url} is a program of ${stranger.name}, and would get the token. Where that is right, run this as that user, or give the token in DISTSRV_TOKEN\n`,
    );
    return exitStatus.failed;
  }
  try {
    const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
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

/** Another user of this machine who listens where the admin service should, as anybody may while it does not run. */
function strangerAt(admin: AdminConfig, { localUsers }: ServerIo): LocalUser | undefined {
  const { host, port } = reachable({ transport: "tcp", host: admin.host, port: admin.port });
  return localUsers?.listenersAt(host, port).find(({ isTrusted }) => !isTrusted);
}

/**
 * The token of the file or the environment, which the plan has already, or that of an admin whom the file names; a made one
 * lies where its server has left it.
 * @param isForStranger then only one that somebody gives for this very command
 */
function tokenFor(
  { token, users, port }: AdminConfig,
  { environment }: ServerIo,
  isForStranger: boolean,
): string | undefined {
  const named = environment.DISTSRV_TOKEN || undefined;
  if (isForStranger) return named;
  const ofAdmin = users.find(({ role, token: own }) => role === "admin" && own !== undefined)?.token;
  const given = token === generatedToken ? undefined : (token ?? named ?? ofAdmin);
  return given ?? madeToken(environment, port);
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
