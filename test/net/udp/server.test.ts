import { describe, expect, onTestFinished, test } from "bun:test";
import { networkInterfaces } from "node:os";
import type { Logger } from "../../../src/core/log.ts";
import type { TrafficEvent } from "../../../src/core/traffic.ts";
import { responderPorts, SenderRate } from "../../../src/net/udp/reply-guard.ts";
import { listenUdp, maxWaiting, repliesPerTurn } from "../../../src/net/udp/server.ts";
import { testBans } from "../../support/bans.ts";
import { seenTraffic } from "../../support/seen-traffic.ts";
import { until } from "../../support/until.ts";

const encoder = new TextEncoder();

async function echo({ host = "127.0.0.1", maxRate = 0, marker = "", bans = testBans() } = {}) {
  const log: string[] = [];
  const line = (message: string) => void log.push(message);
  const logger: Logger = { debug: line, info: line, warning: line, error: line };
  let answered = 0;
  const events: TrafficEvent[] = [];
  const traffic = seenTraffic((event) => events.push(event));
  const context = { service: "udp", log: logger, traffic, guards: { bans } };
  const server = await listenUdp(
    context,
    { host, port: 0, maxRate },
    {
      reply(datagram) {
        answered++;
        return Buffer.concat([encoder.encode(marker), datagram]);
      },
      describe: (direction, datagram) => `${direction} ${Buffer.from(datagram)}`,
    },
  );
  onTestFinished(() => server.stop());
  return { server, log, events, port: server.address.port, answered: () => answered };
}

/** A sender with a chosen source: for the receiver it makes no difference whether that is real or forged. */
async function from(port: number, host = "127.0.0.1") {
  let received = 0;
  const socket = await Bun.udpSocket({ hostname: host, port, socket: { data: () => void received++ } });
  onTestFinished(() => socket.close());
  return { socket, received: () => received };
}

