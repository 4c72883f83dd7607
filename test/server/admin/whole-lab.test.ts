import { describe, expect, onTestFinished, test } from "bun:test";
import parse from "parse-prometheus-text-format";
import { serverSentEvents } from "../../../src/cli/admin/server-sent-events.ts";
import { type Lab, startLab } from "../../support/lab.ts";
import { RawClient } from "../../support/raw-client.ts";
import { rejects } from "../../support/rejects.ts";
import { until } from "../../support/until.ts";

const token = "a-token-that-nobody-may-see";

const yaml = `
admin: { port: 0, token: ${token} }
log: { level: debug }
services:
  mqtt: { port: 0 }
  echo: { port: 0 }
  rest: { port: 0 }
  jsonrpc: { port: 0 }
  soap: { port: 0 }
  udp: { port: 0 }
  time: { port: 0, threads: 2 }
  zmq-rep: { port: 0 }
`;
const lab = await startLab(yaml);
const ask = (path: string, init: RequestInit = {}, of: Lab = lab) =>
  fetch(`http://127.0.0.1:${of.adminPort}${path}`, {
    ...init,
    headers: { authorization: `Bearer ${token}` },
  });

describe("the admin service of a real lab", () => {
  test("every service is ready, and every number of every service is one that Prometheus reads", async () => {
    const client = await RawClient.connect(lab.port("echo"));
    client.write("halo");
    await client.text(10);
    expect(await (await ask("/readyz")).json()).toMatchObject({ ready: true });
    const answer = await ask("/metrics");
    expect(answer.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
    const families = parse(await answer.text());
    const of = (name: string) => families.find((family) => family.name === name)?.metrics;
    expect(of("distsrv_service_up")?.map(({ value }) => value)).toEqual(Array(8).fill("1"));
    const echo = { service: "echo", role: "echo" };
    expect(of("distsrv_connections")).toContainEqual({ value: "1", labels: echo });
    expect(of("distsrv_received_bytes_total")).toContainEqual({ value: "4", labels: echo });
    expect(of("distsrv_sent_bytes_total")).toContainEqual({ value: "10", labels: echo });
    expect(Number(of("process_resident_memory_bytes")?.[0]?.value)).toBeGreaterThan(10_000_000);
  });

  test("requests are timed while somebody scrapes", async () => {
    await ask("/metrics");
    await until(async () => {
      await (await fetch(`http://127.0.0.1:${lab.port("rest")}/add?a=1&b=2`)).text();
      const text = await (await ask("/metrics")).text();
      return /distsrv_request_duration_seconds_count\{service="rest"\} [1-9]/.test(text);
    });
  });

  test("an event stream follows a conversation from its beginning to its end", async () => {
    const stream = await ask("/api/events?service=echo&history=0&kind=open,message,close,bytes");
    const kinds: string[] = [];
    const watched = (async () => {
      for await (const event of serverSentEvents(stream.body!)) {
        if (event?.event === "traffic") kinds.push(JSON.parse(event.data).kind);
        if (kinds.includes("close")) return;
      }
    })();
    const client = await RawClient.connect(lab.port("echo"));
    client.write("halo");
    await client.text(10);
    client.end();
    await watched;
    expect(kinds.toSorted()).toEqual(["bytes", "bytes", "close", "message", "message", "open"]);
    expect(kinds[0]).toBe("open");
  });

  test("a restarted service in threads serves on the same port, and is watched still", async () => {
    const stream = await ask("/api/events?service=time&history=0&kind=message");
    const restarted = await ask("/api/services/time/restart", { method: "POST" });
    expect(await restarted.json()).toMatchObject({ state: "running", stats: { threads: 2 } });
    const texts: string[] = [];
    const watched = (async () => {
      for await (const event of serverSentEvents(stream.body!)) {
        if (event?.event === "traffic") texts.push(JSON.parse(event.data).text);
        if (texts.some((text) => text.includes("JAM"))) return;
      }
    })();
    const client = await RawClient.connect(lab.port("time"));
    client.write("TIME");
    expect(await client.text(12)).toMatch(/^JAM /);
    await watched;
  });

  test("the token appears nowhere: not in the API, not in events or metrics, not in the log", async () => {
    const paths = [
      "/",
      "/readyz",
      "/metrics",
      "/openapi.json",
      "/api/about",
      "/api/services",
      "/api/problems",
    ];
    const details = lab.services.map((name) => `/api/services/${name}`);
    for (const path of [...paths, ...details]) expect(await (await ask(path)).text()).not.toContain(token);
    const refused = await fetch(`http://127.0.0.1:${lab.adminPort}/api/about`);
    expect(refused.status).toBe(401);
    expect(await refused.text()).not.toContain(token);
    const events = await ask("/api/events?history=1000");
    for await (const event of serverSentEvents(events.body!)) {
      expect(event?.data ?? "").not.toContain(token);
      if (event?.event === "ready") break;
    }
    expect(lab.program.stdout).not.toContain(token);
    expect(lab.complaints()).toEqual([]);
  });

  test("a page from elsewhere and a foreign name are refused on the wire", async () => {
    const client = await RawClient.connect(lab.adminPort);
    client.write("GET /healthz HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n");
    expect(await client.text(12)).toBe("HTTP/1.1 421");
    const answer = await fetch(`http://127.0.0.1:${lab.adminPort}/healthz`, {
      headers: { origin: "http://evil.example" },
    });
    expect(answer.status).toBe(403);
  });
});

describe("a lab and its admin port", () => {
  test("a drain ends the process with 0, event streams and all", async () => {
    const own = await startLab(yaml, { cleanUp: onTestFinished });
    const stream = await ask("/api/events", {}, own);
    expect((await ask("/api/drain", { method: "POST" }, own)).status).toBe(202);
    const { status } = await own.program.outcome();
    expect(status).toBe(0);
    expect(own.program.stdout).toContain("Asked to by token through the admin API");
    await stream.body?.cancel().catch(() => {});
  });

  test("a busy port is an error when the file names it", async () => {
    const named = `admin: { port: ${lab.adminPort} }\nservices: { echo: { port: 0 } }`;
    await rejects(
      startLab(named, { cleanUp: onTestFinished }),
      /Cannot start "admin" on TCP 127\.0\.0\.1:\d+: the port is in use/,
    );
  });
});
