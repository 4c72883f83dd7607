import { describe, expect, onTestFinished, test } from "bun:test";
import { existsSync, lstatSync } from "node:fs";
import { join } from "node:path";
import mqttJs, { type IClientOptions, type MqttClient } from "mqtt";
import { mqttConfig } from "../../../src/roles/mqtt/config.ts";
import { mqtt } from "../../../src/roles/mqtt/index.ts";
import { connack, connect } from "../../support/mqtt-packets.ts";
import { needs, testWith } from "../../support/needs.ts";
import { output, Program } from "../../support/program.ts";
import { rejects } from "../../support/rejects.ts";
import { scratchFolder } from "../../support/scratch.ts";
import { startRole } from "../../support/start-role.ts";
import { until } from "../../support/until.ts";
import { acceptance, frame, readFrames, upgradeRequest } from "../../support/web-socket-frames.ts";

const testMosquitto = testWith(needs.mosquitto);
const newPath = () => join(scratchFolder("mqtt"), "mqtt.sock");

async function dial(url: string, options: IClientOptions = {}): Promise<MqttClient> {
  const client = await mqttJs.connectAsync(url, { reconnectPeriod: 0, ...options });
  onTestFinished(() => client.endAsync(true));
  return client;
}

describe("a listener on a Unix socket", () => {
  test("serves MQTT.js beside the port, and has the service's clients", async () => {
    const path = newPath();
    const { service, port, events } = await startRole(mqtt, { listeners: [{ path }] }, { observe: true });
    expect(service.addresses[1]).toEqual({ transport: "ipc", host: path, port: 0 });
    expect(lstatSync(path).mode & 0o777).toBe(0o660);
    const subscriber = await dial(`mqtt+unix://${path}`, { protocolVersion: 5 });
    const received: string[] = [];
    subscriber.on("message", (topic, payload) => received.push(`${topic} ${payload}`));
    await subscriber.subscribeAsync("a/#", { qos: 2 });
    const publisher = await dial(`mqtt://127.0.0.1:${port}`);
    await publisher.publishAsync("a/b", "x".repeat(300_000), { qos: 2 });
    await until(() => received.length === 1);
    expect(received[0]?.length).toBe("a/b ".length + 300_000);
    expect(service.clients?.()).toContain(path);
    expect(service.stats()).toMatchObject({ connections: 2, ipc_0_connections: 1 });
    const opened = events.filter(({ kind }) => kind === "open").map(({ conversation }) => conversation);
    expect(opened).toContainEqual(expect.objectContaining({ local: path, remote: path }) as never);
  });

  test("speaks MQTT over WebSocket, too, for a web server in front of it", async () => {
    const path = newPath();
    await startRole(mqtt, { listeners: [{ path, transport: "ws" }] });
    const received = Promise.withResolvers<Buffer>();
    let bytes = Buffer.alloc(0);
    const client = await Bun.connect({
      unix: path,
      socket: {
        data: (_, chunk) => {
          bytes = Buffer.concat([bytes, chunk]);
          if (bytes.length === acceptance.length + 6) received.resolve(bytes);
        },
      },
    });
    onTestFinished(() => client.terminate());
    client.write(upgradeRequest());
    client.write(frame(connect("c")));
    expect(readFrames((await received.promise).subarray(acceptance.length))).toEqual([[2, connack]]);
  });

  test("is removed at the stop, and made anew at the next start", async () => {
    const path = newPath();
    const config = { listeners: [{ path, mode: "0600" }] };
    for (let count = 0; count < 2; count++) {
      const { service } = await startRole(mqtt, config);
      expect(lstatSync(path).mode & 0o777).toBe(0o600);
      await service.stop(AbortSignal.abort());
      expect(existsSync(path)).toBe(false);
    }
  });

  test("is not taken from another program that listens there", async () => {
    const path = newPath();
    await startRole(mqtt, { listeners: [{ path }] });
    await rejects(
      startRole(mqtt, { listeners: [{ path }], port: 0 }, { service: "second" }),
      `Cannot start "second" on the Unix socket ${path}: ${path} is in use. Stop the other program, or change services.second.listeners.0.path`,
    );
    await dial(`mqtt+unix://${path}`);
  });

  test("may be for some users only", async () => {
    const path = newPath();
    const users = [{ name: "ani", password: "rahasia" }];
    const { port } = await startRole(mqtt, { users, listeners: [{ path, anonymous: true }] });
    await rejects(dial(`mqtt://127.0.0.1:${port}`), "Not authorized");
    await dial(`mqtt+unix://${path}`);
  });

  test("knows who comes by a proxy that says so", async () => {
    const path = newPath();
    const { service } = await startRole(mqtt, { listeners: [{ path, proxyProtocol: true }] });
    const received = Promise.withResolvers<Buffer>();
    const socket = { data: (_: unknown, chunk: Uint8Array) => received.resolve(Buffer.from(chunk)) };
    const client = await Bun.connect({ unix: path, socket });
    onTestFinished(() => client.terminate());
    client.write("PROXY TCP4 203.0.113.7 10.0.0.1 4711 1883\r\n");
    client.write(connect("c"));
    expect(await received.promise).toEqual(connack);
    expect(service.clients?.()).toEqual(["203.0.113.7:4711"]);
  });

  testMosquitto("serves mosquitto_sub and mosquitto_pub", async () => {
    const path = newPath();
    const { service } = await startRole(mqtt, { listeners: [{ path }] });
    for (const version of ["mqttv31", "mqttv311", "mqttv5"]) {
      const to = ["--unix", path, "-V", version, "-t", "t", "-q", "1"];
      const sub = new Program(["mosquitto_sub", ...to, "-C", "1"]);
      onTestFinished(() => sub.kill());
      await until(() => service.stats().subscriptions === 1);
      await output(["mosquitto_pub", ...to, "-m", `halo ${version}`]);
      expect(await sub.outcome()).toMatchObject({ status: 0, stdout: `halo ${version}\n` });
      await until(() => service.stats().subscriptions === 0);
    }
  });
});

