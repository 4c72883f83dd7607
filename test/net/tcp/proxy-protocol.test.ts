import { describe, expect, onTestFinished, test } from "bun:test";
import { X509Certificate } from "node:crypto";
import net from "node:net";
import { Duplex } from "node:stream";
import tls from "node:tls";
import { type TlsSetting, tlsField } from "../../../src/core/tls-setting.ts";
import type { TrafficEvent } from "../../../src/core/traffic.ts";
import {
  type ListenContext,
  listenTcp,
  type TcpHandler,
  type TcpOptions,
} from "../../../src/net/tcp/server.ts";
import { testBans } from "../../support/bans.ts";
import { Authority, openssl, type Pair } from "../../support/certificates.ts";
import { testWith } from "../../support/needs.ts";
import { RawClient } from "../../support/raw-client.ts";
import { rejects } from "../../support/rejects.ts";
import { seenTraffic } from "../../support/seen-traffic.ts";
import { until } from "../../support/until.ts";

const authority = openssl.isThere() ? new Authority() : undefined;
const ours = authority?.issue();
const testTls = testWith(openssl);

/** Says where the client comes from, and then what it says. */
const whoAmI: TcpHandler<undefined> = {
  open(connection) {
    connection.write(Buffer.from(`${connection.conversation.remote} `));
    return undefined;
  },
  data: (connection, chunk) => void connection.write(chunk),
};

async function listen(
  options: Partial<TcpOptions> = {},
  context: Partial<ListenContext> = {},
  handler: TcpHandler<undefined> = whoAmI,
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
    { host: "127.0.0.1", port: 0, proxyProtocol: true, ...options },
    handler,
  );
  onTestFinished(() => server.stop(AbortSignal.abort()));
  return { server, port: server.address.port, log, events };
}

const version1 = Buffer.from("PROXY TCP4 203.0.113.7 192.0.2.1 56324 443\r\n");
const version2 = Buffer.from(
  "0d0a0d0a000d0a515549540a" + "2111000c" + "cb007107" + "c0000201" + "dc04" + "01bb",
  "hex",
);
const local = Buffer.from("0d0a0d0a000d0a515549540a20000000", "hex");
const real = "203.0.113.7:56324";

