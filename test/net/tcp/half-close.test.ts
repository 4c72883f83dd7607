import { expect, onTestFinished, test } from "bun:test";
import type { TrafficEvent, TrafficKind } from "../../../src/core/traffic.ts";
import { listenTcp, type TcpHandler, type TcpOptions } from "../../../src/net/tcp/server.ts";
import { RawClient } from "../../support/raw-client.ts";
import { seenTraffic } from "../../support/seen-traffic.ts";
import { until } from "../../support/until.ts";

const kinds: readonly TrafficKind[] = ["open", "bytes", "half-close", "close"];

async function serve<S>(handler: TcpHandler<S>, options: Partial<TcpOptions> = {}) {
  const events: TrafficEvent[] = [];
  const traffic = seenTraffic((event) => events.push(event), kinds);
  const log = { debug() {}, info() {}, warning() {}, error() {} };
  const context = { service: "echo", log, traffic, thread: 0, joins: false };
  const server = await listenTcp(context, { host: "127.0.0.1", port: 0, ...options }, handler);
  onTestFinished(() => server.stop(AbortSignal.abort()));
  return { events, client: await RawClient.connect(server.address.port) };
}

/** Each event with what it says of the end. */
const told = (events: readonly TrafficEvent[]) =>
  events.map((event) => {
    if (event.kind === "bytes") return `${event.direction} at ${event.offset}: ${event.bytes.length}`;
    if (event.kind === "open" || event.kind === "message") return event.kind;
    const { closedBy, lengths } = event;
    const isHalf = event.kind === "close" && event.isHalfClosed === true;
    return `${event.kind} by ${closedBy} after ${lengths?.in} and ${lengths?.out}${isHalf ? ", and that is all" : ""}`;
  });

const isOver = (events: readonly TrafficEvent[]) => events.some(({ kind }) => kind === "close");

/** Goes on after the client has ended its side, until it is told to stop. */
function lateAnswer() {
  const { promise, resolve } = Promise.withResolvers<void>();
  const handler: TcpHandler<undefined> = {
    open: () => undefined,
    data: (connection, chunk) => void connection.write(chunk),
    end: (connection) =>
      void promise.then(() => {
        connection.write(Buffer.from("later"));
        connection.end();
      }),
  };
  return { handler, answer: resolve };
}

test("a client that ends its side while the service goes on is told of at once, with what both have sent", async () => {
  const { handler, answer } = lateAnswer();
  const { events, client } = await serve(handler);
  client.write("halo");
  await client.text(4);
  client.end();
  await until(() => events.at(-1)?.kind === "half-close");
  answer();
  expect(await client.text(5)).toBe("later");
  await until(() => isOver(events));
  expect(told(events)).toEqual([
    "open",
    "in at 0: 4",
    "out at 0: 4",
    "half-close by client after 4 and 4",
    "out at 4: 5",
    "close by client after 4 and 9",
  ]);
});

test("a service that ends first is told of when it does, and the client's own end with the close", async () => {
  const { events, client } = await serve<undefined>({
    open: () => undefined,
    data: (connection) => connection.end(),
  });
  client.write("QUIT");
  await client.ended;
  expect(told(events)).toEqual(["open", "in at 0: 4", "half-close by service after 4 and 0"]);
  client.end();
  await until(() => isOver(events));
  expect(told(events).at(-1)).toBe("close by service after 4 and 0");
});

test("of a client that never ends its side after the service did, it is told that no FIN came", async () => {
  const handler: TcpHandler<undefined> = { open: () => undefined, data: (connection) => connection.end() };
  const { events, client } = await serve(handler, { linger: 1 });
  client.write("QUIT");
  await until(() => isOver(events));
  expect(told(events).at(-1)).toBe("close by service after 4 and 0, and that is all");
});

test("a service that resets a connection whose client has ended is told as such, and a reset is no half-close", async () => {
  const { events, client } = await serve<undefined>({
    open: () => undefined,
    data() {},
    end: (connection) => connection.destroy(),
  });
  client.end();
  await until(() => isOver(events));
  expect(told(events)).toEqual([
    "open",
    "half-close by client after 0 and 0",
    "close by client after 0 and 0, and that is all",
  ]);
  const reset = await serve(lateAnswer().handler);
  reset.client.write("halo");
  await reset.client.text(4);
  reset.client.reset();
  await until(() => isOver(reset.events));
  expect(reset.events.map(({ kind }) => kind)).toEqual(["open", "bytes", "bytes", "close"]);
});
