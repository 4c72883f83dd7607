import { describe, expect, onTestFinished, test } from "bun:test";
import { type TrafficEvent, unobserved } from "../../../src/core/traffic.ts";
import {
  listenWebSocket,
  type WebSocketConnection,
  type WebSocketOptions,
} from "../../../src/net/websocket/server.ts";
import { RawClient } from "../../support/raw-client.ts";
import { seenTraffic } from "../../support/seen-traffic.ts";
import { maxWait, until } from "../../support/until.ts";
import { acceptance, frame, readFrames, upgradeRequest } from "../../support/web-socket-frames.ts";

const silent = { debug() {}, info() {}, warning() {}, error() {} };

/** A server that sends back what it receives, and records what happens. */
async function listen(
  options: Partial<WebSocketOptions> = {},
  events?: TrafficEvent[],
  end?: (connection: WebSocketConnection<number>) => void,
) {
  const connections: WebSocketConnection<number>[] = [];
  const closed: number[] = [];
  const emit = (event: TrafficEvent) =>
    void events?.push(event.kind === "bytes" ? { ...event, bytes: new Uint8Array(event.bytes) } : event);
  const traffic = events === undefined ? unobserved : seenTraffic(emit);
  const server = await listenWebSocket<number>(
    { service: "test", log: silent, traffic, thread: 0, joins: false },
    {
      host: "127.0.0.1",
      port: 0,
      pauseWhenFull: false,
      paths: ["/mqtt"],
      origins: [],
      protocols: ["mqtt"],
      upgradeTimeout: 5000,
      ...options,
    },
    {
      open: (connection) => connections.push(connection),
      data: (connection, bytes) => connection.write(bytes),
      ...(end !== undefined && { end }),
      close: (connection) => void closed.push(connection.state),
    },
  );
  onTestFinished(() => server.stop(AbortSignal.abort()));
  return { server, port: server.address.port, connections, closed };
}

async function upgraded(port: number): Promise<RawClient> {
  const client = await RawClient.connect(port);
  client.write(upgradeRequest());
  expect(await client.text(acceptance.length)).toBe(acceptance);
  return client;
}

const closeCode = (bytes: Buffer): number | undefined =>
  readFrames(bytes)
    .find(([opcode]) => opcode === 8)?.[1]
    .readUInt16BE(0);

