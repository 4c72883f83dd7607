import { describe, expect, onTestFinished, test } from "bun:test";
import { type TrafficEvent, unobserved } from "../../../src/core/traffic.ts";
import { ConnectionsPerAddress } from "../../../src/net/tcp/connections-per-address.ts";
import {
  type ListenContext,
  listenTcp,
  type TcpHandler,
  type TcpOptions,
} from "../../../src/net/tcp/server.ts";
import { testBans } from "../../support/bans.ts";
import { RawClient } from "../../support/raw-client.ts";
import { seenTraffic } from "../../support/seen-traffic.ts";
import { until } from "../../support/until.ts";

const echo: TcpHandler<undefined> = {
  open: () => undefined,
  data: (connection, chunk) => void connection.write(chunk),
};

async function listen(
  options: Partial<TcpOptions>,
  context: Partial<ListenContext> = {},
  handler: TcpHandler<undefined> = echo,
) {
  const log: string[] = [];
  const note = (line: string) => void log.push(line);
  const events: TrafficEvent[] = [];
  const server = await listenTcp<undefined>(
    {
      service: "test",
      log: { debug: note, info: note, warning: note, error: note },
      traffic: seenTraffic((event) => void events.push(event), ["open", "close"]),
      thread: 0,
      joins: false,
      ...context,
    },
    { host: "127.0.0.1", port: 0, ...options },
    handler,
  );
  onTestFinished(() => server.stop(AbortSignal.abort()));
  return { server, port: server.address.port, log, events };
}

/** Whether the server answers. */
async function isServed(client: RawClient): Promise<boolean> {
  client.write("x");
  return await Promise.race([client.text(1).then(() => true), client.closed.then(() => false)]);
}

describe("the connections of one address", () => {
  test("are closed past maxConnectionsPerAddress, while other addresses come in", async () => {
    const { server, port, log, events } = await listen({ maxConnectionsPerAddress: 2 });
    const first = await RawClient.connect(port);
    const second = await RawClient.connect(port);
    expect([await isServed(first), await isServed(second)]).toEqual([true, true]);
    const third = await RawClient.connect(port);
    expect(await isServed(third)).toBe(false);
    expect(server.stats()).toMatchObject({ connections: 2, turned_away_address_limit_total: 1 });
    expect(log).toEqual([
      "Closed a connection from 127.0.0.1: it has 2, as many as maxConnectionsPerAddress allows",
    ]);
    expect(server.problems()).toMatchObject([{ code: "refused-address-limit", values: { count: 1 } }]);
    // Observers see nobody who was turned away.
    expect(events.map(({ kind }) => kind)).toEqual(["open", "open"]);
  });

  test("may be as many again once one of them has left", async () => {
    const { server, port } = await listen({ maxConnectionsPerAddress: 1 });
    for (let times = 0; times < 5; times++) {
      const client = await RawClient.connect(port);
      expect(await isServed(client)).toBe(true);
      client.reset();
      await until(() => server.connections.size === 0);
    }
    expect(server.stats()).toMatchObject({ turned_away_address_limit_total: 0 });
  });

  test("are counted together where listeners share the count", async () => {
    const perAddress = new ConnectionsPerAddress(1);
    const one = await listen({ perAddress });
    const other = await listen({ perAddress });
    expect(await isServed(await RawClient.connect(one.port))).toBe(true);
    expect(await isServed(await RawClient.connect(other.port))).toBe(false);
  });

  test("are counted by the /64 with IPv6", () => {
    const perAddress = new ConnectionsPerAddress(1);
    expect(perAddress.enter("2001:db8::1")).toBe("2001:db8::/64");
    expect(perAddress.enter("2001:db8::ffff")).toBeUndefined();
    expect(perAddress.enter("2001:db8:0:1::1")).toBe("2001:db8:0:1::/64");
    perAddress.leave("2001:db8::/64");
    expect(perAddress.enter("2001:db8::ffff")).toBe("2001:db8::/64");
  });
});

