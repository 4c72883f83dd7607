import { describe, expect, test } from "bun:test";
import { encode } from "../../../../src/protocol/mqtt/encode.ts";
import { Reason } from "../../../../src/protocol/mqtt/reason.ts";
import { mqtt } from "../../../../src/roles/mqtt/index.ts";
import type { Verdict } from "../../../../src/roles/mqtt/ports/access.ts";
import { connack, connect, packet, publish, subscribe } from "../../../support/mqtt-packets.ts";
import { RawClient } from "../../../support/raw-client.ts";
import { startRole } from "../../../support/start-role.ts";
import { maxWait, until } from "../../../support/until.ts";
import { acceptance, frame, upgradeRequest } from "../../../support/web-socket-frames.ts";
import { TestBroker, type TestClient } from "../support/test-broker.ts";

const will = { topic: "will", payload: Buffer.from("gone"), qos: 0, retain: false, properties: {} } as const;
const messages = (client: TestClient, count: number) =>
  Array.from({ length: count }, (_, i) => client.message("t", `${i}`));
const disconnect = { type: "disconnect", version: 5, reasonCode: 0, properties: {} } as const;

/** A broker that lets one message a second in, somebody who gets all, and a client that has published two at once. */
function throttled() {
  const test = new TestBroker({ maxPublishRate: 1 });
  const all = test.connect("all", 5);
  all.subscribe("#");
  const client = test.connect("fast", 5, { will });
  client.send(...messages(client, 2));
  expect(client.connection.isThrottled).toBe(true);
  all.take();
  return { test, all, client };
}

describe("a client that is throttled and leaves", () => {
  test("has left at once, and its will is published", () => {
    const { test, all, client } = throttled();
    client.connection.peerEnded();
    test.clock.settle();
    // The second of the two was kept, and is the one message that leaving brings forward.
    expect(all.messages()).toEqual(["t: 1", "will: gone"]);
    expect(client.state).toBe("ended");
    expect(test.broker.sessions.get("fast")).toBeUndefined();
  });

  test("has all that it has sent published, at its rate and in order, and then its will", () => {
    const { test, all, client } = throttled();
    client.send(...messages(client, 4));
    client.connection.peerEnded();
    test.clock.settle();
    const seen = all.messages();
    // One message for leaving, as for connecting again, and no more.
    expect(seen).toEqual(["t: 1"]);
    for (let second = 0; client.state === "open" && second < 60; second++) {
      test.clock.advance(1000);
      const more = all.messages();
      expect(more.filter((text) => text.startsWith("t")).length).toBeLessThanOrEqual(1);
      seen.push(...more);
    }
    expect(seen).toEqual(["t: 1", "t: 0", "t: 1", "t: 2", "t: 3", "will: gone"]);
  });

  test("and has said so leaves no will, whatever it has sent before", () => {
    const { test, all, client } = throttled();
    client.sendBytes(Buffer.concat([...messages(client, 3), disconnect].map((packet) => encode(packet))));
    client.connection.peerEnded();
    test.clock.advance(10_000);
    expect(all.messages()).toEqual(["t: 1", "t: 0", "t: 1", "t: 2"]);
    expect(client.state).toBe("ended");
  });
});

test("a client that leaves while somebody decides about it is not waited for", async () => {
  const decision = Promise.withResolvers<Verdict>();
  let isGone: (() => boolean) | undefined;
  const test = new TestBroker(
    {},
    {
      access: {
        authenticate: (credentials) => {
          isGone = credentials.isGone;
          return decision.promise;
        },
      },
    },
  );
  const client = test.open(5);
  client.connect("a");
  expect(isGone?.()).toBe(false);
  client.connection.peerEnded();
  expect(isGone?.()).toBe(true);
  expect(client.state).toBe("ended");
  decision.resolve(Reason.Success);
  await decision.promise;
  expect(client.take()).toEqual([]);
});

test("what a client has sent with its CONNECT is done before it has left", async () => {
  const decision = Promise.withResolvers<Verdict>();
  const test = new TestBroker(
    {},
    { access: { authenticate: ({ clientId }) => (clientId === "a" ? decision.promise : Reason.Success) } },
  );
  const all = test.connect("all", 5);
  all.subscribe("#");
  const client = test.open(5);
  client.connect("a", { will });
  client.send(...messages(client, 2), disconnect);
  client.connection.peerEnded();
  expect(client.state).toBe("open");
  decision.resolve(Reason.Success);
  await until(() => client.state === "ended");
  test.clock.settle();
  expect(all.messages()).toEqual(["t: 0", "t: 1"]);
});

test("a client that does not read what it asked for and leaves is without a session at once", () => {
  const test = new TestBroker({ sendBuffer: "64KB" });
  const all = test.connect("all", 5);
  all.subscribe("will");
  const client = test.connect("slow", 5, { will });
  client.isStuck = true;
  for (let i = 0; !client.isPaused && i < 1000; i++) client.send({ type: "pingreq", version: 5 });
  client.connection.peerEnded();
  test.clock.settle();
  expect(all.messages()).toEqual(["will: gone"]);
});

/** Its will says so when it has left: `gone` to the topic `will`. */
const connectWithWill = (clientId: string) => packet(0x10, "MQTT", [4, 6, 0, 0], clientId, "will", "gone");
const asIs = (bytes: Buffer) => bytes;

test(
  "the broker notices that throttled clients have left, over TCP and WebSocket, and which of them has said so",
  async () => {
    const { service, port } = await startRole(mqtt, {
      listeners: [{ transport: "ws", port: 0 }],
      // The first message makes its client wait for a minute.
      maxPublishBytesRate: 1,
    });
    const webPort = service.addresses[1]!.port;
    const watcher = await RawClient.connect(port);
    watcher.write(Buffer.concat([connect("watcher"), subscribe("#")]));
    await watcher.bytes(connack.length + 5);
    const message = publish("t", Buffer.alloc(200));
    const throttle = async (name: string, client: RawClient, shape: (bytes: Buffer) => Buffer) => {
      client.write(shape(connectWithWill(name)));
      client.write(shape(message));
      expect(await watcher.bytes(message.length)).toEqual(message);
      return client;
    };
    const overWeb = await RawClient.connect(webPort);
    overWeb.write(upgradeRequest());
    await overWeb.bytes(acceptance.length);
    const clients = [
      await throttle("web", overWeb, frame),
      await throttle("rude", await RawClient.connect(port), asIs),
      await throttle("polite", await RawClient.connect(port), asIs),
    ];
    clients.at(-1)?.write(Buffer.from([0xe0, 0]));
    for (const client of clients) client.end();
    const news = publish("will", "gone");
    expect(await watcher.bytes(2 * news.length)).toEqual(Buffer.concat([news, news]));
    await Promise.all(clients.map(({ closed }) => closed));
    await until(() => service.clients?.().length === 1);
    expect(watcher.received.length).toBe(0);
  },
  maxWait,
);
