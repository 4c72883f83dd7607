import { describe, expect, onTestFinished, test } from "bun:test";
import { existsSync, lstatSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TrafficEvent } from "../../../src/core/traffic.ts";
import { unobserved } from "../../../src/core/traffic.ts";
import {
  connectTcp,
  type ListenContext,
  listenTcp,
  type TcpConnection,
  type TcpHandler,
  type TcpOptions,
  type TcpServer,
} from "../../../src/net/tcp/server.ts";
import { maxSocketPath } from "../../../src/net/unix-socket.ts";
import { freePort } from "../../support/free-port.ts";
import { RawClient } from "../../support/raw-client.ts";
import { rejects } from "../../support/rejects.ts";
import { scratchFolder } from "../../support/scratch.ts";
import { seenTraffic } from "../../support/seen-traffic.ts";
import { maxWait, until } from "../../support/until.ts";

const silent = { debug() {}, info() {}, warning() {}, error() {} };

function contextFor(overrides: Partial<ListenContext> = {}): ListenContext {
  return { service: "test", log: silent, traffic: unobserved, thread: 0, joins: false, ...overrides };
}

async function listen<S>(
  handler: TcpHandler<S>,
  options: Partial<TcpOptions> = {},
  context: Partial<ListenContext> = {},
) {
  const server = await listenTcp(contextFor(context), { host: "127.0.0.1", port: 0, ...options }, handler);
  onTestFinished(() => server.stop(AbortSignal.abort()));
  return server;
}

const echo: TcpHandler<undefined> = {
  open: () => undefined,
  data: (connection, chunk) => void connection.write(chunk),
};

