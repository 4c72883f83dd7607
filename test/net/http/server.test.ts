import { describe, expect, onTestFinished, test } from "bun:test";
import { StartError } from "../../../src/core/errors.ts";
import { type Traffic, type TrafficEvent, unobserved } from "../../../src/core/traffic.ts";
import { maxPipelined } from "../../../src/net/http/pipelining.ts";
import {
  BodyTooLargeError,
  type HttpHandler,
  type HttpOptions,
  serveHttp,
} from "../../../src/net/http/server.ts";
import { RawClient } from "../../support/raw-client.ts";
import { rawHttp } from "../../support/raw-http.ts";
import { until } from "../../support/until.ts";

interface Surroundings {
  readonly options?: Partial<HttpOptions>;
  readonly traffic?: Traffic;
  readonly thread?: number;
  readonly joins?: boolean;
}

async function serve(handler: HttpHandler, { options, traffic, thread, joins }: Surroundings = {}) {
  const errors: string[] = [];
  const log = { debug() {}, info() {}, warning() {}, error: (line: string) => void errors.push(line) };
  const server = await serveHttp(
    { service: "web", log, traffic: traffic ?? unobserved, thread: thread ?? 0, joins: joins ?? false },
    {
      host: "127.0.0.1",
      port: 0,
      idleTimeout: 10_000,
      requestTimeout: 10_000,
      maxRequests: 100,
      maxBody: 100,
      ...options,
    },
    handler,
  );
  onTestFinished(() => server.stop(AbortSignal.abort()));
  return { server, errors, port: server.address.port, url: `http://127.0.0.1:${server.address.port}/` };
}

const hello = () => new Response("hello");
const post = (length: number, body: string) =>
  `POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: ${length}\r\n\r\n${body}`;

async function startFailure(work: Promise<unknown>): Promise<StartError> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof StartError) return error;
  throw new Error(`expected a StartError, and got ${error}`);
}

