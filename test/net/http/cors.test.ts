import { expect, onTestFinished, test } from "bun:test";
import { unobserved } from "../../../src/core/traffic.ts";
import { type Cors, withCors } from "../../../src/net/http/cors.ts";
import { serveHttp } from "../../../src/net/http/server.ts";

const log = { debug() {}, info() {}, warning() {}, error() {} };
const page = "http://localhost:3000";

async function serve(cors: Cors) {
  const server = await serveHttp(
    { service: "web", log, traffic: unobserved, thread: 0, joins: false },
    {
      host: "127.0.0.1",
      port: 0,
      maxConnections: 9,
      maxBody: 9,
      maxBuffered: 99,
      requestTimeout: 9000,
      idleTimeout: 9000,
    },
    withCors(cors, {
      answer: ({ target }) => {
        const reply = { status: 200, headers: { Vary: "Accept" }, body: "hello" };
        return target === "/later" ? Promise.resolve(reply) : reply;
      },
      refuse: ({ status, message }) => ({ status, headers: {}, body: message }),
    }),
  );
  onTestFinished(() => server.stop(AbortSignal.abort()));
  const url = `http://127.0.0.1:${server.address.port}`;
  /** What a page of an origin may read, and by what the answer varies. */
  const ask = async (origin: string | undefined, init: RequestInit = {}, path = "/") => {
    const headers = { ...init.headers, ...(origin !== undefined && { origin }) };
    const reply = await fetch(url + path, { ...init, headers });
    await reply.text();
    return reply;
  };
  return { ask };
}

const allowed = (reply: Response) => reply.headers.get("access-control-allow-origin");
const preflight = {
  method: "OPTIONS",
  headers: { "access-control-request-method": "POST", "access-control-request-headers": "content-type" },
};

test("pages of every origin may call a service with cors: true", async () => {
  const { ask } = await serve(true);
  expect(allowed(await ask(page))).toBe("*");
  expect(allowed(await ask(page, {}, "/later"))).toBe("*");
  expect(allowed(await ask(undefined))).toBeNull();
  const before = await ask(page, preflight);
  expect(before.status).toBe(204);
  expect(Object.fromEntries(before.headers)).toMatchObject({
    "access-control-allow-origin": "*",
    "access-control-allow-methods": "POST",
    "access-control-allow-headers": "content-type",
  });
});

test("pages of other origins than those of a list may not", async () => {
  const { ask } = await serve([page]);
  const own = await ask(page);
  expect([allowed(own), own.headers.get("vary")]).toEqual([page, "Accept, Origin"]);
  const other = await ask("http://evil.example");
  expect([allowed(other), other.headers.get("vary")]).toEqual([null, "Accept, Origin"]);
  expect(allowed(await ask("http://evil.example", preflight))).toBeNull();
  expect(allowed(await ask(page, preflight))).toBe(page);
});

test("a page may read why its request was refused", async () => {
  const { ask } = await serve([page]);
  const reply = await ask(page, { method: "POST", body: "x".repeat(100) });
  expect([reply.status, allowed(reply)]).toEqual([413, page]);
});

test("without the setting nothing of it is said", async () => {
  const { ask } = await serve(false);
  expect(allowed(await ask(page))).toBeNull();
  expect((await ask(page, preflight)).status).toBe(200);
});