describe("listenTcp", () => {
  const endings: Record<string, { act: (client: RawClient) => void; text: string; expected: object }> = {
    "the client with FIN": {
      act: (client) => client.end(),
      text: "x",
      expected: { closedBy: "client", isReset: false },
    },
    "the client with a reset": {
      act: (client) => client.reset(),
      text: "x",
      expected: { closedBy: "client", isReset: true },
    },
    "the service with FIN": { act: () => {}, text: "end", expected: { closedBy: "service", isReset: false } },
    "the service with a reset": {
      act: () => {},
      text: "destroy",
      expected: { closedBy: "service", isReset: true },
    },
  };
  test.each(Object.keys(endings))("observers see that a connection was closed by %s", async (name) => {
    const { act, text, expected } = endings[name]!;
    const events: TrafficEvent[] = [];
    const traffic = seenTraffic((event) => events.push(event));
    const handler: TcpHandler<undefined> = {
      open: () => undefined,
      data: (connection, chunk) => {
        const word = Buffer.from(chunk).toString();
        if (word === "end") connection.end();
        else if (word === "destroy") connection.destroy();
        else connection.write(chunk);
      },
    };
    const server = await listen(handler, {}, { traffic });
    const client = await RawClient.connect(server.address.port);
    client.write(text);
    if (text === "x") await client.text(1);
    act(client);
    if (text === "end") client.end();
    await until(() => events.some(({ kind }) => kind === "close"));
    expect(events.find(({ kind }) => kind === "close")).toMatchObject(expected);
  });

  test("observers see that a client of an iterative service waits for its turn", async () => {
    const events: TrafficEvent[] = [];
    const traffic = seenTraffic((event) => events.push(event));
    const server = await listen(echo, { iterative: true }, { traffic });
    const first = await RawClient.connect(server.address.port);
    first.write("x");
    await first.text(1);
    await RawClient.connect(server.address.port);
    await until(() => events.filter(({ kind }) => kind === "open").length === 2);
    expect(events.filter(({ kind }) => kind === "open").map((event) => "waits" in event)).toEqual([
      false,
      true,
    ]);
  });

  test("port 0 becomes a real port, and bytes come back", async () => {
    const server = await listen(echo);
    expect(server.address.port).toBeGreaterThan(0);
    const client = await RawClient.connect(server.address.port);
    client.write("halo");
    expect(await client.text(4)).toBe("halo");
  });

  test("a client that shuts its sending side still gets everything", async () => {
    const server = await listen(echo);
    const client = await RawClient.connect(server.address.port);
    const sent = Buffer.alloc(3_000_000, "abcdefg");
    client.write(sent);
    client.end();
    expect(Buffer.compare(await client.all(), sent)).toBe(0);
  });

  test("clients that do not read are disconnected once all together hold too much, whoever began first", async () => {
    const log: string[] = [];
    const server = await listen(
      echo,
      { maxBuffered: 1_000_000, pauseWhenFull: false },
      { log: { ...silent, warning: (line) => void log.push(line) } },
    );
    const reader = await RawClient.connect(server.address.port);
    await until(() => server.connections.size === 1);
    const [first] = [...server.connections];
    const stuck: RawClient[] = [];
    while (log.length === 0 && stuck.length < 5) {
      const client = await RawClient.connect(server.address.port);
      client.pause();
      client.write(Buffer.alloc(20_000_000));
      stuck.push(client);
      for (let count = 0; count < 1000 && log.length === 0; count++) {
        reader.write("halo");
        expect(await reader.text(4)).toBe("halo");
      }
    }
    expect(log).toEqual([expect.stringContaining("maxBuffered")]);
    expect(first?.closed).toBe(false);
    const held = [...server.connections].reduce((sum, connection) => sum + connection.held, 0);
    expect(held).toBeLessThanOrEqual(1_000_000);
  });

  test("a role may pause a client as it opens it", async () => {
    const server = await listen({ open: (connection) => connection.pause(), data: () => {} });
    const client = await RawClient.connect(server.address.port);
    client.write("halo");
    await until(() => server.connections.size === 1);
    await Bun.sleep(50); // silence is what is asserted
    expect(server.stats().bytes_received_total).toBe(0);
    const [connection] = server.connections;
    connection!.resume();
    await until(() => server.stats().bytes_received_total === 4);
  });

  test("a slow reader holds no more than the high-water mark and a kernel buffer in memory", async () => {
    const highWater = 256 * 1024;
    const server = await listen(echo, { highWater });
    const client = await RawClient.connect(server.address.port);
    client.pause();
    const total = 30_000_000;
    client.write(Buffer.alloc(total, "x"));
    await until(() => server.connections.size === 1);
    const [connection] = server.connections;
    await until(() => connection!.buffered > highWater);
    await Bun.sleep(50); // silence is what is asserted: no more is read than the kernel takes for the reader
    expect(connection!.buffered).toBeLessThan(highWater + 1024 * 1024);
    expect(server.stats().bytes_received_total).toBeLessThan(total);
    client.resume();
    client.end();
    expect((await client.all()).length).toBe(total);
  });

  describe("a client that does not read its replies", () => {
    const reply = Buffer.alloc(8_000_000, "r");

    /** A client with a long reply to its one byte, which its role acts on, and more bytes that it has sent since. */
    async function start(act: (connection: TcpConnection<undefined>) => void) {
      const server = await listen({
        open: () => undefined,
        data: (connection, chunk) => {
          if (chunk[0] !== 0x21) return void connection.write(chunk);
          connection.write(reply);
          act(connection);
        },
      });
      const client = await RawClient.connect(server.address.port);
      client.pause();
      client.write("!");
      await until(() => server.connections.size === 1);
      const [connection] = server.connections;
      await until(() => connection!.buffered > 0);
      client.write("more");
      return { server, client, connection: connection! };
    }

    /** What another client sends later is read and answered; what the first one has sent was there before. */
    async function expectUnread(server: TcpServer): Promise<void> {
      const other = await RawClient.connect(server.address.port);
      for (let round = 0; round < 20; round++) {
        other.write("x");
        await other.text(1);
      }
      expect(server.stats().bytes_received_total).toBe(1 + 20);
    }

    test("and is paused by its role stays unread when the replies have been sent", async () => {
      const { server, client, connection } = await start((it) => it.pause());
      client.resume();
      await client.bytes(reply.length);
      await until(() => connection.buffered === 0);
      await expectUnread(server);
      connection.resume();
      expect(await client.text(4)).toBe("more");
    });

    test("stays unread when its role pauses it for a while, until the replies have been sent", async () => {
      const { server, client } = await start((it) => {
        it.pause();
        it.resume();
      });
      await expectUnread(server);
      client.resume();
      await client.bytes(reply.length);
      expect(await client.text(4)).toBe("more");
    });
  });

  test("bytes written in a cork arrive together, also before an end", async () => {
    const server = await listen({
      open: () => undefined,
      data: (connection) =>
        connection.cork(() => {
          for (let i = 0; i < 1000; i++) connection.write(Buffer.from("ab"));
          connection.end();
        }),
    });
    const client = await RawClient.connect(server.address.port);
    client.write("go");
    expect((await client.all()).toString()).toBe("ab".repeat(1000));
  });

  test("a connection that is reset as it comes is observed like any other", async () => {
    const events: TrafficEvent[] = [];
    const traffic = seenTraffic((event) => events.push(event));
    const server = await listen(echo, {}, { traffic });
    for (let i = 0; i < 20; i++) (await RawClient.connect(server.address.port)).reset();
    await until(
      () =>
        events.filter(({ kind }) => kind === "close").length ===
        events.filter(({ kind }) => kind === "open").length,
    );
    expect(events.every(({ conversation }) => conversation.remote !== "")).toBe(true);
  });

  test("a throwing handler costs its own connection only", async () => {
    const server = await listen({
      open: () => undefined,
      data: (connection, chunk) => {
        if (chunk[0] === 0x21) throw new Error("bang");
        connection.write(chunk);
      },
    });
    const good = await RawClient.connect(server.address.port);
    const bad = await RawClient.connect(server.address.port);
    bad.write("!");
    await bad.closed;
    good.write("still here");
    expect(await good.text(10)).toBe("still here");
    expect(server.stats().connection_errors_total).toBe(1);
  });

  test("connections above the limit are closed, those below it live on", async () => {
    const server = await listen(echo, { maxConnections: 2 });
    const first = await RawClient.connect(server.address.port);
    await RawClient.connect(server.address.port);
    const third = await RawClient.connect(server.address.port);
    await third.closed;
    first.write("a");
    expect(await first.text(1)).toBe("a");
    expect(server.stats().connections_refused_total).toBe(1);
  });

  test("an iterative server serves the second client when the first has left", async () => {
    const server = await listen(echo, { iterative: true });
    const first = await RawClient.connect(server.address.port);
    first.write("1");
    expect(await first.text(1)).toBe("1");
    const second = await RawClient.connect(server.address.port);
    second.write("2");
    await until(() => server.connections.size === 2);
    first.write("1");
    expect(await first.text(1)).toBe("1");
    expect(second.received.length).toBe(0);
    first.end();
    expect(await second.text(1)).toBe("2");
  });

  test("an iterative server serves all who wait in the order in which they came", async () => {
    const server = await listen(echo, { iterative: true });
    const clients: RawClient[] = [];
    for (let index = 0; index < 5; index++) {
      clients.push(await RawClient.connect(server.address.port));
      await until(() => server.connections.size === clients.length);
      clients[index]!.write(String(index));
    }
    for (const [index, client] of clients.entries()) {
      expect(await client.text(1)).toBe(String(index));
      expect(clients.slice(index + 1).map(({ received }) => received.length)).toEqual(
        Array(clients.length - index - 1).fill(0),
      );
      client.end();
    }
  });

  test("an iterative server skips a waiting client that has reset its connection", async () => {
    const server = await listen(echo, { iterative: true });
    const first = await RawClient.connect(server.address.port);
    const second = await RawClient.connect(server.address.port);
    await until(() => server.connections.size === 2);
    second.write("lost");
    second.reset();
    const third = await RawClient.connect(server.address.port);
    third.write("3");
    first.end();
    expect(await third.text(1)).toBe("3");
  });

  test("a silent connection is closed after the idle timeout, an active one is not", async () => {
    const server = await listen(echo, { idleTimeout: 200 });
    const silentClient = await RawClient.connect(server.address.port);
    const active = await RawClient.connect(server.address.port);
    const beat = setInterval(() => active.write("."), 20);
    onTestFinished(() => clearInterval(beat));
    await silentClient.ended;
    silentClient.end();
    await until(() => server.connections.size === 1);
    expect(server.stats().connections_idle_closed_total).toBe(1);
  });

  const latestActive = (server: TcpServer) =>
    Math.max(...[...server.connections].map(({ lastActive }) => lastActive));

  /** Waits for more looks for idle connections: a new connection begins with their number. */
  const lookedAgain = async (server: TcpServer, times: number) => {
    const looks = async () => {
      const { size } = server.connections;
      await RawClient.connect(server.address.port);
      await until(() => server.connections.size > size);
      return latestActive(server);
    };
    const end = (await looks()) + times;
    await until(async () => (await looks()) >= end);
  };

  test("a client that reads slowly is not idle: each part that it takes counts", async () => {
    const server = await listen(echo, { idleTimeout: 2000 });
    const client = await RawClient.connect(server.address.port);
    await until(() => server.connections.size === 1);
    const [slow] = server.connections;
    client.pause();
    slow!.write(Buffer.alloc(16_000_000, "s"));
    const written = slow!.lastActive;
    await lookedAgain(server, 1);
    expect([slow!.lastActive, slow!.buffered > 0]).toEqual([written, true]);
    client.resume();
    await until(() => slow!.buffered === 0);
    expect(slow!.lastActive).toBeGreaterThan(written);
  });

  test("a client that sends nothing and is only written to is not idle", async () => {
    const server = await listen(echo, { idleTimeout: 200 });
    const client = await RawClient.connect(server.address.port);
    await until(() => server.connections.size === 1);
    const [connection] = server.connections;
    const beat = setInterval(() => connection!.write(Buffer.from(".")), 20);
    onTestFinished(() => clearInterval(beat));
    // Longer than the idle timeout, several times.
    await client.bytes(50);
    expect(server.stats()).toMatchObject({ connections: 1, connections_idle_closed_total: 0 });
  });

  /** The only client that is served says something for two idle timeouts: four looks for idle connections are one. */
  const keepBusy = async (server: TcpServer, client: RawClient) => {
    for (const end = latestActive(server) + 8; latestActive(server) < end; ) {
      client.write(".");
      await client.text(1);
    }
  };

  test("a client that has waited for its turn has the whole idle timeout from then on", async () => {
    const server = await listen(echo, { iterative: true, idleTimeout: 400 });
    const first = await RawClient.connect(server.address.port);
    const second = await RawClient.connect(server.address.port);
    await keepBusy(server, first);
    first.end();
    await until(() => server.connections.size === 1);
    // Without a time of its own the client would be closed at the first.
    await lookedAgain(server, 2);
    second.write("2");
    expect(await second.text(1)).toBe("2");
    expect(server.stats().connections_idle_closed_total).toBe(0);
    await second.ended;
    expect(server.stats().connections_idle_closed_total).toBe(1);
  });

  test("waiting for its turn in an iterative server does not count as idle", async () => {
    const server = await listen(echo, { iterative: true, idleTimeout: 150 });
    const first = await RawClient.connect(server.address.port);
    const second = await RawClient.connect(server.address.port);
    await keepBusy(server, first);
    first.end();
    await until(() => server.connections.size === 1);
    second.write("2");
    expect(await second.text(1)).toBe("2");
    expect(server.stats().connections_idle_closed_total).toBe(0);
  });

  test("an IPv4 peer of a server on :: is shown with its IPv4 address", async () => {
    const server = await listen(echo, { host: "::" });
    await RawClient.connect(server.address.port);
    await until(() => server.clients().length === 1);
    expect(server.clients()[0]).toStartWith("127.0.0.1:");
  });

  test("stop flushes what is buffered, then ends the connections", async () => {
    const server = await listen(echo);
    const client = await RawClient.connect(server.address.port);
    client.pause();
    client.write(Buffer.alloc(8_000_000, "y"));
    await until(() => server.connections.size === 1);
    const [connection] = server.connections;
    await until(() => connection!.buffered > 0);
    const stopped = server.stop(AbortSignal.timeout(maxWait));
    client.resume();
    const received = await client.all();
    expect(received.length).toBeGreaterThan(0);
    expect(received.every((byte) => byte === 0x79)).toBe(true);
    client.end();
    await stopped;
    expect(server.connections.size).toBe(0);
    await rejects(RawClient.connect(server.address.port), "ECONNREFUSED");
  });

  test("stop drops clients that are still connected at the deadline, and is safe to call twice", async () => {
    const server = await listen({ open: () => undefined, data: () => {}, end: () => {} });
    const client = await RawClient.connect(server.address.port);
    const deadline = AbortSignal.timeout(30);
    await Promise.all([server.stop(deadline), server.stop(deadline)]);
    await client.closed;
  });

  test("a port in use names the service, the port and what to change", async () => {
    const server = await listen(echo);
    const port = server.address.port;
    const second = listenTcp(contextFor({ service: "other" }), { host: "127.0.0.1", port }, echo);
    await rejects(
      second,
      new RegExp(
        `Cannot start "other" on TCP 127.0.0.1:${port}: the port is in use( by .* \\(pid ${process.pid}\\))?. ` +
          "Stop .*, or take another port: --set services.other.port=\\d+$",
      ),
    );
  });

  test("the first thread of a service claims the port; only the others share it", async () => {
    const first = await listen(echo, {}, { thread: 1 });
    const port = first.address.port;
    await rejects(listen(echo, { port }, { thread: 1 }), "the port is in use");
    const joined = await listen(echo, { port }, { thread: 2, joins: true });
    expect(joined.address.port).toBe(port);
  });

  test("an address that is not of this machine is reported as such", async () => {
    await rejects(listen(echo, { host: "192.0.2.1" }), '"192.0.2.1" is not an address of this machine');
  });

  test("open, bytes in both directions and close are observed", async () => {
    const events: TrafficEvent[] = [];
    const traffic = seenTraffic((event) => events.push(event));
    const server = await listen(echo, {}, { traffic });
    const client = await RawClient.connect(server.address.port);
    client.write("x");
    await client.text(1);
    client.end();
    await until(() => events.some((event) => event.kind === "close"));
    expect(
      events.map((event) => ("direction" in event ? `${event.kind} ${event.direction}` : event.kind)),
    ).toEqual(["open", "bytes in", "bytes out", "close"]);
    expect(events[0]!.conversation).toMatchObject({ id: "test#1", service: "test", transport: "tcp" });
  });

  test("a connection whose descriptor is a reserved one is closed, one of a listener below its share kept", async () => {
    const warnings: string[] = [];
    const log = { ...silent, warning: (line: string) => void warnings.push(line) };
    // Any descriptor is a reserved one: which is the next one changes while other tests' leftovers are closed.
    const descriptors = { limit: 4096, shared: 0, reserved: Number.MAX_SAFE_INTEGER, share: 2 };
    const server = await listen(echo, {}, { descriptors, log });
    const { port } = server.address;
    const [first, second] = [await RawClient.connect(port), await RawClient.connect(port)];
    await until(() => server.connections.size === 2);
    const third = await RawClient.connect(port);
    await third.closed;
    expect(server.stats()).toMatchObject({ connections: 2, connections_refused_total: 1 });
    expect(warnings).toEqual([expect.stringContaining("of the 4096 file descriptors")]);
    first.end();
    await until(() => server.connections.size === 1);
    const fourth = await RawClient.connect(port);
    for (const client of [second, fourth]) {
      client.write("halo");
      expect(await client.text(4)).toBe("halo");
    }
  });

  test("past the last descriptor for connections nobody is let in", async () => {
    const descriptors = { limit: 64, shared: 0, reserved: 0, share: 2 };
    const server = await listen(echo, {}, { descriptors });
    const client = await RawClient.connect(server.address.port);
    await client.closed;
    expect(server.stats()).toMatchObject({ connections: 0, connections_refused_total: 1 });
  });

  for (const iterative of [false, true]) {
    const kind = iterative ? "an iterative" : "a concurrent";
    test(`in ${kind} server an open that throws costs its client only, and none of its other handlers is called`, async () => {
      const errors: string[] = [];
      const log = { ...silent, error: (line: string) => void errors.push(line) };
      const called: string[] = [];
      let opened = 0;
      const handler: TcpHandler<string> = {
        open: () => {
          if (++opened === 1) throw new Error("no memory for it");
          return "state";
        },
        data: (connection, chunk) => void connection.write(chunk),
        end: ({ state }) => void called.push(`end ${state}`),
        close: ({ state }) => void called.push(`close ${state}`),
      };
      const server = await listen(handler, { iterative }, { log });
      const first = await RawClient.connect(server.address.port);
      await first.closed;
      const second = await RawClient.connect(server.address.port);
      second.write("halo");
      expect(await second.text(4)).toBe("halo");
      expect(called).toEqual([]);
      second.reset();
      await until(() => server.connections.size === 0);
      expect(called).toEqual(["close state"]);
      expect(errors).toEqual([expect.stringMatching(/^Closed the connection from .*: no memory for it$/)]);
    });
  }

  test("a role that closes a client as it opens it gets its close once, with the state", async () => {
    const states: string[] = [];
    const server = await listen<string>({
      open: (connection) => {
        connection.destroy();
        return "state";
      },
      data: () => {},
      close: ({ state }) => void states.push(state),
    });
    const client = await RawClient.connect(server.address.port);
    await client.closed;
    await until(() => server.connections.size === 0);
    expect(states).toEqual(["state"]);
  });
});

