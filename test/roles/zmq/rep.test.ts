import { describe, expect, onTestFinished, test } from "bun:test";
import { StartError } from "../../../src/core/errors.ts";
import { maxPerTurn } from "../../../src/net/zmq/peer.ts";
import { zmqRep } from "../../../src/roles/zmq/index.ts";
import { freePort } from "../../support/free-port.ts";
import { golden } from "../../support/golden.ts";
import { RawClient } from "../../support/raw-client.ts";
import { replay } from "../../support/replay.ts";
import { startRole } from "../../support/start-role.ts";
import { maxWait, until } from "../../support/until.ts";
import { greeting, message, readyCommand, ZmtpClient } from "../../support/zmtp.ts";

async function ask(client: ZmtpClient, ...request: (string | Uint8Array)[]): Promise<string[]> {
  client.send("", ...request);
  const [delimiter, ...reply] = await client.receive();
  expect(delimiter?.length).toBe(0);
  return reply.map(String);
}

describe("zmq-rep", () => {
  test("answers byte for byte as the original", async () => {
    const { port } = await startRole(zmqRep);
    for (const events of golden("zmq_reqrep").connections) await replay(port, events);
  });

  test("answers every request with World, also one in several parts and an empty one", async () => {
    const { port, service } = await startRole(zmqRep);
    const client = await ZmtpClient.connect(port, "REQ");
    expect(await ask(client, "Hello")).toEqual(["World"]);
    expect(await ask(client, "a", "b", "c")).toEqual(["World"]);
    expect(await ask(client, "")).toEqual(["World"]);
    expect(service.stats()).toMatchObject({
      connections: 1,
      connections_total: 1,
      messages_received_total: 3,
      messages_sent_total: 3,
      // On the wire: greeting 64, READY 27, and frames of 2 bytes and their body, the empty one of each message first.
      bytes_received_total: 64 + 27 + (2 + 2 + 5) + (2 + 3 * 3) + (2 + 2),
      bytes_sent_total: 64 + 27 + 3 * (2 + 2 + 5),
    });
  });

  test("fills message and count into its reply", async () => {
    const { port } = await startRole(zmqRep, { reply: "{count}: {message}!" });
    const client = await ZmtpClient.connect(port, "REQ");
    expect(await ask(client, "halo")).toEqual(["1: halo!"]);
    expect(await ask(client, "satu", "dua")).toEqual(["2: satu dua!"]);
  });

  test("fills the time into its reply, in its zone", async () => {
    const { port } = await startRole(zmqRep, { reply: "{time}", zone: "Asia/Jakarta" });
    const client = await ZmtpClient.connect(port, "REQ");
    const before = Math.floor(Date.now() / 1000) * 1000;
    const [reply = ""] = await ask(client, "?");
    expect(reply).toMatch(/^\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}$/);
    const time = Date.parse(`${reply} GMT+0700`);
    expect(time).toBeGreaterThanOrEqual(before);
    expect(time).toBeLessThanOrEqual(Date.now());
  });

  test("sends the request itself back, part by part, when the reply is {message} alone", async () => {
    const { port } = await startRole(zmqRep, { reply: "{message}" });
    const client = await ZmtpClient.connect(port, "REQ");
    const bytes = Uint8Array.from({ length: 100_000 }, (_, index) => index);
    client.send("", bytes, "", "end");
    const [, first, ...rest] = await client.receive();
    expect(first?.equals(Buffer.from(bytes))).toBe(true);
    expect(rest.map(String)).toEqual(["", "end"]);
  });

  test("answers one request after the other, each after its delay", async () => {
    const { port } = await startRole(zmqRep, { delay: "60ms" });
    const clients = await Promise.all([1, 2].map(() => ZmtpClient.connect(port, "REQ")));
    const start = performance.now();
    const times = await Promise.all(
      clients.map(async (client) => {
        await ask(client, "Hello");
        return performance.now() - start;
      }),
    );
    expect(Math.min(...times)).toBeGreaterThanOrEqual(59);
    expect(Math.max(...times)).toBeGreaterThanOrEqual(118);
  });

  test("answers others after clients that left between request and reply", async () => {
    const { port, service } = await startRole(zmqRep, { delay: "20ms" });
    const leaving = await Promise.all([1, 2, 3].map(() => ZmtpClient.connect(port, "REQ")));
    for (const client of leaving) {
      client.send("", "bye");
      client.raw.reset();
    }
    await until(() => service.stats().connections === 0);
    expect(await ask(await ZmtpClient.connect(port, "REQ"), "Hello")).toEqual(["World"]);
  });

  test("passes over messages of a DEALER that are no requests", async () => {
    const { port } = await startRole(zmqRep);
    const dealer = await ZmtpClient.connect(port, "DEALER");
    dealer.send("no delimiter");
    dealer.send("no", "delimiter", "either");
    dealer.send("label", "", "a request");
    expect((await dealer.receive()).map(String)).toEqual(["label", "", "World"]);
    expect(await ask(await ZmtpClient.connect(port, "REQ"), "Hello")).toEqual(["World"]);
  });

  test("serves on when a web browser and random bytes have come by", async () => {
    const { port, service } = await startRole(zmqRep);
    const patient = await ZmtpClient.connect(port, "REQ");
    for (const said of ["GET / HTTP/1.1\r\n\r\n", "\x01\x00\x05\x01abcd\x02\x00x", "\x99".repeat(5000)]) {
      const stranger = await RawClient.connect(port);
      stranger.write(Buffer.from(said, "latin1"));
      await stranger.ended;
    }
    expect(await ask(patient, "Hello")).toEqual(["World"]);
    expect(service.stats()).toMatchObject({
      connections_total: 4,
      connections: 1,
      messages_received_total: 1,
    });
  });

  test("disconnects a peer whose message is too large", async () => {
    const { port } = await startRole(zmqRep, { maxMessageSize: "1KiB" });
    const client = await ZmtpClient.connect(port, "REQ");
    expect(await ask(client, "x".repeat(1024))).toEqual(["World"]);
    client.send("", "x".repeat(1025));
    await client.raw.ended;
  });

  test("closes new clients when it is full, and serves the next one when a client has left", async () => {
    const { port, service, log } = await startRole(zmqRep, { maxConnections: 2 }, { expectLog: ["warning"] });
    const [first, second] = [await ZmtpClient.connect(port, "REQ"), await ZmtpClient.connect(port, "REQ")];
    const third = await RawClient.connect(port);
    await third.ended;
    expect(log[0]).toMatch(
      /^warning Closed a connection from 127\.0\.0\.1:\d+: 2 clients are connected and maxConnections is 2 \(1 /,
    );
    expect(await ask(first!, "Hello")).toEqual(["World"]);
    second!.raw.end();
    await until(() => service.stats().connections === 1);
    expect(await ask(await ZmtpClient.connect(port, "REQ"), "Hello")).toEqual(["World"]);
  });

  test("closes a connection that says nothing for as long as handshakeTimeout", async () => {
    const { port } = await startRole(zmqRep, { handshakeTimeout: "100ms" });
    const silent = await RawClient.connect(port);
    await silent.ended;
  });

  test("shows connections, the messages in both directions, and disconnections", async () => {
    const { port, events, service } = await startRole(zmqRep, {}, { observe: true });
    const client = await ZmtpClient.connect(port, "REQ");
    await until(() => service.clients?.().length === 1);
    const [name] = service.clients?.() ?? [];
    expect(await ask(client, "ha\x1blo")).toEqual(["World"]);
    client.raw.end();
    await until(() => events.at(-1)?.kind === "close");
    const shown = events.map((event) => ("text" in event ? `${event.direction} ${event.text}` : event.kind));
    expect(shown.filter((kind) => kind !== "bytes")).toEqual([
      "open",
      "in Received request: ha\\x1blo",
      "out Sent reply: World",
      "close",
    ]);
    const wire = (way: "in" | "out") =>
      Buffer.concat(
        events.flatMap((event) =>
          event.kind === "bytes" && event.direction === way ? [new Uint8Array(event.bytes)] : [],
        ),
      );
    expect(wire("in").toString("hex", 64 + 27)).toBe(message("", "ha\x1blo").toString("hex"));
    expect(wire("out").toString("hex", 64 + 27)).toBe(message("", "World").toString("hex"));
    for (const { conversation } of events) {
      expect(conversation).toMatchObject({
        transport: "zmq",
        local: `127.0.0.1:${port}`,
        remote: name ?? "",
      });
    }
    expect(service.clients?.()).toEqual([]);
  });

  test("serves several endpoints at once, TCP and ipc", async () => {
    const path = `/tmp/distsrv-test-${process.pid}-${Date.now()}.sock`;
    const { service } = await startRole(zmqRep, {
      bind: ["tcp://127.0.0.1:*", "tcp://127.0.0.1:0", `ipc://${path}`],
    });
    const [one, two, ipc] = service.addresses;
    expect(ipc).toEqual({ transport: "ipc", host: path, port: 0 });
    for (const address of [one, two]) {
      expect(await ask(await ZmtpClient.connect(address!.port, "REQ"), "Hello")).toEqual(["World"]);
    }
    expect(one?.port).not.toBe(two?.port);
  });

  test("listens on IPv6, and on a host by name", async () => {
    const six = await startRole(zmqRep, { host: "::1" });
    expect(six.service.addresses[0]?.host).toBe("::1");
    const named = await startRole(zmqRep, { host: "localhost" });
    expect(await ask(await ZmtpClient.connect(named.port, "REQ"), "Hello")).toEqual(["World"]);
  });
});

