import { describe, expect, onTestFinished, test } from "bun:test";
import mqtt, { type MqttClient } from "mqtt";
import { startLab } from "../support/lab.ts";
import { until } from "../support/until.ts";

const lab = await startLab(`
services:
  mqtt: { port: 0 }
  mqtt-ws: { role: mqtt, transport: ws, port: 0 }
`);

type Transport = "mqtt" | "ws";

async function connect(
  protocolVersion: 3 | 4 | 5,
  options: mqtt.IClientOptions = {},
  transport: Transport = "mqtt",
): Promise<MqttClient> {
  const old = protocolVersion === 3 ? { protocolId: "MQIsdp" as const } : {};
  const url =
    transport === "ws"
      ? `ws://127.0.0.1:${lab.port("mqtt-ws")}/mqtt`
      : `mqtt://127.0.0.1:${lab.port("mqtt")}`;
  const client = await mqtt.connectAsync(url, {
    protocolVersion,
    reconnectPeriod: 0,
    ...old,
    ...options,
  });
  onTestFinished(() => client.endAsync(true));
  return client;
}

/** Collects each message received, as `topic payload qos`. */
function collect(client: MqttClient): string[] {
  const received: string[] = [];
  client.on("message", (topic, payload, { qos }) => received.push(`${topic} ${payload} ${qos}`));
  return received;
}

const ways = ([3, 4, 5] as const).flatMap((level) =>
  (["mqtt", "ws"] as const).map((transport) => [level, transport] as const),
);

describe.each(ways)("MQTT.js with protocol level %d over %s", (level, transport) => {
  const pair = () => Promise.all([connect(level, {}, transport), connect(level, {}, transport)]);

  test("a payload of 3 MB arrives as it was sent", async () => {
    const [subscriber, publisher] = await pair();
    const received: Buffer[] = [];
    subscriber.on("message", (_, payload) => received.push(payload));
    await subscriber.subscribeAsync("js/big");
    const sent = Buffer.alloc(3_000_000, "0123456789abc");
    await publisher.publishAsync("js/big", sent, { qos: 1 });
    await until(() => received.length === 1);
    expect(received[0]?.equals(sent)).toBe(true);
  });

  test("publishes and receives at every QoS, never above the granted one", async () => {
    const [subscriber, publisher] = await pair();
    const received = collect(subscriber);
    await subscriber.subscribeAsync({ "js/low": { qos: 0 }, "js/mid": { qos: 1 }, "js/+/top": { qos: 2 } });
    for (const topic of ["js/low", "js/mid", "js/a/top"]) {
      for (const qos of [0, 1, 2] as const) await publisher.publishAsync(topic, `${qos}`, { qos });
    }
    await until(() => received.length >= 9);
    const granted = { "js/low": 0, "js/mid": 1, "js/a/top": 2 };
    const expected = Object.entries(granted).flatMap(([topic, limit]) =>
      [0, 1, 2].map((qos) => `${topic} ${qos} ${Math.min(qos, limit)}`),
    );
    expect(received).toEqual(expected);
  });

  test("receives a thousand messages in order at QoS 1", async () => {
    const [subscriber, publisher] = await pair();
    const received = collect(subscriber);
    await subscriber.subscribeAsync("js/many", { qos: 1 });
    const numbers = Array.from({ length: 1000 }, (_, i) => i);
    await Promise.all(numbers.map((i) => publisher.publishAsync("js/many", `${i}`, { qos: 1 })));
    await until(() => received.length >= 1000);
    expect(received).toEqual(numbers.map((i) => `js/many ${i} 1`));
  });

  test("a second client with the same identifier takes over, and the first one is disconnected", async () => {
    const clientId = `twin-${level}-${transport}`;
    const first = await connect(level, { clientId }, transport);
    const closed = new Promise<void>((resolve) => first.once("close", () => resolve()));
    const second = await connect(level, { clientId }, transport);
    await closed;
    const received = collect(second);
    await second.subscribeAsync("js/twin");
    await second.publishAsync("js/twin", "still here");
    await until(() => received.length === 1);
  });
});

test("MQTT.js 5 uses topic aliases, and the subscriber sees the topic", async () => {
  const [subscriber, publisher] = await Promise.all([connect(5), connect(5)]);
  const received = collect(subscriber);
  await subscriber.subscribeAsync("js/alias", { qos: 1 });
  await publisher.publishAsync("js/alias", "named", { qos: 1, properties: { topicAlias: 1 } });
  await publisher.publishAsync("", "by number", { qos: 1, properties: { topicAlias: 1 } });
  await until(() => received.length === 2);
  expect(received).toEqual(["js/alias named 1", "js/alias by number 1"]);
});

test("the server logged no warning or error", () => {
  expect(lab.complaints()).toEqual([]);
});
