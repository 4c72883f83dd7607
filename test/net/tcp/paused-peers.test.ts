import { describe, expect, onTestFinished, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import tls from "node:tls";
import { tlsField } from "../../../src/core/tls-setting.ts";
import { unobserved } from "../../../src/core/traffic.ts";
import { PausedPeers } from "../../../src/net/tcp/paused-peers.ts";
import { listenTcp, type TcpConnection, type TcpOptions } from "../../../src/net/tcp/server.ts";
import { Authority, openssl } from "../../support/certificates.ts";
import { testWith } from "../../support/needs.ts";
import { RawClient } from "../../support/raw-client.ts";
import { maxWait, until } from "../../support/until.ts";

// The kernel is asked once a second.
setDefaultTimeout(maxWait);

const ignore = () => {};
const log = { debug: ignore, info: ignore, warning: ignore, error: ignore };
const testTls = testWith(openssl);

/** A role that stops reading a client once it has said so, and notes what it hears of it. */
async function start(options: Partial<TcpOptions> = {}) {
  const heard: string[] = [];
  const paused: TcpConnection<undefined>[] = [];
  const connections: TcpConnection<undefined>[] = [];
  const context = { service: "test", log, traffic: unobserved, thread: 0, joins: false };
  const server = await listenTcp<undefined>(
    context,
    { host: "127.0.0.1", port: 0, ...options },
    {
      open: (connection) => void connections.push(connection),
      data(connection, chunk) {
        const word = Buffer.from(chunk).toString();
        heard.push(word.length > 20 ? `${word.length} bytes` : word);
        if (word !== "pause") return;
        connection.pause();
        paused.push(connection);
      },
      end(connection) {
        heard.push("end");
        connection.end();
      },
    },
  );
  onTestFinished(() => server.stop(AbortSignal.abort()));
  return { heard, paused, connections, server };
}

describe("a connection that is not read", () => {
  test("is known to have ended, with the little that came last", async () => {
    const { heard, paused, server } = await start();
    const [silent, brief] = [
      await RawClient.connect(server.address.port),
      await RawClient.connect(server.address.port),
    ];
    silent.write("pause");
    brief.write("pause");
    await until(() => paused.length === 2);
    silent.end();
    await silent.closed;
    expect(heard).toEqual(["pause", "pause", "end"]);
    brief.write("bye");
    brief.end();
    await brief.closed;
    expect(heard.slice(3)).toEqual(["bye", "end"]);
    await until(() => server.connections.size === 0);
  });

  test("keeps what it has not been read for, until it is read on", async () => {
    const { heard, paused, server } = await start();
    const full = await RawClient.connect(server.address.port);
    const empty = await RawClient.connect(server.address.port);
    full.write("pause");
    await until(() => paused.length === 1);
    full.write("x".repeat(200));
    full.end();
    empty.write("pause");
    await until(() => paused.length === 2);
    empty.end();
    // It was paused later, so the other one has been looked at, too.
    await empty.closed;
    expect(heard).toEqual(["pause", "pause", "end"]);
    paused[0]?.resume();
    await full.closed;
    expect(heard.slice(3)).toEqual(["200 bytes", "end"]);
  });

  test.each([
    ["pause", 0],
    ["pause", 50],
    ["pause", 1000],
    ["go on", 1000],
  ])(
    "is read to its end when a write finds it reset, after %j and with %d bytes unread",
    async (word, unread) => {
      const { heard, connections, server } = await start();
      const client = await RawClient.connect(server.address.port);
      client.write(word);
      await until(() => heard.length === 1);
      const [connection] = connections;
      if (unread > 0) client.write("x".repeat(unread));
      // The write comes before Bun has looked: it takes the error, and Bun sees no end of a paused socket.
      client.reset();
      connection?.write(Buffer.from("answer"));
      await until(() => server.connections.size === 0);
      expect(heard).toEqual([word, ...(unread === 0 ? [] : [`${unread} bytes`]), "end"]);
      expect([connection?.closedBy, connection?.isReset]).toEqual(["client", true]);
    },
  );

  test("is closed when a write finds it reset while its answer is on its way", async () => {
    const { heard, connections, server } = await start();
    const client = await RawClient.connect(server.address.port);
    client.write("question");
    await until(() => heard.length === 1);
    const [connection] = connections;
    connection?.beginAnswer();
    client.reset();
    connection?.write(Buffer.from("a part"));
    await until(() => server.connections.size === 0);
    expect(connection?.closed).toBe(true);
  });

  test("leaves the queue of an iterative service when it has gone without a word", async () => {
    const { heard, server } = await start({ iterative: true });
    const clients: RawClient[] = [];
    for (const word of ["first", "", "last"]) {
      const client = await RawClient.connect(server.address.port);
      if (word !== "") client.write(word);
      clients.push(client);
    }
    const [first, gone, last] = clients;
    await until(() => server.connections.size === 3);
    gone?.end();
    last?.end();
    await gone?.closed;
    await until(() => server.connections.size === 2);
    expect(heard).toEqual(["first"]);
    first?.end();
    await last?.closed;
    expect(heard).toEqual(["first", "end", "last", "end"]);
  });

  testTls("is known to have ended over TLS, which takes leave with a record", async () => {
    const pair = new Authority().issue();
    const setting = tlsField.parse({ ...pair });
    const { heard, paused, server } = await start({ tls: { setting: setting!, handshakeTimeout: 5000 } });
    const { promise: secured, resolve } = Promise.withResolvers<void>();
    const socket = tls.connect(
      {
        port: server.address.port,
        host: "127.0.0.1",
        ca: readFileSync(pair.cert),
        checkServerIdentity: () => undefined,
        rejectUnauthorized: false,
      },
      () => resolve(),
    );
    onTestFinished(() => void socket.destroy());
    socket.on("error", ignore);
    await secured;
    socket.write("pause");
    await until(() => paused.length === 1);
    socket.end("bye");
    await until(() => server.connections.size === 0);
    expect(heard).toEqual(["pause", "bye", "end"]);
  });
});

test("nothing is watched while nothing is paused", async () => {
  const peers = new PausedPeers(1);
  expect(peers.isWatching).toBe(false);
  const unreachable = () => expect.unreachable();
  const peer = { file: undefined, served: true, readToEnd: unreachable, wasReset: unreachable };
  peers.add(peer);
  expect(peers.isWatching).toBe(true);
  peers.remove(peer);
  await until(() => !peers.isWatching);
});

test("who asks the kernel first passes on that a peer was reset", async () => {
  const { paused, server } = await start();
  const client = await RawClient.connect(server.address.port);
  client.write("pause");
  await until(() => paused.length === 1);
  const peers = new PausedPeers(60_000);
  let resets = 0;
  const peer = {
    file: paused[0]?.file,
    served: true,
    readToEnd: () => expect.unreachable(),
    wasReset: () => resets++,
  };
  peers.add(peer);
  peers.look();
  expect(resets).toBe(0);
  client.reset();
  for (let round = 0; round < 2; round++) peers.look();
  expect(resets).toBe(1);
});