describe("behind a proxy", () => {
  test.each([
    ["1", version1],
    ["2", version2],
  ])("the client's address is that of the header, version %s", async (_, header) => {
    const { server, port, events } = await listen();
    const client = await RawClient.connect(port);
    client.write(Buffer.concat([header, Buffer.from("halo")]));
    expect(await client.text(real.length + 5)).toBe(`${real} halo`);
    expect(server.clients()).toEqual([real]);
    client.end();
    await client.closed;
    await until(() => events.length === 2);
    expect(events.map(({ kind, conversation }) => `${kind} ${conversation.remote}`)).toEqual([
      `open ${real}`,
      `close ${real}`,
    ]);
    expect(server.stats()).toMatchObject({ bytes_received_total: 4, turned_away_proxy_header_total: 0 });
  });

  test("a header may be cut at every byte", async () => {
    for (const header of [version1, version2]) {
      const { server, port } = await listen();
      const clients = await Promise.all(
        Array.from({ length: header.length - 1 }, async (_, index) => {
          const client = await RawClient.connect(port);
          client.write(header.subarray(0, index + 1));
          return client;
        }),
      );
      // All first parts are there, and none of them was enough.
      await until(() => server.connections.size === clients.length);
      for (const [index, client] of clients.entries())
        client.write(Buffer.concat([header.subarray(index + 1), Buffer.from("halo")]));
      for (const client of clients) expect(await client.text(real.length + 5)).toBe(`${real} halo`);
    }
  });

  test("a proxy that speaks for itself is served under its own address", async () => {
    const { port } = await listen();
    for (const header of [local, Buffer.from("PROXY UNKNOWN\r\n")]) {
      const client = await RawClient.connect(port);
      client.write(header);
      expect(await client.text(10)).toBe("127.0.0.1:");
    }
  });

  test("an IPv6 client has its address in brackets", async () => {
    const { port } = await listen();
    const client = await RawClient.connect(port);
    client.write("PROXY TCP6 2001:db8::7 2001:db8::1 4000 443\r\n");
    expect(await client.text(18)).toBe("[2001:db8::7]:4000");
  });

  test("one that is banned itself stays out, whomever it speaks for", async () => {
    const { port, server } = await listen({}, { guards: { bans: testBans("127.0.0.1") } });
    const client = await RawClient.connect(port);
    client.write(version1);
    expect((await client.all()).length).toBe(0);
    expect(server.stats()).toMatchObject({ turned_away_banned_total: 1 });
  });

  test("one that is banned later leaves with all whom it speaks for", async () => {
    const bans = testBans();
    const { port } = await listen({}, { guards: { bans } });
    const client = await RawClient.connect(port);
    client.write(version1);
    await client.text(real.length + 1);
    bans.add("127.0.0.1");
    await client.closed;
  });

  test("everything that counts by address counts the real one", async () => {
    const guards = { bans: testBans("203.0.113.9") };
    const { server, port, log } = await listen({ maxConnectionsPerAddress: 1 }, { guards });
    const connect = async (address: string) => {
      const client = await RawClient.connect(port);
      client.write(`PROXY TCP4 ${address} 192.0.2.1 1000 443\r\n`);
      return client;
    };
    const first = await connect("203.0.113.7");
    expect(await first.text(16)).toBe("203.0.113.7:1000");
    await (await connect("203.0.113.7")).closed;
    await (await connect("203.0.113.9")).closed;
    expect(await (await connect("203.0.113.8")).text(16)).toBe("203.0.113.8:1000");
    expect(server.stats()).toMatchObject({
      turned_away_address_limit_total: 1,
      turned_away_banned_total: 1,
      connections: 2,
    });
    expect(log.map((line) => line.split(":")[0])).toEqual([
      "Closed a connection from 203.0.113.7",
      "Closed a connection from 203.0.113.9",
    ]);
  });

  test("an iterative service lets the next client wait, and its bytes with it", async () => {
    const { port } = await listen({ iterative: true });
    const first = await RawClient.connect(port);
    first.write(version1);
    await first.text(real.length + 1);
    const second = await RawClient.connect(port);
    second.write(Buffer.concat([version2, Buffer.from("second")]));
    first.write("first");
    expect(await first.text(5)).toBe("first");
    expect(second.received.length).toBe(0);
    first.end();
    expect(await second.text(real.length + 7)).toBe(`${real} second`);
  });
});

describe("without a header of a proxy a connection is closed", () => {
  test.each([
    [
      "an HTTP request",
      "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
      "it does not begin with a header of the PROXY protocol",
    ],
    ["a broken header", "PROXY TCP4 999.0.0.1 1.1.1.1 1 1\r\n", "its PROXY line must be like PROXY TCP4"],
    ["a line without an end", `PROXY ${"x".repeat(200)}`, "its PROXY line does not end within 107 bytes"],
  ])("when it begins with %s", async (_, bytes, why) => {
    const { server, port, log, events } = await listen();
    const client = await RawClient.connect(port);
    client.write(bytes);
    await client.closed;
    expect(client.received.length).toBe(0);
    expect(log).toHaveLength(1);
    expect(log[0]).toContain(`Closed a connection from 127.0.0.1: ${why}`);
    expect(server.stats()).toMatchObject({ turned_away_proxy_header_total: 1, bytes_received_total: 0 });
    expect(server.problems()).toMatchObject([{ code: "refused-proxy-header" }]);
    expect(events).toEqual([]);
  });

  test("when the peer is not among the trusted proxies, whatever it sends", async () => {
    const { port, log } = await listen({ proxyProtocol: ["10.0.0.0/8", "::1"] });
    const client = await RawClient.connect(port);
    client.write(version1);
    await client.closed;
    expect(log).toEqual([
      "Closed a connection from 127.0.0.1: proxyProtocol does not name it among the proxies",
    ]);
  });

  test("when the header does not come in time, and what else comes meanwhile is served", async () => {
    const { server, port, log } = await listen({ proxyTimeout: 500 });
    const slow = await RawClient.connect(port);
    slow.write(version1.subarray(0, 30));
    await until(() => server.connections.size === 1);
    const client = await RawClient.connect(port);
    client.write(version1);
    expect(await client.text(real.length)).toBe(real);
    await slow.closed;
    expect(log).toEqual([
      "Closed a connection from 127.0.0.1: no header of the PROXY protocol came within 500 ms",
    ]);
  });

  test("and not when it is one of them", async () => {
    const { port } = await listen({ proxyProtocol: ["10.0.0.0/8", "127.0.0.1"] });
    const client = await RawClient.connect(port);
    client.write(version1);
    expect(await client.text(real.length)).toBe(real);
  });

  test("a thousand of them take one line of the log", async () => {
    const { server, port, log } = await listen();
    for (let round = 0; round < 10; round++) {
      const clients = await Promise.all(Array.from({ length: 100 }, () => RawClient.connect(port)));
      for (const client of clients) client.write("x");
      await Promise.all(clients.map((client) => client.closed));
    }
    await until(() => server.connections.size === 0);
    expect(log).toHaveLength(1);
    expect(server.stats()).toMatchObject({ turned_away_proxy_header_total: 1000 });
  });

  test("who leaves in the middle of a header is forgotten, and the server serves on", async () => {
    const { server, port } = await listen();
    const leaver = await RawClient.connect(port);
    leaver.write(version1.subarray(0, 20));
    await until(() => server.connections.size === 1);
    leaver.reset();
    const closer = await RawClient.connect(port);
    closer.end();
    const client = await RawClient.connect(port);
    client.write(version1);
    expect(await client.text(real.length)).toBe(real);
  });
});