describe("zmq-rep cannot start", () => {
  const refusal = (config: Record<string, unknown>) =>
    startRole(zmqRep, config).then(
      () => undefined,
      (error: unknown) => (error instanceof StartError ? error : undefined),
    );

  test("on a port in use, and says what to change", async () => {
    const { port } = await startRole(zmqRep);
    const error = await refusal({ port });
    expect(error?.code).toBe("port-in-use");
    expect(error?.message).toContain(`Cannot start "zmq-rep" on TCP 127.0.0.1:${port}`);
    expect(error?.message).toContain("services.zmq-rep.port");
  });

  test("on an endpoint in use, and names the list it is in", async () => {
    const { port } = await startRole(zmqRep);
    const error = await refusal({ bind: ["tcp://127.0.0.1:0", `tcp://127.0.0.1:${port}`] });
    expect(error?.code).toBe("port-in-use");
    expect(error?.message).toContain(`on tcp://127.0.0.1:${port}`);
    expect(error?.message).toContain("services.zmq-rep.bind");
  });

  test.each(["192.0.2.1", "no-such-host.invalid"])(
    "on %s, which is no address of this machine",
    async (host) => {
      const error = await refusal({ host });
      expect(error?.code).toBe("bad-address");
      expect(error?.message).toContain(host);
    },
  );

  test("and leaves nothing behind: the port is free again at once", async () => {
    const port = freePort();
    const { service } = await startRole(zmqRep, { port });
    await service.stop(AbortSignal.timeout(maxWait));
    await service.stop(AbortSignal.timeout(maxWait));
    for (let round = 0; round < 3; round++) {
      const again = await startRole(zmqRep, { port });
      await again.service.stop(AbortSignal.timeout(maxWait));
    }
  });
});

