import { expect, onTestFinished, test } from "bun:test";
import type { DescriptorBudget } from "../../../src/core/descriptors.ts";
import { StartError } from "../../../src/core/errors.ts";
import type { TrafficEvent } from "../../../src/core/traffic.ts";
import { type HttpHandler, listenNodeHttp, type NodeHttpOptions } from "../../../src/net/http/node-server.ts";
import { RawClient } from "../../support/raw-client.ts";
import { until } from "../../support/until.ts";

const echo: HttpHandler = {
  reply: ({ method, url, body }) => ({
    status: 200,
    headers: { "Content-Type": "text/plain" },
    body: `${method} ${url} ${Buffer.from(body)}`,
  }),
  tooLarge: () => ({ status: 413, headers: {}, body: "too large" }),
};

async function listen(
  options: Partial<NodeHttpOptions> = {},
  handler: HttpHandler = echo,
  descriptors?: DescriptorBudget,
) {
  const log: string[] = [];
  const events: TrafficEvent[] = [];
  const line = (message: string) => void log.push(message);
  const server = await listenNodeHttp(
    {
      service: "web",
      log: { debug: line, info: line, warning: line, error: line },
      traffic: {
        sample: () => true,
        emit: (event) =>
          void events.push(event.kind === "bytes" ? { ...event, bytes: event.bytes.slice() } : event),
      },
      thread: 0,
      descriptors,
    },
    {
      host: "127.0.0.1",
      port: 0,
      maxConnections: 100,
      maxBody: 1000,
      requestTimeout: 5000,
      idleTimeout: 5000,
      ...options,
    },
    handler,
  );
  onTestFinished(() => server.stop(AbortSignal.abort()));
  return { server, port: server.address.port, log, events };
}

async function failure(options: Partial<NodeHttpOptions>): Promise<StartError> {
  const error = await listen(options).catch((thrown: unknown) => thrown);
  if (error instanceof StartError) return error;
  throw new Error("it started");
}

test("a port in use, a foreign address and a name without one say what to change", async () => {
  const { port } = await listen();
  const inUse = await failure({ port });
  expect(inUse.code).toBe("port-in-use");
  expect(inUse.message).toContain(`Cannot start "web" on TCP 127.0.0.1:${port}`);
  expect(inUse.message).toContain("set services.web.port");
  for (const host of ["203.0.113.1", "no-such-host.invalid"]) {
    const foreign = await failure({ host });
    expect(foreign.code).toBe("bad-address");
    expect(foreign.message).toContain(`"${host}" is not an address of this machine`);
  }
});

