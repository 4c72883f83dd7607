import { describe, expect, onTestFinished, test } from "bun:test";
import mqtt, { type MqttClient } from "mqtt";
import { startLab } from "../support/lab.ts";
import { until } from "../support/until.ts";

const lab = await startLab(`
services:
  mqtt: { port: 0 }
`);

async function connect(protocolVersion: 3 | 4 | 5, options: mqtt.IClientOptions = {}): Promise<MqttClient> {
  const old = protocolVersion === 3 ? { protocolId: "MQIsdp" as const } : {};
  const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${lab.port("mqtt")}`, {
    protocolVersion,
    reconnectPeriod: 0,
    ...old,
    ...options,
  });
  onTestFinished(() => client.endAsync(true));
  return client;
}

/** Collects what arrives as `topic payload qos`. */
function listen(client: MqttClient): string[] {
  const heard: string[] = [];
  client.on("message", (topic, payload, { qos }) => heard.push(`${topic} ${payload} ${qos}`));
  return heard;
}

describe.each([3, 4, 5] as const)("MQTT.js with protocol level %d", (level) => {
  test("publishes and receives at every quality of service, never above what was granted", async () => {
    const [listener, speaker] = await Promise.all([connect(level), connect(level)]);
    const heard = listen(listener);
    await listener.subscribeAsync({ "js/low": { qos: 0 }, "js/mid": { qos: 1 }, "js/+/top": { qos: 2 } });
    for (const topic of ["js/low", "js/mid", "js/a/top"]) {
      for (const qos of [0, 1, 2] as const) await speaker.publishAsync(topic, `${qos}`, { qos });
    }
    await until(() => heard.length >= 9);
    const granted = { "js/low": 0, "js/mid": 1, "js/a/top": 2 };
    const expected = Object.entries(granted).flatMap(([topic, limit]) =>
      [0, 1, 2].map((qos) => `${topic} ${qos} ${Math.min(qos, limit)}`),
    );
    expect(heard).toEqual(expected);
  });

  test("gets a thousand messages in order at QoS 1", async () => {
    const [listener, speaker] = await Promise.all([connect(level), connect(level)]);
    const heard = listen(listener);
    await listener.subscribeAsync("js/many", { qos: 1 });
    const numbers = Array.from({ length: 1000 }, (_, i) => i);
    await Promise.all(numbers.map((i) => speaker.publishAsync("js/many", `${i}`, { qos: 1 })));
    await until(() => heard.length >= 1000);
    expect(heard).toEqual(numbers.map((i) => `js/many ${i} 1`));
  });

  test("a second client of the same name takes over, and the first one is disconnected", async () => {
    const clientId = `twin-${level}`;
    const first = await connect(level, { clientId });
    const closed = new Promise<void>((resolve) => first.once("close", () => resolve()));
    const second = await connect(level, { clientId });
    await closed;
    const heard = listen(second);
    await second.subscribeAsync("js/twin");
    await second.publishAsync("js/twin", "still here");
    await until(() => heard.length === 1);
  });
});

test("MQTT.js 5 uses topic aliases, and the subscriber sees the topic", async () => {
  const [listener, speaker] = await Promise.all([connect(5), connect(5)]);
  const heard = listen(listener);
  await listener.subscribeAsync("js/alias", { qos: 1 });
  await speaker.publishAsync("js/alias", "named", { qos: 1, properties: { topicAlias: 1 } });
  await speaker.publishAsync("", "by number", { qos: 1, properties: { topicAlias: 1 } });
  await until(() => heard.length === 2);
  expect(heard).toEqual(["js/alias named 1", "js/alias by number 1"]);
});

test("nothing of all this made the server complain", () => {
  expect(lab.complaints()).toEqual([]);
});
