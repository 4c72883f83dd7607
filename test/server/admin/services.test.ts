import { describe, expect, test } from "bun:test";
import { problem } from "../../../src/core/problem.ts";
import { maxWait } from "../../support/until.ts";
import { secret, testAdmin } from "./admin.ts";

describe("the admin API", () => {
  test("/healthz answers, and /readyz says which service does not run", async () => {
    const { ask, supervisor } = await testAdmin();
    expect(await (await ask("/healthz")).json()).toEqual({ status: "ok" });
    const ready = await ask("/readyz");
    expect(ready.status).toBe(200);
    expect(await ready.json()).toEqual({
      ready: true,
      services: { echo: "running", vault: "running", other: "running" },
      reasons: {},
    });
    await supervisor.control("echo", "stop");
    const not = await ask("/readyz");
    expect(not.status).toBe(503);
    expect(await not.json()).toMatchObject({ ready: false, services: { echo: "stopped" } });
  });

  test("a lab that is stopping is not ready", async () => {
    const { ask, supervisor } = await testAdmin();
    void supervisor.stop(AbortSignal.timeout(maxWait));
    expect((await ask("/readyz")).status).toBe(503);
  });

  test("/api/about describes the process", async () => {
    const { ask } = await testAdmin();
    const about = (await (await ask("/api/about")).json()) as Record<string, unknown>;
    expect(about).toMatchObject({ name: "distsrv", version: "1.2.3", pid: 42, config: "lab.yaml" });
    expect(about.uptime).toBeGreaterThanOrEqual(5);
    expect(about.eventLoopLag).toBeGreaterThanOrEqual(0);
  });

  test("/api/services lists every service in the order of the file", async () => {
    const { ask } = await testAdmin();
    const services = (await (await ask("/api/services")).json()) as Record<string, unknown>[];
    expect(services.map(({ name }) => name)).toEqual(["echo", "vault", "other"]);
    expect(services[1]).toMatchObject({
      role: "vault",
      summary: "keeps a secret",
      state: "running",
      transport: "tcp",
      addresses: ["0.0.0.0:4711"],
      transports: ["tcp"],
      restarts: 0,
      error: null,
      clients: 2,
      stats: { knocks_total: 3 },
      example: "knock 127.0.0.1:4711",
      problems: ["nobody has knocked for a while"],
    });
    expect(services[0]).toMatchObject({ clients: null, example: null });
    expect(services[1]?.uptime).toBeGreaterThanOrEqual(0);
  });

  test("/api/services/NAME has clients, views and actions, and the configuration without its secrets", async () => {
    const { ask } = await testAdmin();
    const answer = await ask("/api/services/vault");
    const text = await answer.text();
    expect(JSON.parse(text)).toMatchObject({
      config: { port: 0, password: "***" },
      clientList: ["10.0.0.7:4011", "10.0.0.8:4012"],
      views: ["doors", "broken"],
      actions: ["knock", "nothing"],
      try: false,
    });
    expect(text).not.toContain(secret);
  });

  test("no path of the API reveals the secret", async () => {
    const { ask } = await testAdmin();
    const paths = [
      "/api/about",
      "/api/services",
      "/api/services/vault",
      "/api/problems",
      "/openapi.json",
      "/",
    ];
    for (const path of paths) expect(await (await ask(path)).text()).not.toContain(secret);
  });

  test("a service that is not there is named, with the nearest", async () => {
    const { ask } = await testAdmin();
    const answer = await ask("/api/services/ecko");
    expect(answer.status).toBe(404);
    expect(await answer.json()).toEqual({ error: 'There is no service "ecko". Did you mean "echo"?' });
  });

  test("/api/rates has the last hour of every service, and what came after a time", async () => {
    const { ask, rates } = await testAdmin();
    for (const second of [0, 10, 20]) {
      const stats = { messages_received_total: second * second };
      rates.add(second * 1000, new Map([["echo", stats]]));
    }
    const nothing = { messagesOut: [null], bytesIn: [null], bytesOut: [null] };
    expect(await (await ask("/api/rates?since=10000")).json()).toEqual({
      every: 10,
      times: [20_000],
      services: { echo: { messagesIn: [30], ...nothing } },
    });
    expect(await (await ask("/api/rates")).json()).toMatchObject({ times: [10_000, 20_000] });
    expect((await ask("/api/rates?since=yesterday")).status).toBe(400);
  });

  test("/api/problems collects what goes wrong", async () => {
    const { ask, running } = await testAdmin();
    running[0]!.context.fail(new Error("the disk is full"));
    expect(await (await ask("/api/problems")).json()).toEqual([
      {
        service: "echo",
        text: "It waits to be started again: the disk is full",
        code: "down",
        values: { state: "waiting", error: "the disk is full" },
      },
      {
        service: "vault",
        text: "nobody has knocked for a while",
        code: "nobody-knocked",
        values: { minutes: 5 },
      },
    ]);
  });

  const full = problem("log", "Cannot write to standard output: the disk is full", { lost: 3 });

  test("/api/problems begins with those of the process itself", async () => {
    const { ask } = await testAdmin({ problems: [full] });
    expect(await (await ask("/api/problems")).json()).toEqual([
      { service: "distsrv", ...full },
      {
        service: "vault",
        text: "nobody has knocked for a while",
        code: "nobody-knocked",
        values: { minutes: 5 },
      },
    ]);
  });

  test("a service that was stopped by hand is a problem, until the whole stops", async () => {
    const { ask, post, supervisor } = await testAdmin();
    await post("/api/services/echo/stop");
    const ofEcho = async (): Promise<unknown[]> =>
      ((await (await ask("/api/problems")).json()) as { service: string }[]).filter(
        ({ service }) => service === "echo",
      );
    expect(await ofEcho()).toEqual([
      {
        service: "echo",
        text: "It was stopped by hand; start it to serve again",
        code: "stopped-by-hand",
        values: {},
      },
    ]);
    await supervisor.stop(AbortSignal.timeout(maxWait));
    expect(await ofEcho()).toEqual([]);
  });

  test("times are rounded", async () => {
    const { ask } = await testAdmin({ startedAt: 1234.56789 });
    const about = (await (await ask("/api/about")).json()) as Record<string, number>;
    expect(about.startedAt).toBe(1235);
    expect(String(about.eventLoopLag)).toMatch(/^\d+(\.\d{1,3})?$/);
  });

  test("a HEAD has the Content-Length of a GET", async () => {
    const { ask } = await testAdmin();
    const whole = await (await ask("/healthz")).text();
    const { headers, body } = await ask("/healthz", { method: "HEAD" });
    expect([headers.get("content-length"), body]).toEqual([String(whole.length), null]);
  });

  test.each([
    ["/api/events?history=x", 'history must be a number, and is "x"'],
    ["/api/events?history=-1", 'history must be at least 0, and is "-1"'],
  ])("%s is refused with a message in plain words", async (path, words) => {
    const { ask } = await testAdmin();
    const answer = await ask(path);
    expect([answer.status, await answer.json()]).toEqual([
      400,
      { error: `Cannot take the request: ${words}` },
    ]);
  });

  test("a path that is not there is 404, a method that it does not take 405", async () => {
    const { ask } = await testAdmin();
    expect((await ask("/api/nothing")).status).toBe(404);
    const answer = await ask("/api/services", { method: "DELETE" });
    expect(answer.status).toBe(405);
    expect(answer.headers.get("allow")).toBe("GET");
    expect(await answer.json()).toEqual({ error: "Cannot DELETE /api/services: it takes GET" });
    expect((await ask("/api/drain")).status).toBe(405);
    expect((await ask("/healthz", { method: "HEAD" })).status).toBe(200);
  });

  test("/openapi.json describes every route", async () => {
    const { ask } = await testAdmin();
    const { openapi, paths } = (await (await ask("/openapi.json")).json()) as {
      openapi: string;
      paths: Record<string, object>;
    };
    expect(openapi).toBe("3.1.0");
    expect(Object.keys(paths).sort()).toEqual([
      "/api/about",
      "/api/bans",
      "/api/drain",
      "/api/events",
      "/api/me",
      "/api/problems",
      "/api/rates",
      "/api/record",
      "/api/reload",
      "/api/services",
      "/api/services/{name}",
      "/api/services/{name}/actions/{action}",
      "/api/services/{name}/backup",
      "/api/services/{name}/views/{view}",
      "/api/services/{name}/{command}",
      "/api/try",
      "/api/try/{name}",
      "/api/try/{name}/raw",
      "/healthz",
      "/metrics",
      "/readyz",
    ]);
  });
});