test("a client that sends thousands of requests ahead is closed, and others are served", async () => {
  const { port, server, log } = await listen();
  const greedy = await RawClient.connect(port);
  greedy.write("GET /x HTTP/1.1\r\nHost: x\r\n\r\n".repeat(5000));
  await greedy.closed;
  expect(server.stats().requests_total).toBeLessThan(5000);
  expect(log.some((line) => line.includes("requests ahead"))).toBe(true);
  const other = await RawClient.connect(port);
  other.write("GET /y HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  expect((await other.all()).toString()).toContain("GET /y");
});

test("an exchange's traffic is observed from its opening to its close", async () => {
  const { port, events } = await listen();
  const client = await RawClient.connect(port);
  client.write(
    "POST /a HTTP/1.1\r\nHost: Local\r\nX-Odd:  Value\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi",
  );
  const answer = (await client.all()).toString();
  client.end();
  await until(() => events.at(-1)?.kind === "close");
  const bytes = (direction: "in" | "out") =>
    Buffer.concat(
      events.flatMap((event) =>
        event.kind === "bytes" && event.direction === direction ? [event.bytes] : [],
      ),
    ).toString();
  expect(events[0]?.kind).toBe("open");
  expect(bytes("in")).toBe(
    "POST /a HTTP/1.1\r\nHost: Local\r\nX-Odd: Value\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi",
  );
  expect(bytes("out")).toBe(
    "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 10\r\n\r\nPOST /a hi",
  );
  expect(answer).toEndWith("\r\n\r\nPOST /a hi");
  expect(new Set(events.map(({ conversation }) => conversation.id)).size).toBe(1);
  expect(events[0]?.conversation.local).toBe(`127.0.0.1:${port}`);
});

test("each request of a kept connection is a conversation, over when it is answered", async () => {
  const { port, events, server } = await listen();
  const client = await RawClient.connect(port);
  client.write("GET /a HTTP/1.1\r\nHost: x\r\n\r\n");
  await until(() => events.filter(({ kind }) => kind === "close").length === 1);
  client.write("GET /b HTTP/1.1\r\nHost: x\r\n\r\n");
  await until(() => events.filter(({ kind }) => kind === "close").length === 2);
  expect(server.stats()).toMatchObject({ connections: 1, requests_total: 2, responses_2xx_total: 2 });
  expect(events.map(({ kind, conversation }) => `${kind} ${conversation.id}`)).toEqual([
    "open web#1",
    "bytes web#1",
    "bytes web#1",
    "close web#1",
    "open web#2",
    "bytes web#2",
    "bytes web#2",
    "close web#2",
  ]);
  client.end();
});

test("a client that leaves in the middle of its request ends the conversation, which says why", async () => {
  const { port, events, server } = await listen();
  const client = await RawClient.connect(port);
  client.write("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhi");
  await until(() => events.length >= 2);
  client.end();
  await until(() => events.at(-1)?.kind === "close");
  expect(events.at(-1)).toMatchObject({ reason: "the client left before its answer" });
  await until(() => server.stats().connections === 0);
  expect(events.filter(({ kind }) => kind === "close")).toHaveLength(1);
});

test("a handler that throws costs one request, and the log says why", async () => {
  const { port, log, server } = await listen(
    {},
    {
      ...echo,
      reply: () => {
        throw new Error("no idea");
      },
    },
  );
  expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(500);
  expect(log.join()).toContain("no idea");
  expect(server.stats().connection_errors_total).toBe(1);
});

test("connections above the limit are closed, and the others are served", async () => {
  const { port, log, server } = await listen({ maxConnections: 2 });
  const request = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
  const clients: RawClient[] = [];
  for (let count = 0; count < 2; count++) {
    const client = await RawClient.connect(port);
    client.write(request);
    expect(await client.text(12)).toBe("HTTP/1.1 200");
    clients.push(client);
  }
  const third = await RawClient.connect(port);
  third.write(request);
  await third.closed;
  expect(third.received.length).toBe(0);
  expect(log.join()).toContain("maxConnections is 2");
  expect(server.clients().length).toBe(2);
  clients[0]?.end();
  await until(() => server.clients().length === 1);
  expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(200);
});

test("a connection that asks nothing more is closed after the idle timeout", async () => {
  const { port } = await listen({ idleTimeout: 100 });
  const client = await RawClient.connect(port);
  client.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  expect((await client.all()).toString()).toStartWith("HTTP/1.1 200");
});

test("stop closes idle connections at once, answers requests in flight, and drops those that are not complete in time", async () => {
  const { server, port } = await listen();
  const [idle, asking, stuck] = [
    await RawClient.connect(port),
    await RawClient.connect(port),
    await RawClient.connect(port),
  ];
  idle.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  expect(await idle.text(12)).toBe("HTTP/1.1 200");
  for (const client of [asking, stuck])
    client.write("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n1");
  await until(() => server.clients().length === 3);
  const deadline = new AbortController();
  const stopped = server.stop(deadline.signal);
  await idle.ended;
  await expect(RawClient.connect(port)).rejects.toThrow();
  asking.write("2");
  const answer = (await asking.all()).toString();
  expect(answer).toEndWith("POST / 12");
  expect(answer.toLowerCase()).toContain("connection: close");
  deadline.abort();
  await stuck.ended;
  await stopped;
  expect(server.clients()).toEqual([]);
  await server.stop(deadline.signal);
});

test("without a free descriptor for it a client is closed, and the reason logged", async () => {
  const full = { limit: 64, shared: 0, reserved: 0, share: 0 };
  const { port, server, log } = await listen({}, echo, full);
  const client = await RawClient.connect(port);
  client.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  await client.closed;
  expect(client.received.length).toBe(0);
  expect(server.stats()).toMatchObject({ connections: 0, connections_refused_total: 1, requests_total: 0 });
  expect(log).toEqual([expect.stringContaining("nearly all of the 64 file descriptors")]);
});

test("responses are counted by the class of their status", async () => {
  const status = (url: string) => Number(url.slice(1));
  const reply: HttpHandler = {
    ...echo,
    reply: ({ url }) => ({ status: status(url), headers: {}, body: "" }),
  };
  const { port, server } = await listen({}, reply);
  for (const code of [200, 204, 301, 302, 304, 404, 500]) {
    await (await fetch(`http://127.0.0.1:${port}/${code}`, { redirect: "manual" })).text();
  }
  expect(server.stats()).toMatchObject({
    responses_2xx_total: 2,
    responses_3xx_total: 3,
    responses_4xx_total: 1,
    responses_5xx_total: 1,
  });
});