describe("the configuration of zmq-rep", () => {
  test.each([
    [{ bind: ["127.0.0.1:5555"] }, "must be an endpoint such as tcp://127.0.0.1:5555"],
    [{ bind: ["tcp://127.0.0.1:70000"] }, "must be an endpoint"],
    [{ reply: "{mesage}" }, "known are {message}, {count}, {time}"],
    [{ zone: "Mars/Phobos" }, "unknown zone"],
    [{ sendHighWater: 0 }, "1"],
  ])("refuses %p", (config, why) => {
    const { error } = zmqRep.config.safeParse(config);
    expect(error?.issues[0]?.message).toContain(why);
  });
});

test("a stop answers what has been received, and does not wait for peers", async () => {
  const { port, service } = await startRole(zmqRep, { delay: "1h" });
  const client = await ZmtpClient.connect(port, "REQ");
  client.send("", "Hello");
  await until(() => service.stats().messages_received_total === 1);
  await service.stop(new AbortController().signal);
  expect((await client.receive()).map(String)).toEqual(["", "World"]);
});

test("a stop is over at its deadline, though a peer that does not read holds replies back", async () => {
  const started = await startRole(
    zmqRep,
    { reply: "{message}", linger: "1h", maxMessageSize: "8MiB" },
    { expectLog: ["warning"] },
  );
  const deaf = await ZmtpClient.connect(started.port, "DEALER");
  onTestFinished(() => deaf.raw.reset()); // ends the lingering
  deaf.raw.pause();
  for (let sent = 0; sent < 4; sent++) deaf.send("", new Uint8Array(8_000_000));
  // A reply was written that is larger than what the kernel takes for a peer that does not read: the rest waits here.
  await until(() => (started.service.stats().messages_sent_total ?? 0) > 0);
  await started.service.stop(AbortSignal.timeout(100));
  expect(started.log).toContain("warning Some messages had not left when the time to stop was over");
});

