import { createHash } from "node:crypto";
import type { Context, MiddlewareHandler } from "hono";
import { isLoopback } from "../../core/address.ts";
import type { Logins } from "../../core/guards.ts";
import { LogLimiter } from "../../core/log-limiter.ts";
import type { AdminRole } from "../config/admin-users.ts";
import type { AdminConfig } from "../config/schema.ts";
import { type Caller, isAtLeast } from "./admin-users.ts";
import { hostOf, remoteOf } from "./caller.ts";
import type { AdminContext } from "./context.ts";
import { neededRole } from "./needed-role.ts";

/** Open without a token: the health checks of process managers, and the page's files, which hold no data. */
const publicPaths = /^\/(healthz|readyz|assets\/.*)?$/;

/** The default: forbids a browser everything, because API answers and error pages load nothing. */
const strictPolicy = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

type GuardDependencies = Pick<AdminContext, "config" | "logins" | "users" | "whoIs" | "audit">;

interface GuardContext extends GuardDependencies {
  readonly limiter: LogLimiter;
}

/** Decides who may make requests at all, and which, before any route runs, and sets the security headers. */
export function guard(dependencies: GuardDependencies): MiddlewareHandler {
  const { config } = dependencies;
  const context = { ...dependencies, limiter: new LogLimiter() };
  return async (c, next) => {
    const refusal = checkHost(c, config) ?? checkOrigin(c) ?? (await checkCaller(c, context));
    if (refusal === undefined) await next();
    else c.res = refusal;
    const { headers } = c.res;
    headers.set("x-content-type-options", "nosniff");
    headers.set("x-frame-options", "DENY");
    headers.set("referrer-policy", "no-referrer");
    headers.set("cross-origin-resource-policy", "same-origin");
    headers.set("cross-origin-opener-policy", "same-origin");
    if (!headers.has("content-security-policy")) headers.set("content-security-policy", strictPolicy);
    if (!headers.has("cache-control")) headers.set("cache-control", "no-store");
  };
}

function checkHost(c: Context, config: AdminConfig): Response | undefined {
  const host = c.req.header("host") ?? null;
  if (isOwnHost(host, config)) return undefined;
  const what =
    host === null || host === "" ? "a request without a Host header" : `for the host ${JSON.stringify(host)}`;
  const error = `Cannot answer ${what}: ask for the address that the server listens on, or add the name to admin.hosts`;
  return c.json({ error }, 421);
}

/**
 * Whether a Host header names this server. A foreign page can make a name of its own resolve to this server's address
 * (DNS rebinding), so that the browser takes the server for the page's own origin. The browser still sends that name,
 * which gives the attack away. IP addresses cannot be rebound and are accepted.
 */
function isOwnHost(header: string | null, config: Pick<AdminConfig, "host" | "hosts">): boolean {
  const name = hostIn(header);
  if (name === undefined) return false;
  if (isLoopback(name) || name === config.host.toLowerCase()) return true;
  if (config.hosts.some((host) => host.toLowerCase() === name)) return true;
  return !isLoopback(config.host) && isIpAddress(name);
}

/** The name or address in `lab:8088`, `127.0.0.1`, `[::1]:8088`; undefined where there is none. */
function hostIn(header: string | null): string | undefined {
  const [, bracketed, plain] = /^(?:\[([0-9a-f:.]+)\]|([^\s:/@[\]]+))(?::\d+)?$/i.exec(header ?? "") ?? [];
  return (bracketed ?? plain)?.toLowerCase();
}

function isIpAddress(name: string): boolean {
  return name.includes(":") || /^\d{1,3}(\.\d{1,3}){3}$/.test(name);
}

/** Refuses requests from foreign pages. They could not read the answer, but the request would still take effect. */
function checkOrigin(c: Context): Response | undefined {
  const origin = c.req.header("origin");
  const site = c.req.header("sec-fetch-site");
  const isForeign = origin !== undefined && !isOwnOrigin(origin, c.req.header("host") ?? null);
  const isCrossSite = site !== undefined && site !== "same-origin" && site !== "none";
  // A link to the dashboard may be followed from anywhere.
  const isLink =
    c.req.method === "GET" && c.req.path === "/" && c.req.header("sec-fetch-mode") === "navigate";
  if (!isForeign && (!isCrossSite || isLink)) return undefined;
  const from = origin ?? `a ${site} page`;
  return c.json({ error: `Cannot answer ${from}: only the dashboard's own pages may ask` }, 403);
}

