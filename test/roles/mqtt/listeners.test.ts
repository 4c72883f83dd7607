import { describe, expect, onTestFinished, test } from "bun:test";
import mqttJs, { type IClientOptions, type MqttClient } from "mqtt";
import { mqtt } from "../../../src/roles/mqtt/index.ts";
import { Authority, openssl } from "../../support/certificates.ts";
import { freePort } from "../../support/free-port.ts";
import { connack, connect, publish, subscribe } from "../../support/mqtt-packets.ts";
import { testWith } from "../../support/needs.ts";
import { RawClient } from "../../support/raw-client.ts";
import { rejects } from "../../support/rejects.ts";
import { startRole } from "../../support/start-role.ts";
import { maxWait, until } from "../../support/until.ts";
import { acceptance, frame, readFrames, upgradeRequest } from "../../support/web-socket-frames.ts";

const testTls = testWith(openssl);
const authority = openssl.isThere() ? new Authority() : undefined;

/** A service with a further listener of each kind, and the ports of all. */
async function start(config: Record<string, unknown> = {}) {
  const started = await startRole(mqtt, {
    listeners: [
      { transport: "ws", port: 0 },
      { port: 0, maxConnections: 1, connectTimeout: "50ms" },
    ],
    ...config,
  });
  const ports = started.service.addresses.map(({ port }) => port);
  return { ...started, ports };
}

async function dial(url: string, options: IClientOptions = {}): Promise<MqttClient> {
  const client = await mqttJs.connectAsync(url, { reconnectPeriod: 0, ...options });
  onTestFinished(() => client.endAsync(true));
  return client;
}

/** A raw WebSocket connection on which a client has connected. */
async function webSocket(port: number): Promise<RawClient> {
  const client = await RawClient.connect(port);
  client.write(upgradeRequest());
  await client.bytes(acceptance.length);
  client.write(frame(connect(`ws-${port}-${Math.random()}`)));
  expect(readFrames(await client.bytes(6))).toEqual([[2, connack]]);
  return client;
}

describe("the listeners of a service", () => {
  test("are listed with their transports, the service's own first", async () => {
    const { service, ports } = await start();
    expect(service.addresses.map(({ transport }) => transport)).toEqual(["tcp", "ws", "tcp"]);
    expect(new Set(ports).size).toBe(3);
  });

  test("share one broker: a message published over WebSocket is received over TCP", async () => {
    const { ports } = await start();
    const subscriber = await dial(`mqtt://127.0.0.1:${ports[0]}`);
    const received: string[] = [];
    subscriber.on("message", (topic, payload) => received.push(`${topic} ${payload}`));
    await subscriber.subscribeAsync("a/#", { qos: 1 });
    const publisher = await dial(`ws://127.0.0.1:${ports[1]}/mqtt`, { protocolVersion: 5 });
    await publisher.publishAsync("a/b", "halo", { qos: 2 });
    await until(() => received.length === 1);
    expect(received).toEqual(["a/b halo"]);
  });

  test("have counters each and together", async () => {
    const { service, ports } = await start();
    await dial(`ws://127.0.0.1:${ports[1]}`);
    expect(service.stats()).toMatchObject({
      connections: 1,
      [`tcp_${ports[0]}_connections`]: 0,
      [`ws_${ports[1]}_connections`]: 1,
      [`tcp_${ports[2]}_connections`]: 0,
    });
    expect(service.clients?.()).toHaveLength(1);
    const alone = await startRole(mqtt);
    expect(Object.keys(alone.service.stats()).filter((name) => /^(tcp|ws)_\d/.test(name))).toEqual([]);
  });

  test("have their own limits: maxConnections and connectTimeout", async () => {
    const { ports, service } = await startWithWarnings();
    const only = await RawClient.connect(ports[2]!);
    await until(() => service.stats()[`tcp_${ports[2]}_connections`] === 1);
    const second = await RawClient.connect(ports[2]!);
    await second.closed;
    // It has sent no CONNECT within the listener's 50 ms; on the others it would have ten seconds.
    await only.ended;
  });

  test("have their own limits: maxPacketSize", async () => {
    const { ports } = await start({ listeners: [{ transport: "ws", port: 0, maxPacketSize: "1KiB" }] });
    const own = await dial(`mqtt://127.0.0.1:${ports[0]}`);
    await own.publishAsync("t", Buffer.alloc(2000), { qos: 1 });
    const narrow = await dial(`ws://127.0.0.1:${ports[1]}`);
    const closed = new Promise<void>((resolve) => narrow.once("close", () => resolve()));
    narrow.publish("t", Buffer.alloc(2000), { qos: 1 });
    await closed;
  });

  test("share the service's maxConnections", async () => {
    const { ports, service } = await startWithWarnings({ maxConnections: 2 });
    await dial(`mqtt://127.0.0.1:${ports[0]}`);
    await dial(`ws://127.0.0.1:${ports[1]}`);
    const late = await RawClient.connect(ports[0]!);
    await late.closed;
    expect(service.stats()).toMatchObject({ connections_refused_total: 1, connections: 2 });
  });

  test("share the service's maxConnections: who leaves makes room on any of them, once", async () => {
    const { ports, service } = await startWithWarnings({ maxConnections: 2 });
    const [tcp, ws] = [`mqtt://127.0.0.1:${ports[0]}`, `ws://127.0.0.1:${ports[1]}`];
    const isRefused = async () => (await RawClient.connect(ports[0]!)).closed;
    let [leaver] = [await dial(tcp), await dial(ws)];
    for (const url of [ws, tcp, ws]) {
      // Who is refused has not been counted, and takes nobody's place along.
      await isRefused();
      await leaver.endAsync();
      await until(() => service.stats().connections === 1);
      leaver = await dial(url);
    }
    await isRefused();
    expect(service.stats()).toMatchObject({ connections_refused_total: 4, connections: 2 });
  });

  const startWithWarnings = async (config: Record<string, unknown> = {}) => {
    const listeners = [
      { transport: "ws", port: 0 },
      { port: 0, maxConnections: 1, connectTimeout: "50ms" },
    ];
    const started = await startRole(mqtt, { listeners, ...config }, { expectLog: ["warning"] });
    return { ...started, ports: started.service.addresses.map(({ port }) => port) };
  };

  test("are opened all or none, and the error names the one that failed", async () => {
    const { ports } = await start();
    const listeners = [
      { transport: "ws", port: 0 },
      { transport: "ws", port: ports[0] },
    ];
    await rejects(startRole(mqtt, { listeners }), /services\.mqtt\.listeners\.1\.port/);
    const port = freePort();
    await rejects(startRole(mqtt, { port, listeners }), /listeners\.1\.port/);
    await startRole(mqtt, { port });
  });

  test("a service may speak WebSocket on its own port, and its example command says so", async () => {
    const { service, port } = await startRole(mqtt, { transport: "ws" });
    expect(mqtt.example?.(mqtt.config.parse({ transport: "ws" }), service.addresses)).toBe(
      `distcli mqtt sub ws://127.0.0.1:${port} -t '#'`,
    );
    await dial(`ws://127.0.0.1:${port}`);
  });

  test("declare their ports before the start, so that two on one port are detected", () => {
    const claims = mqtt.ports?.(mqtt.config.parse({ listeners: [{ port: 8883, host: "::1" }] }));
    expect(claims).toEqual([
      { transport: "tcp", host: "127.0.0.1", port: 1883, path: ["port"] },
      { transport: "tcp", host: "::1", port: 8883, path: ["listeners", 0, "port"] },
    ]);
  });
});

