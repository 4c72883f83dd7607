import { createHash, timingSafeEqual } from "node:crypto";
import type { Context, MiddlewareHandler } from "hono";
import { isLoopback } from "../../core/address.ts";
import type { AdminConfig } from "../config/schema.ts";

/** Open without a token: the health checks of process managers, and the page's files, which hold no data. */
const publicPaths = /^\/(healthz|readyz|assets\/.*)?$/;

/** The default: forbids a browser everything, because API answers and error pages load nothing. */
const strictPolicy = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Decides who may make requests at all, before any route runs, and sets the security headers. */
export function guard(config: AdminConfig): MiddlewareHandler {
  return async (c, next) => {
    const refusal = checkHost(c, config) ?? checkOrigin(c) ?? checkToken(c, config);
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
  const name = hostOf(header);
  if (name === undefined) return false;
  if (isLoopback(name) || name === config.host.toLowerCase()) return true;
  if (config.hosts.some((host) => host.toLowerCase() === name)) return true;
  return !isLoopback(config.host) && isIpAddress(name);
}

/** The name or address in `lab:8088`, `127.0.0.1`, `[::1]:8088`; undefined where there is none. */
function hostOf(header: string | null): string | undefined {
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

function checkToken(c: Context, { token }: AdminConfig): Response | undefined {
  if (token === undefined || publicPaths.test(c.req.path)) return undefined;
  const header = c.req.header("authorization");
  if (hasToken(header, token)) return undefined;
  const what = header === undefined ? "there is none" : "it is not the one of admin.token";
  const error = `Cannot answer without the token: ${what}; send Authorization: Bearer TOKEN`;
  return c.json({ error }, 401, { "www-authenticate": 'Bearer realm="distsrv"' });
}

/** Compares in constant time, so that the duration does not reveal how much of a wrong token is right. */
function hasToken(header: string | undefined, token: string): boolean {
  const [, given] = /^Bearer +(\S+) *$/i.exec(header ?? "") ?? [];
  // timingSafeEqual needs equal lengths, which digests have.
  return given !== undefined && timingSafeEqual(digest(given), digest(token));
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
