import { expect, onTestFinished, test } from "bun:test";
import { HttpListener } from "../../../src/net/http/listener.ts";
import { RawClient } from "../../support/raw-client.ts";
import { until } from "../../support/until.ts";

const get = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
const descriptors = { limit: 64, shared: 40, reserved: 52, share: 2 };

function open(answer: () => Response | Promise<Response>) {
  const system = { next: 10 };
  const log: string[] = [];
  const line = (message: string) => void log.push(message);
  const listener = new HttpListener({
    listen: (port) => Bun.serve({ hostname: "127.0.0.1", port, reusePort: false, fetch: answer }),
    port: 0,
    log: { debug: line, info: line, warning: line, error: line },
    descriptors,
    next: () => system.next,
    checkMs: 5,
  });
  onTestFinished(() => listener.stop(AbortSignal.abort()));
  return { listener, system, log };
}

const accepts = (port: number) =>
  RawClient.connect(port).then(
    () => true,
    () => false,
  );

test("without free descriptors its connections are closed and none accepted, until there is room", async () => {
  const { listener, system, log } = open(() => new Response("hello"));
  const client = await RawClient.connect(listener.port);
  client.write(get);
  await until(() => client.received.includes("hello"));
  system.next = 52;
  await client.ended;
  await until(() => listener.problem !== undefined);
  expect(listener.problem).toContain("nearly all of the 64 file descriptors");
  expect(listener.pauses).toBe(1);
  expect(await accepts(listener.port)).toBe(false);
  system.next = 51;
  await until(() => accepts(listener.port));
  expect(listener.problem).toBeUndefined();
  expect(log).toEqual([expect.stringContaining("Closed its connections: nearly all of the 64 file")]);
});

test("a request in flight is answered before that", async () => {
  const { promise: asked, resolve: ask } = Promise.withResolvers<void>();
  const { promise: answered, resolve: answer } = Promise.withResolvers<Response>();
  const { listener, system } = open(() => {
    ask();
    return answered;
  });
  const client = await RawClient.connect(listener.port);
  client.write(get);
  await asked;
  system.next = Number.POSITIVE_INFINITY;
  await until(() => listener.pauses === 1);
  answer(new Response("hello"));
  await client.ended;
  expect(client.received.toString()).toEndWith("hello");
});

test("a port that somebody has taken meanwhile is tried again", async () => {
  const { listener, system, log } = open(() => new Response("hello"));
  system.next = 60;
  await until(() => listener.problem !== undefined);
  const taker = Bun.listen({ hostname: "127.0.0.1", port: listener.port, socket: { data() {} } });
  onTestFinished(() => taker.stop(true));
  system.next = 10;
  await until(() => log.some((line) => line.startsWith("Cannot accept connections again: ")));
  taker.stop(true);
  await until(() => listener.problem === undefined);
});

test("it stops while it is closed, and does not open again", async () => {
  const { listener, system } = open(() => new Response("hello"));
  system.next = 60;
  await until(() => listener.problem !== undefined);
  await listener.stop(AbortSignal.timeout(1000));
  system.next = 10;
  expect(await accepts(listener.port)).toBe(false);
  expect(listener.problem).toBeUndefined();
});