/** `http://localhost:8088` for a Host of `localhost:8088`, or the same over https behind a proxy. */
function isOwnOrigin(origin: string, host: string | null): boolean {
  const [, rest] = /^https?:\/\/(.+)$/i.exec(origin) ?? [];
  return rest !== undefined && host !== null && rest.toLowerCase() === host.toLowerCase();
}

/** Finds out who asks, and whether that may be. */
async function checkCaller(c: Context, context: GuardContext): Promise<Response | undefined> {
  if (publicPaths.test(c.req.path)) return undefined;
  const caller = context.users.isOpen ? await machineCaller(c, context) : await tokenCaller(c, context);
  if (caller instanceof Response) return caller;
  c.set("caller", caller);
  const needed = neededRole(c.req.method, c.req.path);
  return isAtLeast(caller.role, needed) ? undefined : refuseRole(c, caller, needed, context);
}

/**
 * Where nobody needs a token, who is not this machine's user may look. Whose connection it is, is asked only when that
 * matters.
 */
async function machineCaller(c: Context, { whoIs }: GuardContext): Promise<Caller> {
  const isReading = neededRole(c.req.method, c.req.path) === "view";
  if (isReading && c.req.path !== "/api/me") return { name: "anybody", role: "view", by: "machine" };
  const user = await whoIs(remoteOf(c));
  return {
    name: user?.name ?? "somebody",
    role: user?.isTrusted === true ? "admin" : "view",
    by: "machine",
  };
}

async function tokenCaller(c: Context, context: GuardContext): Promise<Caller | Response> {
  const header = c.req.header("authorization");
  const [, token] = /^Bearer +(\S+) *$/i.exec(header ?? "") ?? [];
  const caller = token === undefined ? undefined : context.users.find(token);
  if (caller !== undefined) return caller;
  // Who shows none only asks whether one is needed, as every browser does.
  if (header !== undefined) {
    record(c, context, { by: "nobody", reason: "a wrong token" });
    if (!(await slowDown(c, context.logins, header))) {
      const error = "Cannot look at the token: this address has shown too many wrong ones; wait some seconds";
      return c.json({ error }, 429, { "retry-after": "10" });
    }
  }
  const what = header === undefined ? "there is none" : "it is neither the one of admin.token nor a user's";
  const error = `Cannot answer without the token: ${what}; send Authorization: Bearer TOKEN`;
  return c.json({ error }, 401, { "www-authenticate": 'Bearer realm="distsrv"' });
}

function refuseRole(c: Context, caller: Caller, needed: AdminRole, context: GuardContext): Response {
  const { method, path } = c.req;
  record(c, context, {
    by: caller.name,
    reason: `${method} ${path.slice(0, 200)} takes the role ${needed}`,
  });
  const why =
    caller.by === "machine"
      ? `without a token only the user who runs distsrv, and root, may do more than look, and this is ${caller.name}'s connection; set admin.token or admin.users`
      : `it takes the role ${needed}, and ${caller.name} has ${caller.role}`;
  return c.json({ error: `Cannot ${method} ${path}: ${why}` }, 403);
}

/** Strangers can make many: one a minute for each host and reason. */
function record(c: Context, { audit, limiter }: GuardContext, fields: { by: string; reason: string }): void {
  if (audit === undefined) return;
  const left = limiter.admit(`${hostOf(c)} ${fields.by} ${fields.reason}`);
  if (left === undefined) return;
  audit("admin-refused", { ...fields, from: remoteOf(c), ...(left > 0 && { leftOutBefore: left }) });
}

/**
 * A wrong token is answered later each time. A right one is answered at once, so that nobody can keep the owner out.
 * @returns false when too many wait for that
 */
async function slowDown(c: Context, logins: Logins, header: string): Promise<boolean> {
  const attempt = { service: "admin", host: hostOf(c), username: undefined };
  const pause = logins.failed(attempt, createHash("sha256").update(header).digest("base64"));
  if (pause === undefined) return false;
  await Bun.sleep(pause);
  return true;
}