describe("TLS begins after the header", () => {
  const settingOf = (more: Partial<TlsSetting> = {}): TlsSetting =>
    tlsField.parse({ cert: ours!.cert, key: ours!.key, ...more })!;
  const tlsOptions = (more: Partial<TlsSetting> = {}) => ({
    tls: { setting: settingOf(more), handshakeTimeout: 15_000 },
  });

  /** A TLS client whose ClientHello goes out in the same segment as what stands before it. */
  function dialBehind(
    header: Uint8Array,
    port: number,
    more: tls.ConnectionOptions = {},
  ): Promise<tls.TLSSocket> {
    const socket = net.connect(port, "127.0.0.1");
    let isFirst = true;
    const stream = new Duplex({
      read() {},
      write(chunk: Buffer, _, done) {
        socket.write(isFirst ? Buffer.concat([header, chunk]) : chunk);
        isFirst = false;
        done();
      },
      final(done) {
        socket.end();
        done();
      },
    });
    socket.on("data", (chunk) => stream.push(chunk));
    socket.on("end", () => stream.push(null));
    socket.on("error", (error) => stream.destroy(error));
    onTestFinished(() => void socket.destroy());
    const secured = tls.connect({
      socket: stream as net.Socket,
      ca: authority!.pem,
      servername: "localhost",
      ...more,
    });
    return new Promise((resolve, reject) => {
      secured.once("secureConnect", () => resolve(secured));
      secured.once("error", reject);
    });
  }

  async function read(socket: tls.TLSSocket, length: number): Promise<string> {
    let text = "";
    for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
      text += chunk;
      if (text.length >= length) return text;
    }
    return text;
  }

  testTls("in the same segment as the ClientHello", async () => {
    for (const header of [version1, version2]) {
      const { port } = await listen(tlsOptions());
      const socket = await dialBehind(header, port);
      socket.write("halo");
      expect(await read(socket, real.length + 5)).toBe(`${real} halo`);
    }
  });

  testTls("with a megabyte in both directions", async () => {
    const { server, port } = await listen(
      tlsOptions(),
      {},
      {
        open: () => undefined,
        data: (connection, chunk) => void connection.write(chunk),
      },
    );
    const socket = await dialBehind(version2, port);
    const bytes = Buffer.alloc(1024 * 1024, "0123456789abcdef");
    socket.write(bytes);
    const back = await read(socket, bytes.length);
    expect(Buffer.from(back, "latin1").equals(bytes)).toBe(true);
    expect(server.stats()).toMatchObject({
      bytes_received_total: bytes.length,
      bytes_sent_total: bytes.length,
    });
    socket.end();
    await until(() => server.connections.size === 0);
  });

  testTls("and asks for a client certificate where that is required", async () => {
    const required = { ca: authority!.cert, requireClientCert: true };
    const { server, port } = await listen(tlsOptions(required));
    const client = authority!.issue("client");
    const pair = { cert: await Bun.file(client.cert).text(), key: await Bun.file(client.key).text() };
    const socket = await dialBehind(version1, port, pair);
    expect(await read(socket, real.length)).toStartWith(real);
    const stranger = await dialBehind(version1, port).catch((error: Error) => error);
    if (stranger instanceof tls.TLSSocket) await read(stranger, 1).catch(() => {});
    await until(() => server.stats().tls_handshakes_failed_total === 1);
    expect(server.connections.size).toBe(1);
  });

  testTls("with the versions that the setting allows, and with a revocation list", async () => {
    const { server, port } = await listen(tlsOptions({ minVersion: "1.3" }));
    const old = await dialBehind(version1, port, { maxVersion: "TLSv1.2" }).catch((error: Error) => error);
    expect(old).not.toBeInstanceOf(tls.TLSSocket);
    await until(() => server.stats().tls_handshakes_failed_total === 1);
    expect(await read(await dialBehind(version1, port), real.length)).toStartWith(real);

    const [revoked, good] = [authority!.issue("client"), authority!.issue("client")];
    const members = { ca: authority!.cert, requireClientCert: true, crl: [authority!.revoke([revoked])] };
    const guarded = await listen(tlsOptions(members));
    const pairOf = async ({ cert, key }: Pair) => ({
      cert: await Bun.file(cert).text(),
      key: await Bun.file(key).text(),
    });
    const welcome = await dialBehind(version2, guarded.port, await pairOf(good));
    expect(await read(welcome, real.length)).toStartWith(real);
    const refused = await dialBehind(version2, guarded.port, await pairOf(revoked)).catch(
      (error: Error) => error,
    );
    if (refused instanceof tls.TLSSocket) await read(refused, 1).catch(() => {});
    await until(() => guarded.server.stats().tls_handshakes_failed_total === 1);
    expect(guarded.server.connections.size).toBe(1);
  });

  testTls(
    "with the new certificate once it has been renewed, and the old one stays when the new one is none",
    async () => {
      const { server, port } = await listen(tlsOptions());
      const before = await dialBehind(version1, port);
      const next = authority!.issue();
      await rejects(server.renewTls(settingOf({ cert: next.cert })));
      expect((await dialBehind(version1, port)).getPeerX509Certificate()?.fingerprint256).toBe(
        before.getPeerX509Certificate()!.fingerprint256,
      );
      expect(await server.renewTls(settingOf({ cert: next.cert, key: next.key }))).toBe(true);
      const after = await dialBehind(version1, port);
      expect(after.getPeerX509Certificate()?.fingerprint256).toBe(
        new X509Certificate(await Bun.file(next.cert).bytes()).fingerprint256,
      );
      before.write("halo");
      expect(await read(before, real.length + 5)).toBe(`${real} halo`);
    },
  );

  testTls("and no header means no handshake", async () => {
    const { server, port } = await listen(tlsOptions());
    const failed = await dialBehind(new Uint8Array(), port).catch((error: Error) => error);
    expect(failed).toBeInstanceOf(Error);
    await until(() => server.connections.size === 0);
    expect(server.stats()).toMatchObject({ turned_away_proxy_header_total: 1 });
  });

  testTls("also for a client that had to wait for its turn", async () => {
    const { server, port } = await listen({ ...tlsOptions(), maxConnectRate: 10 });
    const sockets = await Promise.all(Array.from({ length: 20 }, () => dialBehind(version2, port)));
    const answers = await Promise.all(sockets.map((socket) => read(socket, real.length)));
    expect(answers.every((text) => text.startsWith(real))).toBe(true);
    expect(server.stats().connections_delayed_total).toBeGreaterThan(0);
  });
});

test("health checks that end in a reset, at times before they are accepted, are no complaint", async () => {
  const { server, port, log } = await listen({ proxyProtocol: ["127.0.0.0/8"] });
  const checks = Array.from({ length: 200 }, () => {
    const socket = net.connect({ port, host: "127.0.0.1" });
    onTestFinished(() => void socket.destroy());
    socket.on("error", () => {});
    socket.once("connect", () => {
      socket.write(local);
      socket.resetAndDestroy();
    });
    return new Promise((resolve) => socket.once("close", resolve));
  });
  await Promise.all(checks);
  const client = await RawClient.connect(port);
  client.write(version1);
  expect(await client.text(real.length + 1)).toBe(`${real} `);
  await until(() => server.clients().length === 1);
  expect(log).toEqual([]);
  expect(server.stats().turned_away_proxy_header_total).toBe(0);
});
