import { expect, test } from "bun:test";
import { AttackMonitor, testDescriptorsAreBack } from "../support/attack-monitor.ts";
import { type Attacker, attack, attackMany, pump } from "../support/attacker.ts";
import { Authority, openssl } from "../support/certificates.ts";
import { freePort } from "../support/free-port.ts";
import { expectHealthy } from "../support/health.ts";
import { startLab } from "../support/lab.ts";
import { connack, connect, publish, subscribe } from "../support/mqtt-packets.ts";
import { testWith } from "../support/needs.ts";
import { Random } from "../support/random.ts";
import { RawClient } from "../support/raw-client.ts";
import { until } from "../support/until.ts";
import { acceptance, frame, readFrames, upgradeRequest } from "../support/web-socket-frames.ts";

const pair = openssl.isThere() ? new Authority().issue() : undefined;
const [wsPort, tlsPort] = [freePort(), freePort()];
const secure = pair
  ? `- { port: ${tlsPort}, connectTimeout: 1500ms, tls: { cert: ${pair.cert}, key: ${pair.key} } }`
  : "";
const lab = await startLab(`
services:
  mqtt:
    port: 0
    listeners:
      - { transport: ws, port: ${wsPort}, connectTimeout: 1500ms }
      ${secure}
  echo: { port: 0 }
`);
test("every service is healthy before the attacks", () => expectHealthy(lab));

/** A WebSocket whose client has been accepted; its received bytes are still unread. */
async function accepted(
  clientId: string,
  options: { readonly neverReads?: boolean } = {},
): Promise<Attacker> {
  const attacker = await attack(wsPort, options);
  attacker.socket.write(Buffer.concat([Buffer.from(upgradeRequest()), frame(connect(clientId))]));
  if (!options.neverReads) await until(() => attacker.head.length >= acceptance.length + 6);
  return attacker;
}

/** A client that must receive its own messages, whatever the others do. @returns a function that checks so many */
async function healthyClient(): Promise<(count: number) => Promise<void>> {
  const client = await RawClient.connect(wsPort);
  client.write(Buffer.concat([Buffer.from(upgradeRequest()), frame(connect("healthy"))]));
  await client.bytes(acceptance.length + 6);
  client.write(frame(subscribe("numbers")));
  await client.bytes(7);
  let sent = 0;
  return async (count) => {
    for (let i = 0; i < count; i++) {
      const packet = publish("numbers", `${sent++}`);
      client.write(frame(packet));
      expect(readFrames(await client.bytes(packet.length + 2))).toEqual([[2, packet]]);
    }
  };
}

const garbage: Readonly<Record<string, string | Uint8Array>> = {
  "plain MQTT": connect("plain"),
  "a CONNECT of HTTP": "CONNECT lab:443 HTTP/1.1\r\nHost: lab\r\n\r\n",
  "a TLS hello": Buffer.from("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".padEnd(600, "a"), "latin1"),
  "HTTP/2": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
  "a request with a body": "POST /mqtt HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n",
  "ten thousand headers": `GET /mqtt HTTP/1.1\r\n${"X: y\r\n".repeat(10_000)}\r\n`,
  "a header without an end": `GET /mqtt HTTP/1.1\r\nX: ${"y".repeat(1_000_000)}`,
  "a path without an end": `GET /${"y".repeat(1_000_000)}`,
  zeros: Buffer.alloc(100_000),
  "an upgrade without a protocol": upgradeRequest({ "Sec-WebSocket-Protocol": undefined }),
  "an upgrade to another path": upgradeRequest({}, "/../../etc/passwd"),
  nothing: "",
};

test.each(Object.entries(garbage))("a handshake that is %s is refused and closed", async (_, bytes) => {
  const monitor = new AttackMonitor(lab, "mqtt");
  const attacker = await attack(wsPort);
  await pump(attacker, Buffer.from(bytes), Buffer.from(bytes).length);
  await until(() => attacker.closed);
  expect(attacker.head.toString("latin1")).not.toContain(" 101 ");
  await monitor.expectSurvived();
});

/** A frame that declares so many bytes, and the first of them. */
function begun(announced: bigint, bytes: readonly number[]): Buffer {
  const head = frame("", { announced });
  const mask = head.subarray(-4);
  return Buffer.concat([head, Buffer.from(bytes.map((byte, i) => byte ^ (mask[i & 3] ?? 0)))]);
}