/** Resolves when all that has been sent to the server has been read and answered. */
async function settled(server: { stats(): Record<string, number> }, received: number) {
  await until(() => server.stats().datagrams_received_total === received);
  await until(() => server.stats().datagrams_waiting === 0);
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe("a UDP server", () => {
  test("does not answer a datagram from its own port, whatever the address", async () => {
    // Bound to one address of the loopback network, so that another may have the same port as its source.
    const { server, port, answered, log, events } = await echo({ host: "127.0.0.2" });
    const twin = await from(port, "127.0.0.1");
    twin.socket.send("halo", port, "127.0.0.2");
    await settled(server, 1);
    expect(answered()).toBe(0);
    expect(server.stats().datagrams_unanswered_total).toBe(1);
    expect(log).toEqual([
      `Did not answer a datagram from 127.0.0.1:${port}: port ${port} is a UDP service's own (1 not answered so far)`,
    ]);
    expect(events.map((event) => (event.kind === "message" ? event.text : event.kind))).toEqual([
      `in halo, not answered: port ${port} is a UDP service's own`,
    ]);
  });

  test.each(["0.0.0.0", "::"])("on %s shows at which address it was met, both ways", async (host) => {
    const { server, port, events } = await echo({ host });
    const addresses = Object.values(networkInterfaces()).flatMap((all) => all ?? []);
    const met = ["127.0.0.1", ...addresses.flatMap((one) => (one.family === "IPv4" ? [one.address] : []))];
    for (const [count, address] of met.entries()) {
      const { socket } = await from(0, address);
      socket.send("halo", port, address);
      await settled(server, count + 1);
      const shown = events.slice(-2).map(({ conversation: { local, remote } }) => [local, remote]);
      expect(shown).toEqual(Array(2).fill([`${address}:${port}`, `${address}:${socket.port}`]));
    }
  });

  test("does not answer another UDP service of the process, and that not it", async () => {
    const [one, two] = [await echo({ host: "127.0.0.2" }), await echo({ host: "127.0.0.3" })];
    const asTwo = await from(two.port, "127.0.0.4");
    asTwo.socket.send("halo", one.port, "127.0.0.2");
    await settled(one.server, 1);
    expect([one.answered(), two.answered()]).toEqual([0, 0]);
  });

  test("answers a port again that a stopped service had", async () => {
    const stopped = await echo({ host: "127.0.0.2" });
    const { port } = stopped;
    await stopped.server.stop();
    const { server, answered, port: to } = await echo({ host: "127.0.0.3" });
    const client = await from(port, "127.0.0.2");
    client.socket.send("halo", to, "127.0.0.3");
    await settled(server, 1);
    expect(answered()).toBe(1);
  });

  test.skipIf(process.getuid?.() !== 0)("does not answer the ports of servers that answer back", async () => {
    const { server, port, answered, log } = await echo({ host: "127.0.0.2" });
    const ports = [...responderPorts.keys()].filter((responder) => responder > 0);
    for (const [index, responder] of ports.entries()) {
      const { socket } = await from(responder, "127.0.0.77");
      socket.send("halo", port, "127.0.0.2");
      await settled(server, index + 1);
    }
    expect(answered()).toBe(0);
    expect(log[0]).toContain("port 7 is that of echo, which would answer back");
  });

  test("answers at most a few datagrams in a turn of the event loop, and all of them in the end", async () => {
    const { server, port, answered } = await echo();
    const client = await from(0);
    const sent = 200; // as many as the kernel's buffer holds
    for (let count = 0; count < sent; count++) client.socket.send("halo", port, "127.0.0.1");
    await until(() => server.stats().datagrams_received_total === sent);
    const turns: number[] = [];
    while (answered() < sent) {
      const before = answered();
      await turn();
      turns.push(answered() - before);
    }
    expect(Math.max(...turns)).toBeLessThanOrEqual(repliesPerTurn);
    await until(() => client.received() === sent);
  });

  test("keeps a bounded number of datagrams waiting, and drops the rest", async () => {
    const { server, port } = await echo();
    const client = await from(0);
    let most = 0;
    while ((server.stats().datagrams_dropped_total ?? 0) < 1000) {
      for (let count = 0; count < 200; count++) client.socket.send("halo", port, "127.0.0.1");
      await turn();
      most = Math.max(most, server.stats().datagrams_waiting ?? 0);
    }
    expect(most).toBe(maxWaiting.datagrams);
    await until(() => server.stats().datagrams_waiting === 0);
  });

  test("two servers that do not know of each other soon stop answering each other", async () => {
    const { server, port, answered } = await echo({ maxRate: 10, marker: "!" });
    // A server that is no service of this process.
    let bounced = 0;
    const other = await Bun.udpSocket({
      hostname: "127.0.0.1",
      port: 0,
      socket: {
        data(socket, datagram, from, host) {
          bounced++;
          socket.send(datagram, from, host);
        },
      },
    });
    onTestFinished(() => other.close());
    other.send("x", port, "127.0.0.1");
    await until(() => (server.stats().datagrams_unanswered_total ?? 0) === 1);
    // One burst of ten seconds' replies at 10 a second, and the few that time has paid for meanwhile.
    expect(answered()).toBeGreaterThanOrEqual(100);
    expect(bounced).toBe(answered());
    expect(server.stats().datagrams_received_total).toBe(answered() + 1);
  });
});

describe("the rate of replies to a sender", () => {
  test("is a burst of ten seconds, then what time pays for", () => {
    const rate = new SenderRate(10);
    let now = 1000;
    const take = () => rate.take("127.0.0.1", 40_000, now);
    for (let count = 0; count < 100; count++) expect(take()).toBe(true);
    expect(take()).toBe(false);
    now += 100;
    expect(take()).toBe(true);
    expect(take()).toBe(false);
  });

  test("is each sender's own", () => {
    const rate = new SenderRate(1);
    for (let count = 0; count < 10; count++) rate.take("127.0.0.1", 40_000, 0);
    expect(rate.take("127.0.0.1", 40_000, 0)).toBe(false);
    const others = Array.from({ length: 100 }, (_, index) => rate.take("127.0.0.1", 40_001 + index, 0));
    // A slot may be shared, rarely.
    expect(others.filter(Boolean).length).toBeGreaterThan(95);
  });

  test("is without a limit at 0", () => {
    const rate = new SenderRate(0);
    for (let count = 0; count < 100_000; count++) rate.take("127.0.0.1", 40_000, 0);
    expect(rate.take("127.0.0.1", 40_000, 0)).toBe(true);
  });
});

test("a UDP server drops and counts datagrams from an address that is banned, and answers the others", async () => {
  const bans = testBans("127.0.0.2");
  const { server, port, answered, log } = await echo({ bans });
  const [banned, other] = [await from(0, "127.0.0.2"), await from(0, "127.0.0.3")];
  banned.socket.send("halo", port, "127.0.0.1");
  other.socket.send("halo", port, "127.0.0.1");
  await settled(server, 2);
  await until(() => other.received() === 1);
  expect([answered(), banned.received()]).toEqual([1, 0]);
  expect(server.stats()).toMatchObject({ datagrams_banned_total: 1, datagrams_unanswered_total: 0 });
  expect(log).toEqual([]);
  bans.add("127.0.0.3");
  other.socket.send("halo", port, "127.0.0.1");
  await settled(server, 3);
  expect(answered()).toBe(1);
});