describe("serveHttp", () => {
  test("port 0 becomes a real port, where it answers", async () => {
    const { url, server } = await serve(hello);
    expect(server.address.port).toBeGreaterThan(0);
    expect(await (await fetch(url)).text()).toBe("hello");
    expect(server.stats()).toMatchObject({ requests: 0, requests_total: 1, responses_2xx_total: 1 });
  });

  test("responses are counted by the class of their status", async () => {
    const { url, server } = await serve(
      ({ request }) => new Response(null, { status: Number(request.url.split("/").at(-1)) }),
    );
    for (const code of [200, 204, 301, 302, 304, 404, 500]) {
      await (await fetch(`${url}${code}`, { redirect: "manual" })).text();
    }
    expect(server.stats()).toMatchObject({
      responses_2xx_total: 2,
      responses_3xx_total: 3,
      responses_4xx_total: 1,
      responses_5xx_total: 1,
    });
  });

  test("a client that sends thousands of requests ahead is closed, and others are served", async () => {
    const { port, server, url } = await serve(hello);
    const client = await RawClient.connect(port);
    client.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n".repeat(5000));
    await client.closed;
    expect(server.stats().requests_total).toBeLessThan(5000);
    expect(server.stats().responses_5xx_total).toBe(1);
    expect(await (await fetch(url)).text()).toBe("hello");
  });

  test("as many requests ahead as a client may send are all answered", async () => {
    const { port } = await serve(hello);
    const client = await RawClient.connect(port);
    client.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n".repeat(maxPipelined - 1));
    client.write("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    expect((await client.all()).toString().match(/HTTP\/1\.1 200/g)?.length).toBe(maxPipelined);
  });

  test("a second server on the port does not start, and says what to change", async () => {
    const { port } = await serve(hello);
    const error = await startFailure(serve(hello, { options: { port } }));
    expect(error.code).toBe("port-in-use");
    expect(error.message).toContain(`Cannot start "web" on TCP 127.0.0.1:${port}`);
    expect(error.message).toContain("services.web.port");
  });

  test("a port that threads share is no port for a second program", async () => {
    const { port } = await serve(hello, { thread: 1 });
    expect((await startFailure(serve(hello, { thread: 1, options: { port } }))).code).toBe("port-in-use");
    expect((await startFailure(serve(hello, { options: { port } }))).code).toBe("port-in-use");
  });

  test("a thread that joins shares the port", async () => {
    const first = await serve(hello, { thread: 1 });
    const second = await serve(hello, { thread: 2, joins: true, options: { port: first.port } });
    expect(second.port).toBe(first.port);
    const asked = () => first.server.stats().requests_total! + second.server.stats().requests_total!;
    for (let count = 1; count <= 10; count++) {
      await (await fetch(first.url, { headers: { connection: "close" } })).text();
      expect(asked()).toBe(count);
    }
  });

  test.each(["10.254.253.252", "no-such-host.invalid"])("%s is a bad address", async (host) => {
    const error = await startFailure(serve(hello, { options: { host } }));
    expect(error.code).toBe("bad-address");
    expect(error.message).toContain("services.web.host");
  });

  test("a handler that throws costs its own request, and the log says why", async () => {
    const { url, errors, server } = await serve(({ request }) => {
      if (request.url.endsWith("/sync")) throw new Error("sync trouble");
      if (request.url.endsWith("/async")) return Promise.reject(new Error("async trouble"));
      return hello();
    });
    for (const path of ["sync", "async"]) {
      const reply = await fetch(url + path);
      expect(reply.status).toBe(500);
      expect(await reply.json()).toEqual({ error: "Internal server error" });
    }
    expect(await (await fetch(url)).text()).toBe("hello");
    expect(errors).toEqual([
      "Could not answer a request: sync trouble",
      "Could not answer a request: async trouble",
    ]);
    expect(server.stats().responses_5xx_total).toBe(2);
  });

  test("what is no HTTP is refused, and the next client is served", async () => {
    const { port, url } = await serve(hello);
    expect((await rawHttp(port, "\x16\x03\x01\x00\xa5 garbage\r\n\r\n")).status).toBe(400);
    expect((await rawHttp(port, "x".repeat(1_000_000))).status).toBe(431);
    expect(await (await fetch(url)).text()).toBe("hello");
  });

  test("requests that come together on one connection are answered in their order", async () => {
    const { port } = await serve(({ request }) => new Response(request.url));
    const request = (path: string, connection: string) =>
      `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: ${connection}\r\n\r\n`;
    const { body } = await rawHttp(port, request("/1", "keep-alive") + request("/2", "close"));
    expect(body.indexOf("http://x/1")).toBeGreaterThanOrEqual(0);
    expect(body.indexOf("http://x/2")).toBeGreaterThan(body.indexOf("http://x/1"));
  });
});

describe("an exchange's body", () => {
  const sizes: HttpHandler = async (exchange) => {
    try {
      return new Response(String((await exchange.body()).length));
    } catch (error) {
      if (error instanceof BodyTooLargeError) return new Response(error.message, { status: 413 });
      throw error;
    }
  };

  test("is read up to the limit", async () => {
    const { port } = await serve(sizes);
    expect(await rawHttp(port, post(100, "x".repeat(100)))).toMatchObject({ status: 200, body: "100" });
    expect(await rawHttp(port, post(0, ""))).toMatchObject({ status: 200, body: "0" });
  });

  test("beyond the limit is refused before it is sent", async () => {
    const { port } = await serve(sizes);
    const reply = await rawHttp(port, post(101, ""));
    expect(reply).toMatchObject({ status: 413, body: "The request body is larger than 100 bytes" });
  });

  test("beyond the limit in chunks is refused as soon as it is known", async () => {
    const { url } = await serve(sizes);
    const chunk = new Uint8Array(60);
    const endless = new ReadableStream({ pull: (controller) => controller.enqueue(chunk) });
    const reply = await fetch(url, { method: "POST", body: endless });
    expect(reply.status).toBe(413);
  });

  test("of a client that leaves in the middle is nobody's error", async () => {
    const { port, server, errors } = await serve(sizes);
    const client = await RawClient.connect(port);
    client.write(post(50, "half"));
    await until(() => server.stats().requests === 1);
    client.reset();
    await until(() => server.stats().requests_aborted_total === 1);
    expect(errors).toEqual([]);
    expect(server.stats().responses_5xx_total).toBe(0);
  });

  test("that does not come in time is answered 408, and its connection is closed", async () => {
    const { port, server, errors } = await serve(sizes, { options: { requestTimeout: 100 } });
    const half = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 20\r\n\r\nx";
    const chunked = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n";
    for (const reply of await Promise.all([rawHttp(port, half), rawHttp(port, chunked)])) {
      expect(reply.status).toBe(408);
      expect(reply.headers.get("connection")).toBe("close");
      expect(JSON.parse(reply.body)).toEqual({ error: "The request body did not arrive in time" });
    }
    await until(() => server.stats().requests === 0);
    expect(server.stats()).toMatchObject({ responses_4xx_total: 2, responses_5xx_total: 0 });
    expect(errors).toEqual([]);
  });

  test("that is still coming does not keep others from being answered", async () => {
    const { port, url, server } = await serve(sizes, { options: { maxRequests: 2 } });
    for (let count = 1; count <= 5; count++) {
      (await RawClient.connect(port)).write(post(50, "half"));
      await until(() => server.stats().requests === count);
    }
    expect((await fetch(url)).status).toBe(200);
    expect(await (await fetch(url, { method: "POST", body: "four" })).text()).toBe("4");
  });

  test("more requests at once than allowed are answered 503 with Retry-After", async () => {
    const { promise, resolve } = Promise.withResolvers<Response>();
    const { url, server } = await serve(() => promise, { options: { maxRequests: 2 } });
    const asked = [fetch(url), fetch(url)];
    await until(() => server.stats().requests === 2);
    const reply = await fetch(url);
    resolve(new Response());
    await Promise.all(asked);
    expect(reply.status).toBe(503);
    expect(reply.headers.get("retry-after")).toBe("1");
  });
});

describe("stop", () => {
  test("lets a request in flight finish, and accepts no other", async () => {
    const { promise, resolve } = Promise.withResolvers<Response>();
    const { url, server } = await serve(() => promise);
    const asked = fetch(url);
    await until(() => server.stats().requests === 1);
    const stopped = server.stop(AbortSignal.timeout(5000));
    expect(server.stop(AbortSignal.timeout(1))).toBe(stopped);
    await expect(fetch(url)).rejects.toThrow();
    resolve(new Response("finished"));
    expect(await (await asked).text()).toBe("finished");
    await stopped;
  });

  test("drops what is not finished at the deadline", async () => {
    const { url, server } = await serve(() => new Promise<Response>(() => {}));
    const asked = fetch(url);
    await until(() => server.stats().requests === 1);
    await server.stop(AbortSignal.abort());
    await expect(asked).rejects.toThrow();
  });
});

test("traffic has open, the bytes both ways, the role's messages and close, in this order", async () => {
  const events: TrafficEvent[] = [];
  const traffic: Traffic = { sample: () => true, emit: (event) => void events.push(event) };
  const { port } = await serve(
    async (exchange) => {
      exchange.emitRequest("asked", await exchange.body());
      return new Response("answer", { status: 201 });
    },
    { traffic },
  );
  await rawHttp(port, post(4, "body"));
  await until(() => events.at(-1)?.kind === "close");
  const summary = events.map((event) =>
    event.kind === "bytes"
      ? `${event.direction} ${new TextDecoder().decode(event.bytes).split("\r\n")[0]}`
      : event.kind === "message"
        ? event.text
        : event.kind,
  );
  expect(summary).toEqual([
    "open",
    "in POST / HTTP/1.1",
    "in body",
    "asked",
    "out HTTP/1.1 201 Created",
    "out answer",
    "close",
  ]);
  const [first] = events;
  expect(first?.conversation).toMatchObject({
    id: "web#1",
    service: "web",
    transport: "http",
    local: `127.0.0.1:${port}`,
  });
  expect(first?.conversation.remote).toMatch(/^127\.0\.0\.1:\d+$/);
});

test("a client over IPv4 of a server on :: is shown with its IPv4 address", async () => {
  const remotes: string[] = [];
  const handler: HttpHandler = ({ conversation }) => {
    remotes.push(conversation.remote);
    return hello();
  };
  const { port } = await serve(handler, { options: { host: "::" } });
  await fetch(`http://127.0.0.1:${port}/`);
  expect(remotes).toEqual([expect.stringMatching(/^127\.0\.0\.1:\d+$/)]);
});