describe("zmq-rep and peers that break the rules", () => {
  const handshake = Buffer.concat([greeting, readyCommand("REQ")]);

  test.each([
    ["an unfinished frame", Buffer.from([1, 0, 0, 50, 1, 2, 3])],
    [
      "an unfinished message",
      Buffer.concat([message("", "part").subarray(0, 2), Buffer.from([1, 2, 65, 66])]),
    ],
    ["a message without its delimiter", message("no", "delimiter")],
    ["a malformed envelope", Buffer.from([1, 1, 65, 1, 1, 66, 0, 1, 67])],
    ["a frame that is too long", Buffer.from([2, 0, 0, 1, 0, 0, 0, 0, 0])],
    ["a command without a name", Buffer.from([4, 0])],
  ])("answers every honest client after a peer that leaves after %s", async (_, said) => {
    const { port } = await startRole(zmqRep, {});
    const patient = await ZmtpClient.connect(port, "REQ");
    for (let round = 0; round < 20; round++) {
      const bad = await RawClient.connect(port);
      bad.write(Buffer.concat([handshake, message("", "Hello"), said]));
      await bad.bytes(64 + 27 + 9); // it was let in and answered, so the rest is there as well
      bad.reset();
      expect(await ask(patient, "Hello")).toEqual(["World"]);
      const next = await ZmtpClient.connect(port, "REQ");
      expect(await ask(next, "Hello")).toEqual(["World"]);
      next.raw.end();
    }
  });

  test("logs why a peer with too large a message was disconnected", async () => {
    const { port, log, service } = await startRole(zmqRep, { maxMessageSize: "1KiB" });
    const client = await ZmtpClient.connect(port, "REQ");
    const [name] = service.clients?.() ?? [];
    client.send("", "x".repeat(1025));
    await client.raw.ended;
    expect(log).toEqual([
      `info Disconnected ${name}: its message has 1025 bytes or more, and maxMessageSize is 1024 (1 disconnected so far)`,
    ]);
    expect(service.stats().peers_disconnected_total).toBe(1);
  });

  test("counts all parts of a message together", async () => {
    const { port, log } = await startRole(zmqRep, { maxMessageSize: "1KiB" });
    const client = await ZmtpClient.connect(port, "DEALER");
    for (let part = 0; part < 11; part++)
      client.raw.write(Buffer.concat([Buffer.from([1, 100]), Buffer.alloc(100)]));
    await client.raw.ended;
    expect(log[0]).toContain("its message has 1100 bytes or more, and maxMessageSize is 1024");
  });

  test("does not take a message in parts without end", async () => {
    const { port, log, service } = await startRole(zmqRep);
    const client = await ZmtpClient.connect(port, "DEALER");
    const parts = Buffer.concat(Array.from({ length: 1000 }, () => Buffer.from([1, 0])));
    for (let wave = 0; wave < 5; wave++) client.raw.write(parts);
    await client.raw.ended;
    expect(log[0]).toContain("its message has more than 4096 parts");
    await until(() => service.stats().held_bytes === 0);
  });

  test("accepts messages of the default maximum of 16 MiB", async () => {
    const { port } = await startRole(zmqRep);
    const client = await ZmtpClient.connect(port, "REQ");
    expect(await ask(client, new Uint8Array(16 * 1024 * 1024))).toEqual(["World"]);
  });

  test("gives a message its deadline from its first byte on, whatever follows", async () => {
    // Many times the pause between two parts, so that not even a busy machine makes one of them as long.
    const { port, log } = await startRole(zmqRep, { messageTimeout: "400ms" });
    const slow = await ZmtpClient.connect(port, "REQ");
    const drip = setInterval(() => slow.raw.write(Buffer.from([1, 0])), 10); // always another part
    onTestFinished(() => clearInterval(drip));
    await slow.raw.ended;
    expect(log[0]).toContain("its message was not complete within 400 ms");
  });

  test("does not disconnect a peer whose message waits for us", async () => {
    const { port } = await startRole(zmqRep, {
      messageTimeout: "100ms",
      delay: "150ms",
      receiveHighWater: 1,
    });
    const dealer = await ZmtpClient.connect(port, "DEALER");
    for (const request of ["one", "two", "three"]) dealer.send("", request);
    for (let reply = 0; reply < 3; reply++) expect(String((await dealer.receive())[1])).toBe("World");
  });

  test("holds a bounded number of requests while it is late, and answers all in order", async () => {
    const config = { delay: "1ms", receiveHighWater: 3, reply: "{message}" };
    const { port, service } = await startRole(zmqRep, config);
    const dealer = await ZmtpClient.connect(port, "DEALER");
    let ahead = 0;
    for (let request = 0; request < 50; request++) dealer.send("", String(request));
    for (let request = 0; request < 50; request++) {
      expect(String((await dealer.receive())[1])).toBe(String(request));
      const { messages_received_total: read = 0, messages_sent_total: answered = 0 } = service.stats();
      ahead = Math.max(ahead, read - answered);
    }
    expect(ahead).toBeLessThanOrEqual(3);
  });

  test("lets peers take turns while it is late", async () => {
    const { port } = await startRole(zmqRep, { delay: "5ms", reply: "{count}" });
    const greedy = await ZmtpClient.connect(port, "DEALER");
    for (let request = 0; request < 100; request++) greedy.send("", "x");
    await greedy.receive();
    const modest = await ZmtpClient.connect(port, "REQ");
    const [count] = await ask(modest, "Hello");
    expect(Number(count)).toBeLessThan(90);
  });

  test("does not make replies that nobody reads", async () => {
    const { port, service } = await startRole(zmqRep, { reply: `${"x".repeat(1000)}{count}` });
    const deaf = await ZmtpClient.connect(port, "DEALER");
    deaf.raw.pause();
    const requests = Buffer.concat(Array.from({ length: 10_000 }, () => message("", "")));
    for (let wave = 0; wave < 20; wave++) deaf.raw.write(requests); // 200,000 replies of 1 KB
    const patient = await ZmtpClient.connect(port, "REQ");
    await until(() => (service.stats().held_bytes ?? 0) > 0);
    for (let round = 0; round < 100; round++) await ask(patient, "Hello");
    expect(service.stats().held_bytes).toBeLessThan(4_000_000);
    deaf.raw.resume();
    for (let reply = 1; reply <= 20_000; reply++) await deaf.receive();
  });

  test("reads at most so many messages of a peer before others have their turn", async () => {
    const { port, service } = await startRole(zmqRep);
    const greedy = await ZmtpClient.connect(port, "DEALER");
    const count = 100_000;
    greedy.raw.write(Buffer.concat(Array.from({ length: count }, () => message("", ""))));
    const received = () => service.stats().messages_received_total ?? 0;
    const turns: number[] = [];
    for (let before = 0; before < count; before = received()) {
      await new Promise((resolve) => setImmediate(resolve));
      turns.push(received() - before);
    }
    // One share when a chunk comes, and one of those that were left over.
    expect(Math.max(...turns)).toBeLessThanOrEqual(2 * maxPerTurn);
  });

  test("disconnects who has been holding longest when all together hold too much", async () => {
    const config = { maxBuffered: "1MiB", maxMessageSize: "600KiB" };
    const { port, log, service } = await startRole(zmqRep, config);
    const half = message("", new Uint8Array(500_000)).subarray(0, 400_000);
    const squatters = await Promise.all([1, 2, 3].map(() => ZmtpClient.connect(port, "REQ")));
    for (const [index, squatter] of squatters.entries()) {
      squatter.raw.write(half);
      const holds = (index + 1) * (half.length - 2);
      if (index < 2) await until(() => (service.stats().held_bytes ?? 0) >= holds);
    }
    await squatters[0]!.raw.ended;
    expect(log[0]).toContain("all peers together hold more than maxBuffered, which is 1048576 bytes");
    expect(await ask(await ZmtpClient.connect(port, "REQ"), "Hello")).toEqual(["World"]);
    expect(service.stats().connections).toBe(3);
  });
});