describe("MQTT over WebSocket", () => {
  test("[MQTT-6.0.0-2] a packet may span frames, and a frame may hold packets", async () => {
    const { ports } = await start();
    const client = await webSocket(ports[1]!);
    const bytes = Buffer.concat([subscribe("t"), publish("t", "one"), publish("t", "two")]);
    for (let at = 0; at < bytes.length; at += 3) client.write(frame(bytes.subarray(at, at + 3)));
    const expected = Buffer.concat([
      Buffer.from([0x90, 3, 0, 1, 0]),
      publish("t", "one"),
      publish("t", "two"),
    ]);
    const unframed = () => Buffer.concat(readFrames(client.received).map(([, payload]) => payload));
    await until(() => unframed().length >= expected.length);
    expect(unframed()).toEqual(expected);
  });

  test("[MQTT-6.0.0-1] a text frame ends the connection, and its will is published", async () => {
    const { ports } = await start();
    const subscriber = await dial(`mqtt://127.0.0.1:${ports[0]}`);
    const received: string[] = [];
    subscriber.on("message", (_, payload) => received.push(String(payload)));
    await subscriber.subscribeAsync("will");
    const client = await RawClient.connect(ports[1]!);
    client.write(upgradeRequest());
    await client.bytes(acceptance.length);
    const will = Buffer.from("\x10\x17\x00\x04MQTT\x04\x06\x00\x3c\x00\x01m\x00\x04will\x00\x02hi", "latin1");
    client.write(frame(will));
    await client.bytes(6);
    client.write(frame("hello", { opcode: 1 }));
    expect(readFrames(await client.all()).map(([opcode]) => opcode)).toEqual([8]);
    client.end();
    await until(() => received.length === 1);
    expect(received).toEqual(["hi"]);
  });

  test("a subscriber that stops reading delays nobody else, and loses messages", async () => {
    const { ports, service } = await start({ sendBuffer: "256KiB" });
    const slow = await webSocket(ports[1]!);
    slow.write(frame(subscribe("flood")));
    await slow.bytes(7);
    slow.pause();
    const healthy = await webSocket(ports[1]!);
    healthy.write(frame(subscribe("flood")));
    await healthy.bytes(7);
    let received = 0;
    healthy.take((chunk) => {
      received += chunk.length;
    });
    const publisher = await dial(`mqtt://127.0.0.1:${ports[0]}`);
    const payload = Buffer.alloc(64 * 1024, "x");
    const dropped = () =>
      Object.entries(service.stats()).some(([name, n]) => name.startsWith("dropped") && n > 0);
    let sent = 0;
    while (!dropped() && sent < 2000) {
      await publisher.publishAsync("flood", payload);
      sent++;
      // In step with the healthy subscriber, so that nothing is dropped for it.
      await until(() => received >= sent * payload.length);
    }
    expect(dropped()).toBe(true);
  });

  test("a server that stops sends DISCONNECT 0x8B, then close code 1001", async () => {
    const { ports, service } = await start();
    const client = await RawClient.connect(ports[1]!);
    client.write(upgradeRequest());
    await client.bytes(acceptance.length);
    client.write(frame(Buffer.from("\x10\x0e\x00\x04MQTT\x05\x02\x00\x3c\x00\x00\x01z", "latin1")));
    await until(() => readFrames(client.received).length === 1);
    const stopped = service.stop(AbortSignal.timeout(maxWait));
    const frames = readFrames(await client.all());
    client.end();
    await stopped;
    expect(frames.map(([opcode]) => opcode)).toEqual([2, 2, 8]);
    expect([frames[1]?.[1][0], frames[1]?.[1][2]]).toEqual([0xe0, 0x8b]);
    expect(frames[2]?.[1].readUInt16BE(0)).toBe(1001);
  });
});