describe("connections that come too fast", () => {
  test("wait, and are served in turn", async () => {
    const { server, port, events } = await listen({ maxConnectRate: 20 });
    const clients = await Promise.all(Array.from({ length: 40 }, () => RawClient.connect(port)));
    const served = await Promise.all(clients.map(isServed));
    expect(served).toEqual(Array(40).fill(true));
    expect(server.stats()).toMatchObject({ connections_waiting: 0, turned_away_connect_rate_total: 0 });
    expect(server.stats().connections_delayed_total).toBeGreaterThan(0);
    expect(events).toHaveLength(40);
  });

  test("are closed when too many wait, and the log and the problems say so", async () => {
    const { server, port, log } = await listen({ maxConnectRate: 0.1 });
    const clients = await Promise.all(Array.from({ length: 5 }, () => RawClient.connect(port)));
    await until(() => server.stats().turned_away_connect_rate_total === 3);
    await Promise.all(clients.slice(2).map((client) => client.closed));
    expect(server.problems()).toMatchObject([
      { code: "connect-rate", values: { waiting: 1, rate: 0.1 } },
      { code: "refused-connect-rate", values: { count: 3 } },
    ]);
    expect(log).toHaveLength(1);
    expect(log[0]).toContain("more come than maxConnectRate allows, 0.1 a second");
  });
});

describe("a banned address", () => {
  test("is refused, and leaves no traces for observers", async () => {
    const guards = { bans: testBans("127.0.0.0/8") };
    const { server, port, log, events } = await listen({}, { guards });
    const clients = await Promise.all(Array.from({ length: 20 }, () => RawClient.connect(port)));
    await Promise.all(clients.map((client) => client.closed));
    await until(() => server.stats().turned_away_banned_total === 20);
    expect(log).toEqual(["Closed a connection from 127.0.0.1: it is banned (test)"]);
    expect(events).toEqual([]);
    expect(server.problems()).toEqual([]);
  });

  test("is let in where bans do not hold for it", async () => {
    const guards = { bans: testBans("127.0.0.1") };
    const { port } = await listen({ ignoreBans: (host) => host === "127.0.0.1" }, { guards });
    expect(await isServed(await RawClient.connect(port))).toBe(true);
  });

  test("is disconnected at once, and others are left alone", async () => {
    const bans = testBans();
    const { server, port, log } = await listen({ host: "::" }, { guards: { bans } });
    const other = await RawClient.connect(port, "::1");
    const banned = await RawClient.connect(port);
    expect([await isServed(other), await isServed(banned)]).toEqual([true, true]);
    bans.add("127.0.0.1");
    await banned.closed;
    await until(() => server.connections.size === 1);
    expect(await isServed(other)).toBe(true);
    expect(log).toHaveLength(1);
    expect(log[0]).toMatch(/^Disconnected 127\.0\.0\.1:\d+: it is banned \(test\)$/);
  });

  test("may be told by the role why it is disconnected", async () => {
    const bans = testBans();
    const { port } = await listen(
      {},
      { guards: { bans } },
      {
        ...echo,
        banned: (connection, { reason }) => {
          connection.write(Buffer.from(`banned: ${reason}`));
          connection.end();
        },
      },
    );
    const client = await RawClient.connect(port);
    expect(await isServed(client)).toBe(true);
    bans.add("127.0.0.1");
    expect((await client.all()).toString()).toBe("banned: test");
  });

  test("is not looked up any more once the server has stopped", async () => {
    const bans = testBans();
    const { server } = await listen({}, { guards: { bans }, traffic: unobserved });
    await server.stop(AbortSignal.abort());
    expect(() => bans.add("127.0.0.1")).not.toThrow();
  });
});

test("who speaks TLS where the server does not is named in the log, once for each connection", async () => {
  const { port, log } = await listen({});
  const client = await RawClient.connect(port);
  // What openssl s_client begins with; what comes later may be anything.
  const hello = Buffer.from("16030100f5010000f10303", "hex");
  client.write(hello);
  await client.bytes(hello.length);
  client.write(hello);
  await client.bytes(hello.length);
  const plain = await RawClient.connect(port);
  plain.write("x");
  await plain.text(1);
  plain.write(hello);
  await plain.bytes(hello.length);
  expect(log).toHaveLength(1);
  expect(log[0]).toMatch(/^127\.0\.0\.1:\d+ speaks TLS, and this port does not: it has to connect without, /);
});