test("zmq-rep answers heartbeats, and drops a peer that does not answer its own", async () => {
  const { port, log } = await startRole(zmqRep, { heartbeat: "50ms" });
  const client = await ZmtpClient.connect(port, "REQ");
  const ping = Buffer.concat([Buffer.from([4, 9, 4]), Buffer.from("PING"), Buffer.from([0, 0, 7, 9])]);
  client.raw.write(ping);
  const pong = Buffer.concat([Buffer.from([4, 7, 4]), Buffer.from("PONG"), Buffer.from([7, 9])]);
  const itsPing = Buffer.concat([Buffer.from([4, 7, 4]), Buffer.from("PING"), Buffer.from([0, 0])]);
  // When ours is read late, its own comes first.
  const said = [await client.raw.bytes(9), await client.raw.bytes(9)].map((bytes) => bytes.toString("hex"));
  expect(said.sort()).toEqual([pong, itsPing].map((bytes) => bytes.toString("hex")).sort());
  await client.raw.ended;
  expect(log[0]).toContain("it has given no sign of life for 50 ms (heartbeat)");
});

test("zmq-rep expects no sign of life of a peer whose requests wait for it", async () => {
  const { port, log, service } = await startRole(zmqRep, {
    heartbeat: "50ms",
    delay: "1h",
    receiveHighWater: 1,
  });
  const waiting = await ZmtpClient.connect(port, "DEALER");
  for (let request = 0; request < 3; request++) waiting.send("", "Hello");
  await until(() => service.stats().messages_received_total === 1);
  // By the end of the second, the first has missed as many beats as it takes.
  for (let count = 0; count < 2; count++) {
    const client = await ZmtpClient.connect(port, "REQ");
    await client.raw.ended;
  }
  expect(log.filter((line) => line.includes("no sign of life"))).toHaveLength(2);
  // Both of these have ended, so that it is the first one that has stayed.
  expect(service.stats().connections).toBe(1);
});

test("zmq-rep connects to its clients when it is configured so, and again when they come back", async () => {
  const port = freePort();
  const listen = () => {
    const answer = Promise.withResolvers<Buffer>();
    let received = Buffer.alloc(0);
    const listener = Bun.listen({
      hostname: "127.0.0.1",
      port,
      socket: {
        open: (socket) =>
          void socket.write(Buffer.concat([greeting, readyCommand("REQ"), message("", "Hello")])),
        data(_, chunk) {
          received = Buffer.concat([received, chunk]);
          if (received.length >= 64 + 27 + 9) answer.resolve(received.subarray(64 + 27));
        },
      },
    });
    return { listener, answer: answer.promise };
  };
  const first = listen();
  const { service } = await startRole(zmqRep, { connect: [`tcp://127.0.0.1:${port}`] });
  expect(await first.answer).toEqual(message("", "World"));
  expect(service.addresses).toEqual([]);
  first.listener.stop(true);
  await until(() => service.stats().connections === 0);
  const again = Bun.listen({
    hostname: "127.0.0.1",
    port,
    socket: { data() {} },
  });
  onTestFinished(() => again.stop(true));
  await until(() => service.stats().connections === 1);
});
