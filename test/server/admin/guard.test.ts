import { describe, expect, test } from "bun:test";
import type { AuditFields } from "../../../src/core/audit.ts";
import { hashOf } from "../../../src/server/config/admin-users.ts";
import { testAdmin } from "./admin.ts";

const everywhere = { host: "0.0.0.0", token: "0123456789abcdef" };

describe("the guard", () => {
  test.each(["127.0.0.1:8088", "localhost", "LOCALHOST:9999", "[::1]:8088", "127.9.8.7"])(
    "answers for the host %s",
    async (host) => {
      const { ask } = await testAdmin();
      expect((await ask("/healthz", { headers: { host } })).status).toBe(200);
    },
  );

  test.each([
    "evil.example",
    "evil.example:8088",
    "127.0.0.1.evil.example",
    "localhost.evil.example",
    "10.0.0.1",
    "",
  ])("does not answer for the host %p, whose page may have had its name point here", async (host) => {
    const { ask } = await testAdmin();
    const answer = await ask("/api/services", { headers: { host } });
    expect(answer.status).toBe(421);
    expect(await answer.json()).toEqual({
      error: expect.stringContaining(
        host === ""
          ? "Cannot answer a request without a Host header:"
          : `Cannot answer for the host ${JSON.stringify(host)}:`,
      ),
    });
  });

  test("a server for the network answers for any address, for its own names, and for no other", async () => {
    const { ask } = await testAdmin({ config: { ...everywhere, hosts: ["lab.example.org"] } });
    const status = async (host: string) => (await ask("/healthz", { headers: { host } })).status;
    expect(await status("172.16.16.101:8088")).toBe(200);
    expect(await status("[fd00::1]:8088")).toBe(200);
    expect(await status("Lab.Example.org")).toBe(200);
    expect(await status("evil.example")).toBe(421);
  });

  test.each<Record<string, string>>([
    { origin: "http://evil.example" },
    { origin: "null" },
    { origin: "http://127.0.0.1:9999" },
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site" },
  ])("a page from elsewhere is refused: %p", async (headers) => {
    const { ask, running } = await testAdmin();
    for (const path of ["/api/services", "/metrics", "/", "/healthz"]) {
      expect((await ask(path, { headers })).status).toBe(403);
    }
    expect((await ask("/api/services/echo/stop", { method: "POST", headers })).status).toBe(403);
    expect(running.some(({ stopped }) => stopped)).toBe(false);
  });

  test("the dashboard's own page may ask, and a link from elsewhere may lead to it", async () => {
    const { ask } = await testAdmin();
    const own = { origin: "http://127.0.0.1:8088", "sec-fetch-site": "same-origin" };
    expect((await ask("/api/services", { headers: own })).status).toBe(200);
    const link = { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" };
    expect((await ask("/", { headers: link })).status).toBe(200);
    expect((await ask("/api/services", { headers: link })).status).toBe(403);
  });

  test("with a token, everything that holds data needs it", async () => {
    const { ask } = await testAdmin({ config: everywhere });
    const paths = ["/api/services", "/api/events", "/metrics", "/openapi.json", "/api/nothing"];
    for (const path of paths) expect((await ask(path)).status).toBe(401);
    expect((await ask("/api/drain", { method: "POST" })).status).toBe(401);
    for (const path of ["/", "/healthz", "/readyz"]) expect((await ask(path)).status).toBe(200);
    const answer = await ask("/api/about");
    expect(answer.headers.get("www-authenticate")).toBe('Bearer realm="distsrv"');
  });

  test.each([
    ["Bearer 0123456789abcdef", 200],
    ["bearer 0123456789abcdef", 200],
    ["Bearer 0123456789abcde", 401],
    ["Bearer 0123456789abcdefg", 401],
    ["Bearer", 401],
    ["Basic 0123456789abcdef", 401],
    ["0123456789abcdef", 401],
  ])("Authorization: %s gets %d", async (authorization, status) => {
    const { ask } = await testAdmin({ config: everywhere });
    const answer = await ask("/api/about", { headers: { authorization } });
    expect(answer.status).toBe(status);
    expect(await answer.text()).not.toContain("0123456789abcde");
  });

  test("every answer forbids a browser what it has no need of, and no other page to read it", async () => {
    const { ask } = await testAdmin();
    for (const path of ["/api/about", "/api/nothing", "/healthz"]) {
      const { headers } = await ask(path);
      expect(headers.get("content-security-policy")).toContain("default-src 'none'");
      expect(headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("cross-origin-resource-policy")).toBe("same-origin");
      expect(headers.get("cache-control")).toBe("no-store");
      expect(headers.has("access-control-allow-origin")).toBe(false);
    }
    const preflight = await ask("/api/drain", {
      method: "OPTIONS",
      headers: { origin: "http://evil.example", "access-control-request-method": "POST" },
    });
    expect(preflight.status).toBe(403);
  });
});

const tokens = {
  view: "view-0123456789ab",
  operate: "operate-0123456789",
  admin: "admin-0123456789a",
} as const;
type Role = keyof typeof tokens;
const roles = Object.keys(tokens) as Role[];

const users = [
  { name: "siti", role: "view", token: tokens.view },
  { name: "budi", role: "operate", tokenHash: hashOf(tokens.operate) },
  {
    name: "bu-sri",
    role: "admin",
    tokenHash: hashOf(tokens.admin).replace(/[a-f]+$/, (end) => end.toUpperCase()),
  },
] as const;

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

describe("users of the admin service", () => {
  /** Requests by the least role that may make them. */
  const requests: readonly (readonly [Role, string, string])[] = [
    ["view", "GET", "/api/services"],
    ["view", "GET", "/api/services/vault/views/doors"],
    ["view", "GET", "/api/bans"],
    ["view", "GET", "/metrics"],
    ["operate", "POST", "/api/services/echo/stop"],
    ["operate", "POST", "/api/services/echo/start"],
    ["operate", "POST", "/api/services/echo/restart"],
    ["operate", "POST", "/api/services/vault/actions/knock"],
    ["operate", "POST", "/api/try/echo"],
    ["operate", "POST", "/api/try/echo/raw"],
    ["admin", "POST", "/api/bans"],
    ["admin", "DELETE", "/api/bans?address=203.0.113.7"],
    ["admin", "POST", "/api/reload"],
    ["admin", "POST", "/api/drain"],
    ["admin", "DELETE", "/api/record?recording=none"],
    ["admin", "PUT", "/api/not-thought-of-yet"],
    ["admin", "POST", "/api/services/echo/actions/knock/more"],
  ];

  test.each(requests)("it takes %s to %s %s", async (needed, method, path) => {
    const { ask } = await testAdmin({ config: { users: [...users] } });
    for (const role of roles) {
      const { status } = await ask(path, { method, headers: bearer(tokens[role]) });
      const isRefused = status === 403;
      expect({ role, isRefused }).toEqual({ role, isRefused: roles.indexOf(role) < roles.indexOf(needed) });
      expect(status).not.toBe(401);
    }
    expect((await ask(path, { method })).status).toBe(401);
  });

  test("every route that changes something has been thought of", async () => {
    const { ask } = await testAdmin();
    const { paths } = (await (await ask("/openapi.json")).json()) as { paths: Record<string, object> };
    const changing = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods)
        .filter((method) => method !== "get")
        .map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(changing.sort()).toEqual([
      "DELETE /api/bans",
      "DELETE /api/record",
      "POST /api/bans",
      "POST /api/drain",
      "POST /api/reload",
      "POST /api/services/{name}/actions/{action}",
      "POST /api/services/{name}/{command}",
      "POST /api/try/{name}",
      "POST /api/try/{name}/raw",
    ]);
  });

  test("a refusal says which role it takes, and changes nothing", async () => {
    const { ask, drained } = await testAdmin({ config: { users: [...users] } });
    const answer = await ask("/api/drain", { method: "POST", headers: bearer(tokens.operate) });
    expect(await answer.json()).toEqual({
      error: "Cannot POST /api/drain: it takes the role admin, and budi has operate",
    });
    expect(drained).toEqual([]);
  });

  test("/api/me says who one is; admin.token stays beside the users, and may do everything", async () => {
    const { ask } = await testAdmin({ config: { token: "0123456789abcdef", users: [...users] } });
    const me = async (token: string) => (await ask("/api/me", { headers: bearer(token) })).json();
    expect(await me(tokens.view)).toEqual({ name: "siti", role: "view", by: "user" });
    expect(await me(tokens.operate)).toEqual({ name: "budi", role: "operate", by: "user" });
    expect(await me(tokens.admin)).toEqual({ name: "bu-sri", role: "admin", by: "user" });
    expect(await me("0123456789abcdef")).toEqual({ name: "token", role: "admin", by: "token" });
    expect((await ask("/api/me")).status).toBe(401);
    for (const wrong of [hashOf(tokens.admin), `${tokens.admin}x`])
      expect((await ask("/api/me", { headers: bearer(wrong) })).status).toBe(401);
  });

  test("what is refused is recorded, the same once a minute, and never the token", async () => {
    const records: (AuditFields & { event: string })[] = [];
    const audit = (event: string, fields: AuditFields) => void records.push({ event, ...fields });
    const { ask } = await testAdmin({ config: { users: [...users] }, audit });
    for (let i = 0; i < 3; i++) await ask("/api/drain", { method: "POST", headers: bearer(tokens.view) });
    await ask("/api/services", { headers: bearer("wrong-0123456789") });
    await ask("/api/services");
    expect(records).toEqual([
      {
        event: "admin-refused",
        by: "siti",
        from: "127.0.0.1:4711",
        reason: "POST /api/drain takes the role admin",
      },
      {
        event: "admin-refused",
        by: "nobody",
        from: "127.0.0.1:4711",
        reason: "a wrong token",
        leftOutBefore: 2,
      },
    ]);
  });
});

describe("without any token", () => {
  const stranger = { name: "uid 1002", isTrusted: false };

  test("the user who runs distsrv may do everything", async () => {
    const { ask, post } = await testAdmin();
    expect(await (await ask("/api/me")).json()).toEqual({ name: "ani", role: "admin", by: "machine" });
    expect((await post("/api/services/echo/restart")).status).toBe(200);
    expect((await post("/api/bans", { address: "203.0.113.7" })).status).toBe(200);
  });

  test("another user of the machine may look, and nothing else", async () => {
    const { ask, post, running } = await testAdmin({ localUser: stranger });
    expect(await (await ask("/api/me")).json()).toEqual({ name: "uid 1002", role: "view", by: "machine" });
    expect((await ask("/api/services")).status).toBe(200);
    for (const path of ["/api/services/echo/stop", "/api/bans", "/api/reload", "/api/drain", "/api/try/echo"])
      expect((await post(path, {})).status).toBe(403);
    const { error } = (await (await post("/api/drain")).json()) as { error: string };
    expect(error).toContain(
      "only the user who runs distsrv, and root, may do more than look, and this is uid 1002's",
    );
    expect(running.some(({ stopped }) => stopped)).toBe(false);
  });
});