describe("the settings of a Unix socket", () => {
  const path = "/run/distsrv/mqtt.sock";
  const tls = { cert: "a", key: "b" };
  const cases: [settings: object, key: string, message: string][] = [
    [{}, "port", "is missing: a listener has a port, or the path of a Unix socket"],
    [{ path, port: 1 }, "port", "is of no use beside path: a Unix socket has none"],
    [{ path, host: "127.0.0.1" }, "host", "is of no use beside path: a Unix socket has none"],
    [{ path, tls }, "tls", "is of no use beside path: a Unix socket has none"],
    [
      { path, proxyProtocol: ["10.0.0.1"] },
      "proxyProtocol",
      "must be true or false beside path: who connects has no address",
    ],
    [{ port: 1, mode: "0600" }, "mode", "is of use with path only"],
    [{ path, mode: "rw" }, "mode", "must be octal digits such as 0660"],
    [{ path, mode: "0888" }, "mode", "must be octal digits such as 0660"],
    [{ path, mode: 660 }, "mode", 'must be octal digits in quotes, such as "0660"'],
  ];
  for (const [settings, key, message] of cases) {
    test(`${JSON.stringify(settings)} is a mistake of ${key}`, () => {
      const result = mqttConfig.safeParse({ listeners: [settings] });
      expect(result.error?.issues).toMatchObject([{ path: ["listeners", 0, key], message }]);
    });
  }

  test("begin where the file is, and are no port; the old service goes before the new one comes", () => {
    const config = mqttConfig.parse({ listeners: [{ path: "mqtt.sock" }, { port: 5 }] });
    const resolved = mqtt.resolveFiles?.(config, (name) => `/lab/${name}`) ?? config;
    expect(mqtt.ports?.(resolved).map(({ port }) => port)).toEqual([1883, 5]);
    expect(mqtt.exclusive?.(resolved)).toEqual(["socket /lab/mqtt.sock"]);
  });
});