const badFrames: Readonly<Record<string, Buffer>> = {
  "a text frame": frame("text", { opcode: 1 }),
  "a frame that is not masked": frame(publish("a", "b"), { masked: false }),
  "compressed frames": frame("abc", { reserved: 0x40 }),
  "a frame of 2^63 bytes": frame("", { announced: 1n << 63n }),
  "a continuation of nothing": frame("x", { opcode: 0 }),
  "a ping of 200 bytes": frame(Buffer.alloc(200), { opcode: 9 }),
  "a frame of a terabyte, with a packet of 200 MB announced in it": begun(
    1n << 40n,
    [0x30, 0x80, 0x80, 0xe0, 0x5f],
  ),
  "garbage in a binary frame": frame(Buffer.alloc(1000, 0xff)),
};

test.each(Object.entries(badFrames))("a client that sends %s is disconnected", async (name, bytes) => {
  const monitor = new AttackMonitor(lab, "mqtt");
  const attacker = await accepted("bad");
  expect(readFrames(attacker.head.subarray(acceptance.length))[0]).toEqual([2, connack]);
  attacker.socket.write(bytes);
  // A frame may have any length; the packet in it is only known to be too large when it has arrived.
  if (name.includes("terabyte")) await pump(attacker, Buffer.alloc(65_536, 0xff), 1_000_000);
  await until(() => attacker.closed);
  await monitor.expectSurvived();
});

test("five hundred slow handshakes do not affect a healthy client, and are timed out", async () => {
  const monitor = new AttackMonitor(lab, "mqtt");
  const counted = await healthyClient();
  const slow = await attackMany(wsPort, 500);
  for (const { socket } of slow) socket.write("GET /mqtt HTTP/1.1\r\nX: ");
  await counted(100);
  await until(() => {
    for (const { socket, closed } of slow) if (!closed) socket.write("y");
    return slow.every(({ closed }) => closed);
  });
  await counted(10);
  await monitor.expectSurvived();
});

test("twenty subscribers that never read and a flood of pings neither fill the memory nor delay a healthy client", async () => {
  const monitor = new AttackMonitor(lab, "mqtt");
  const counted = await healthyClient();
  const neverReads = await Promise.all(
    Array.from({ length: 20 }, (_, i) => accepted(`stuck-${i}`, { neverReads: true })),
  );
  for (const { socket } of neverReads) socket.write(frame(subscribe("flood")));
  const pings = Buffer.concat(Array.from({ length: 500 }, () => frame(Buffer.alloc(125), { opcode: 9 })));
  const publisher = await accepted("publisher");
  const flood = frame(publish("flood", Buffer.alloc(60_000, "x")));
  const pumping = [
    pump(publisher, flood, 40_000_000),
    ...neverReads.slice(0, 5).map((each) => pump(each, pings, 5_000_000)),
  ];
  await counted(50);
  await Promise.all(pumping);
  await counted(50);
  await monitor.expectSurvived();
});

test("a healthy client loses nothing to a thousand streams of mutated frames", async () => {
  const monitor = new AttackMonitor(lab, "mqtt");
  const counted = await healthyClient();
  const random = new Random(2_7182_8182);
  const whole = Buffer.concat([frame(connect("mutant")), frame(subscribe("m")), frame(publish("m", "x"))]);
  for (let wave = 0; wave < 20; wave++) {
    for (const { socket } of await attackMany(wsPort, 50)) {
      const mutant = Buffer.from(whole);
      for (let turns = 1 + random.below(6); turns > 0; turns--) {
        const at = random.below(mutant.length);
        mutant[at] = (mutant[at] ?? 0) ^ (1 << random.below(8));
      }
      socket.write(Buffer.concat([Buffer.from(upgradeRequest()), mutant]));
      if (random.below(3) === 0) socket.terminate();
    }
    await counted(5);
  }
  await monitor.expectSurvived();
});

testWith(openssl)("a TLS port survives silence, garbage and partial handshakes", async () => {
  const monitor = new AttackMonitor(lab, "mqtt");
  const counted = await healthyClient();
  const random = new Random(1_4142_1356);
  const attackers = await attackMany(tlsPort, 300);
  for (const [i, { socket }] of attackers.entries()) {
    if (i % 3 === 0) socket.write(Buffer.from(Array.from({ length: 500 }, () => random.below(256))));
    if (i % 3 === 1) socket.write(Buffer.from("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "latin1"));
  }
  await counted(50);
  await until(() => attackers.every(({ closed }) => closed));
  await monitor.expectSurvived();
});

testDescriptorsAreBack(lab);