describe("MQTT over TLS", () => {
  testTls("is spoken on a listener with a certificate, as mqtts and as wss", async () => {
    const { service } = await startRole(mqtt, {
      tls: authority!.issue(),
      listeners: [{ transport: "ws", port: 0, tls: authority!.issue() }],
    });
    expect(service.addresses.map(({ transport }) => transport)).toEqual(["tls", "wss"]);
    const [secure, secureSocket] = service.addresses.map(({ port }) => port);
    const subscriber = await dial(`mqtts://127.0.0.1:${secure}`, { ca: authority!.pem });
    const received: string[] = [];
    subscriber.on("message", (_, payload) => received.push(String(payload)));
    await subscriber.subscribeAsync("t", { qos: 1 });
    const publisher = await dial(`wss://127.0.0.1:${secureSocket}/mqtt`, { ca: authority!.pem });
    await publisher.publishAsync("t", Buffer.alloc(2_000_000, "big"), { qos: 1 });
    await until(() => received.length === 1);
    expect(received[0]).toBe("big".repeat(666_667).slice(0, 2_000_000));
  });

  testTls("unusable certificate files are reported before the start, each with its setting", () => {
    const { cert } = authority!.issue();
    const key = authority!.issue().key;
    const needs = mqtt.unmet?.(
      mqtt.config.parse({ tls: { cert: "/nowhere", key }, listeners: [{ port: 1, tls: { cert, key } }] }),
    );
    expect(needs).toEqual([
      { path: ["tls", "cert"], message: expect.stringContaining("Cannot use /nowhere as tls.cert: ENOENT") },
      {
        path: ["listeners", 0, "tls", "key"],
        message: expect.stringContaining("is not the key of the certificate"),
      },
    ]);
  });
});

describe("the settings of a listener", () => {
  const issues = (config: unknown) =>
    mqtt.config.safeParse(config).error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);

  test("default to the service's", () => {
    const { listeners } = mqtt.config.parse({ listeners: [{ port: 1, maxPacketSize: "1KiB" }] });
    expect(listeners[0]).toMatchObject({ port: 1, maxPacketSize: 1024, transport: "tcp" });
    expect(listeners[0]?.connectTimeout).toBeUndefined();
  });

  test("are validated like the service's", () => {
    expect(issues({ listeners: [{ port: 1, connectTimeout: "soon" }] })).toEqual([
      'listeners.0.connectTimeout: must be a duration such as 500ms, 2s, 10m or 1h, and is "soon"',
    ]);
    expect(issues({ transport: "ws", paths: ["mqtt"] })).toEqual(["paths.0: must be a path such as /mqtt"]);
    expect(issues({ tls: { cert: "a", key: "b", requestClientCertificate: true } })).toEqual([
      "tls.requestClientCertificate: needs ca: a file with the authorities whose certificates are taken",
    ]);
    expect(issues({ listeners: [{ transport: "ws" }] })?.[0]).toStartWith("listeners.0.port: ");
  });

  test("are rejected where they would have no effect", () => {
    const onlyWs = "is of use with transport: ws only";
    expect(issues({ paths: ["/x"], origins: ["https://lab.example"] })).toEqual([
      `paths: ${onlyWs}`,
      `origins: ${onlyWs}`,
    ]);
    expect(issues({ listeners: [{ port: 1, origins: ["x"] }] })).toEqual([`listeners.0.origins: ${onlyWs}`]);
    expect(issues({ tls: { cert: "a", key: "b", ca: "c" } })).toEqual([
      "tls.ca: keeps nobody out without requireClientCert: true beside it",
    ]);
  });

  test("are plain data", () => {
    const config = mqtt.config.parse({ listeners: [{ port: 1, tls: { cert: "a", key: "b" } }] });
    expect(structuredClone(config)).toEqual(config);
  });
});