describe("listenWebSocket", () => {
  test("bytes in binary frames come back in binary frames", async () => {
    const { port, server } = await listen();
    expect(server.address.transport).toBe("ws");
    const client = await upgraded(port);
    client.write(frame("halo"));
    expect(readFrames(await client.bytes(6))).toEqual([[2, Buffer.from("halo")]]);
    client.write(Buffer.concat([frame("h", { fin: false }), frame("i", { opcode: 0 })]));
    expect(readFrames(await client.bytes(4))).toEqual([[2, Buffer.from("hi")]]);
  });

  test("a handshake may come byte by byte, and frames right behind it", async () => {
    const { port } = await listen();
    const slow = await RawClient.connect(port);
    for (const character of upgradeRequest()) slow.write(character);
    const eager = await RawClient.connect(port);
    eager.write(Buffer.concat([Buffer.from(upgradeRequest()), frame("early")]));
    expect(await slow.text(acceptance.length)).toBe(acceptance);
    expect(await eager.text(acceptance.length)).toBe(acceptance);
    expect(readFrames(await eager.bytes(7))).toEqual([[2, Buffer.from("early")]]);
  });

  test("a ping gets its pong, and a close frame its answer and the end", async () => {
    const { port, closed } = await listen();
    const client = await upgraded(port);
    client.write(frame("still there?", { opcode: 9 }));
    expect(readFrames(await client.bytes(14))).toEqual([[10, Buffer.from("still there?")]]);
    client.write(frame(Uint8Array.of(0x0b, 0xb8), { opcode: 8 }));
    expect(closeCode(await client.all())).toBe(3000);
    client.end();
    await until(() => closed.length === 1);
  });

  test("a role that has more to say when its client takes leave answers the close frame when it is done", async () => {
    const { promise: ended, resolve } = Promise.withResolvers<WebSocketConnection<number>>();
    const { port } = await listen({}, undefined, resolve);
    const client = await upgraded(port);
    client.write(frame(Uint8Array.of(0x03, 0xe9), { opcode: 8 }));
    const connection = await ended;
    connection.write(Buffer.from("more"));
    connection.end();
    expect(readFrames(await client.all())).toEqual([
      [2, Buffer.from("more")],
      [8, Buffer.from([0x03, 0xe9])],
    ]);
  });

  test("[MQTT-6.0.0-1] a text frame is answered with close code 1003, a broken frame with 1002", async () => {
    const { port, closed } = await listen();
    const texter = await upgraded(port);
    texter.write(frame("text", { opcode: 1 }));
    expect(closeCode(await texter.all())).toBe(1003);
    texter.end();
    const bare = await upgraded(port);
    bare.write(frame("bare", { masked: false }));
    expect(closeCode(await bare.all())).toBe(1002);
    bare.end();
    await until(() => closed.length === 2);
  });

  test("a request that is no WebSocket handshake gets an HTTP reply, and is closed", async () => {
    const { port, server, connections } = await listen();
    for (const [request, status] of [
      ["GET / HTTP/1.1\r\nHost: a\r\n\r\n", 426],
      [upgradeRequest({}, "/other"), 404],
      [upgradeRequest({ "Sec-WebSocket-Protocol": "chat" }), 400],
      ["\x16\x03\x01 this is TLS\r\n\r\n", 400],
      [`GET / HTTP/1.1\r\nX: ${"a".repeat(20_000)}`, 431],
    ] as const) {
      const client = await RawClient.connect(port);
      client.write(request);
      expect((await client.all()).toString()).toStartWith(`HTTP/1.1 ${status} `);
      client.end();
    }
    await until(() => server.stats().connections === 0);
    expect(server.stats()).toMatchObject({ upgrades_refused_total: 5, connections_total: 5 });
    expect(connections).toHaveLength(0);
  });

  test("a handshake that trickles is ended after upgradeTimeout, a WebSocket is not", async () => {
    const { port } = await listen({ upgradeTimeout: 500 });
    const patient = await upgraded(port);
    const trickler = await RawClient.connect(port);
    const trickle = setInterval(() => trickler.write("a"), 10);
    onTestFinished(() => clearInterval(trickle));
    trickler.write("GET /");
    expect((await trickler.all()).toString()).toStartWith("HTTP/1.1 408 ");
    patient.write(frame("here"));
    expect(readFrames(await patient.bytes(6))).toHaveLength(1);
  });

  test("a message larger than any buffer goes both ways unchanged", async () => {
    const { port } = await listen();
    const client = await upgraded(port);
    const sent = Buffer.alloc(3_000_000, "0123456789");
    client.write(frame(sent));
    let heard = Buffer.alloc(0);
    // One frame may come back as several: chunks are passed on as they arrive.
    while (heard.length < sent.length) {
      await until(() => readFrames(client.received).length > 0);
      const frames = readFrames(client.received);
      const size = (payload: Buffer) =>
        payload.length + (payload.length < 126 ? 2 : payload.length < 65_536 ? 4 : 10);
      await client.bytes(frames.reduce((sum, [, payload]) => sum + size(payload), 0));
      heard = Buffer.concat([heard, ...frames.map(([, payload]) => payload)]);
    }
    expect(heard.equals(sent)).toBe(true);
  });

  test("while it is paused a client is not read, and nothing of what it sends is lost", async () => {
    const { port, server, connections } = await listen();
    const client = await upgraded(port);
    connections[0]!.pause();
    const total = 40_000_000;
    client.write(frame(Buffer.alloc(total, "x")));
    let before = -1;
    await until(() => {
      const { bytes_received_total: now = 0 } = server.stats();
      const isStill = now === before;
      before = now;
      return isStill;
    });
    expect(before).toBeLessThan(total / 2);
    connections[0]!.resume();
    let back = 0;
    client.take((chunk) => {
      back += chunk.length;
    });
    await until(() => back >= total);
  });

  test("a client that does not read its pongs is not sent further ones", async () => {
    const { port, connections } = await listen();
    const client = await upgraded(port);
    client.pause();
    const pings = Buffer.concat(Array.from({ length: 1000 }, () => frame(Buffer.alloc(125), { opcode: 9 })));
    for (let round = 0; round < 100; round++) await client.writeAll(pings);
    await until(() => connections[0]!.buffered > 0);
    expect(connections[0]!.buffered).toBeLessThan(200_000);
  });

  test("when it stops, every client gets the close code 1001 (going away)", async () => {
    const { server, port } = await listen();
    const clients = await Promise.all(Array.from({ length: 5 }, () => upgraded(port)));
    const halfway = await RawClient.connect(port);
    halfway.write("GET /");
    await until(() => server.stats().connections === 6);
    const stopped = server.stop(AbortSignal.timeout(maxWait));
    for (const client of clients) {
      expect(closeCode(await client.all())).toBe(1001);
      client.end();
    }
    halfway.end();
    await stopped;
    expect(server.stats().connections).toBe(0);
  });

  test("observers hear of the handshake and the frames as they are on the wire, with transport ws", async () => {
    const events: TrafficEvent[] = [];
    const { port } = await listen({}, events);
    const client = await upgraded(port);
    const sent = frame("halo");
    client.write(sent);
    await client.bytes(6);
    client.end();
    await until(() => events.at(-1)?.kind === "close");
    expect(events[0]).toMatchObject({ kind: "open", conversation: { transport: "ws" } });
    const bytes = (direction: string) =>
      Buffer.concat(
        events.flatMap((each) => (each.kind === "bytes" && each.direction === direction ? [each.bytes] : [])),
      );
    expect(bytes("in")).toEqual(Buffer.concat([Buffer.from(upgradeRequest()), sent]));
    expect(bytes("out").subarray(0, acceptance.length + 6)).toEqual(
      Buffer.concat([Buffer.from(acceptance), Buffer.from("\x82\x04halo", "latin1")]),
    );
  });

  test("two thousand WebSockets at once each get their own bytes back, and no more than maxConnections come in", async () => {
    const { port, server } = await listen({ maxConnections: 2000 });
    const clients = await Promise.all(Array.from({ length: 2000 }, () => upgraded(port)));
    for (const [i, client] of clients.entries()) client.write(frame(`${i}`.padStart(8)));
    for (const [i, client] of clients.entries()) {
      expect(readFrames(await client.bytes(10))).toEqual([[2, Buffer.from(`${i}`.padStart(8))]]);
    }
    const late = await RawClient.connect(port);
    await late.closed;
    expect(server.stats()).toMatchObject({ connections: 2000, connections_refused_total: 1 });
  });

  test("an open that throws costs its client only, and its close is not called", async () => {
    const errors: string[] = [];
    const log = { ...silent, error: (line: string) => void errors.push(line) };
    const closed: string[] = [];
    let opened = 0;
    const server = await listenWebSocket<string>(
      { service: "test", log, traffic: unobserved, thread: 0, joins: false },
      {
        host: "127.0.0.1",
        port: 0,
        paths: ["/mqtt"],
        origins: [],
        protocols: ["mqtt"],
        upgradeTimeout: 5000,
      },
      {
        open: () => {
          if (++opened === 1) throw new Error("no memory for it");
          return "state";
        },
        data: (connection, bytes) => connection.write(bytes),
        close: ({ state }) => void closed.push(state),
      },
    );
    onTestFinished(() => server.stop(AbortSignal.abort()));
    const first = await RawClient.connect(server.address.port);
    first.write(upgradeRequest());
    await first.closed;
    const second = await upgraded(server.address.port);
    second.write(frame("halo"));
    expect(readFrames(await second.bytes(6))).toEqual([[2, Buffer.from("halo")]]);
    second.reset();
    await until(() => closed.length > 0);
    expect(closed).toEqual(["state"]);
    expect(errors).toEqual([expect.stringContaining("no memory for it")]);
  });
});
