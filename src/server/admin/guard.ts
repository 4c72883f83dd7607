import type { Context, MiddlewareHandler } from "hono";
import type { AdminConfig } from "../config/schema.ts";
import { isOwnHost, isOwnOrigin } from "./own-origin.ts";
import { showsToken } from "./token.ts";

/** What a supervisor of processes asks without a token, and the page, which holds no data. */
const open = /^\/(healthz|readyz|assets\/.*)?$/;

/** Forbids a browser all that an API's answer or an error page has no need of. */
const strictPolicy = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Who may ask at all; everything else is behind it. */
export function guard(config: AdminConfig): MiddlewareHandler {
  return async (c, next) => {
    const refusal = wrongHost(c, config) ?? crossSite(c) ?? withoutToken(c, config);
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

function wrongHost(c: Context, config: AdminConfig): Response | undefined {
  const host = c.req.header("host") ?? null;
  if (isOwnHost(host, config)) return undefined;
  const what =
    host === null || host === "" ? "a request without a Host header" : `for the host ${JSON.stringify(host)}`;
  const error = `Cannot answer ${what}: ask for the address that the server listens on, or add the name to admin.hosts`;
  return c.json({ error }, 421);
}

/** A page from elsewhere may not even ask: what it cannot read it could still do. */
function crossSite(c: Context): Response | undefined {
  const origin = c.req.header("origin");
  const site = c.req.header("sec-fetch-site");
  const isForeign = origin !== undefined && !isOwnOrigin(origin, c.req.header("host") ?? null);
  const isAcross = site !== undefined && site !== "same-origin" && site !== "none";
  // Following a link to the dashboard is no request in another's name.
  const isLink =
    c.req.method === "GET" && c.req.path === "/" && c.req.header("sec-fetch-mode") === "navigate";
  if (!isForeign && (!isAcross || isLink)) return undefined;
  const from = origin ?? `a ${site} page`;
  return c.json({ error: `Cannot answer ${from}: only the dashboard's own pages may ask` }, 403);
}

function withoutToken(c: Context, { token }: AdminConfig): Response | undefined {
  if (token === undefined || open.test(c.req.path)) return undefined;
  const header = c.req.header("authorization");
  if (showsToken(header, token)) return undefined;
  const what = header === undefined ? "there is none" : "it is not the one of admin.token";
  const error = `Cannot answer without the token: ${what}; send Authorization: Bearer TOKEN`;
  return c.json({ error }, 401, { "www-authenticate": 'Bearer realm="distsrv"' });
}
