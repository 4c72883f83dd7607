import { describe, expect, test } from "bun:test";
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