describe("a server on a path", () => {
  const newPath = () => join(scratchFolder("path"), "socket");

  test.each(["a file", "an abstract name"])("serves programs of this machine over %s", async (kind) => {
    const path = kind === "a file" ? newPath() : `\0distsrv-test-${crypto.randomUUID()}`;
    const events: TrafficEvent[] = [];
    const traffic = seenTraffic((event) => events.push(event));
    const server = await listen(echo, { path }, { traffic });
    expect(server.address).toEqual({ transport: "ipc", host: path, port: 0 });
    const received = Promise.withResolvers<string>();
    const client = await Bun.connect({
      unix: path,
      socket: { data: (_, chunk) => received.resolve(chunk.toString()) },
    });
    onTestFinished(() => client.terminate());
    client.write("halo");
    expect(await received.promise).toBe("halo");
    expect(events[0]?.conversation).toMatchObject({ local: path, remote: path.replace("\0", "@") });
  });

  test("refuses the next client when it is full", async () => {
    const log: string[] = [];
    const path = newPath();
    const warning = (line: string) => void log.push(line);
    await listen(echo, { path, maxConnections: 1 }, { log: { ...silent, warning } });
    const closed = Promise.withResolvers<void>();
    const socket = { data() {}, close: () => closed.resolve() };
    for (let count = 0; count < 2; count++) {
      const client = await Bun.connect({ unix: path, socket });
      onTestFinished(() => client.terminate());
    }
    await closed.promise;
    expect(log[0]).toStartWith(`Closed a connection from ${path}: 1 clients are connected`);
  });

  test("has the permissions that it is to have, and is gone when the server has stopped", async () => {
    for (const mode of [0o600, 0o660, 0o777]) {
      const path = newPath();
      const server = await listen(echo, { path, mode });
      expect(lstatSync(path).mode & 0o777).toBe(mode);
      await server.stop(AbortSignal.abort());
      expect(existsSync(path)).toBe(false);
    }
  });

  test("takes the place of a socket that a dead program has left", async () => {
    const path = newPath();
    const script = `Bun.listen({ unix: ${JSON.stringify(path)}, socket: { data() {} } }); process.kill(process.pid, 9);`;
    await Bun.spawn([process.execPath, "-e", script]).exited;
    expect(lstatSync(path).isSocket()).toBe(true);
    await listen(echo, { path, mode: 0o660 });
    const client = await Bun.connect({ unix: path, socket: { data() {} } });
    client.terminate();
  });

  test("leaves one alone on which a program listens, and a file that is none", async () => {
    const [living, file] = [newPath(), newPath()];
    const server = await listen(echo, { path: living, mode: 0o660 });
    const advice = "or change services.test.listeners.1.path";
    const options = { mode: 0o660, part: "listeners.1" };
    await rejects(
      listen(echo, { path: living, ...options }),
      `Cannot start "test" on the Unix socket ${living}: ${living} is in use. Stop the other program, ${advice}`,
    );
    writeFileSync(file, "not a socket");
    await rejects(
      listen(echo, { path: file, ...options }),
      `${file} is a file and no socket. Move it away, ${advice}`,
    );
    expect(readFileSync(file, "utf8")).toBe("not a socket");
    const client = await Bun.connect({ unix: living, socket: { data() {} } });
    client.terminate();
    expect(server.address.host).toBe(living);
  });

  test("says what is wrong with a path that cannot be", async () => {
    const folder = scratchFolder("path");
    const options = { mode: 0o660, part: "listeners.0" };
    const long = join(folder, "x".repeat(maxSocketPath));
    await rejects(
      listen(echo, { path: long, ...options }),
      `bytes, and a socket's may have ${maxSocketPath}`,
    );
    const nowhere = join(folder, "missing", "socket");
    await rejects(listen(echo, { path: nowhere, ...options }), "missing does not exist. Create it");
  });

  test("counts nobody by an address", async () => {
    const path = newPath();
    const server = await listen(echo, { path, mode: 0o660, maxConnectionsPerAddress: 1 });
    for (let count = 0; count < 3; count++) {
      const client = await Bun.connect({ unix: path, socket: { data() {} } });
      onTestFinished(() => client.terminate());
    }
    await until(() => server.connections.size === 3);
    expect(server.clients()).toEqual([path, path, path]);
  });
});

describe("connectTcp", () => {
  const dial = (port: number, options: Partial<TcpOptions> = {}, context: Partial<ListenContext> = {}) => {
    const target = { host: "127.0.0.1", port, ...options };
    const server = connectTcp(contextFor(context), target, echo);
    onTestFinished(() => server.stop(AbortSignal.abort()));
    return server;
  };

  /** A program that we connect to: it sends a word and waits until it comes back. */
  function target(port = 0) {
    const answer = Promise.withResolvers<string>();
    const listener = Bun.listen({
      hostname: "127.0.0.1",
      port,
      socket: {
        open: (socket) => void socket.write("halo"),
        data: (_, chunk) => answer.resolve(chunk.toString()),
      },
    });
    onTestFinished(() => listener.stop(true));
    return { listener, answer: answer.promise };
  }

  test("serves the other end as if it had connected to us, under the addresses of both", async () => {
    const { listener, answer } = target();
    const events: TrafficEvent[] = [];
    const traffic = seenTraffic((event) => events.push(event));
    const server = dial(listener.port, {}, { traffic });
    expect(await answer).toBe("halo");
    const [connection] = server.connections;
    expect(connection?.remote).toEqual({ transport: "tcp", host: "127.0.0.1", port: listener.port });
    expect(events[0]?.conversation.local).toMatch(/^127\.0\.0\.1:\d+$/);
    expect(events[0]?.conversation.local).not.toBe(`127.0.0.1:${listener.port}`);
  });

  test("tries until somebody listens, and again after the connection has ended", async () => {
    const port = freePort();
    const server = dial(port);
    const first = target(port);
    expect(await first.answer).toBe("halo");
    first.listener.stop(true);
    await until(() => server.connections.size === 0);
    expect(await target(port).answer).toBe("halo");
    expect(server.stats().connections_total).toBe(2);
  });

  test("does not connect any more once it is stopped", async () => {
    const { listener, answer } = target();
    const server = dial(listener.port);
    await answer;
    await server.stop(AbortSignal.abort());
    await until(() => server.connections.size === 0);
    await Bun.sleep(150); // silence is what is asserted: longer than from one attempt to the next
    expect(server.stats()).toMatchObject({ connections: 0, connections_total: 1 });
  });
});
