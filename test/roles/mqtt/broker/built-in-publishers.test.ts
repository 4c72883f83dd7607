import { describe, expect, test } from "bun:test";
import type { TrafficEvent } from "../../../../src/core/traffic.ts";
import { startPublishers } from "../../../../src/roles/mqtt/broker/built-in-publishers.ts";
import { mqttConfig } from "../../../../src/roles/mqtt/config.ts";
import { seenTraffic } from "../../../support/seen-traffic.ts";
import { TestBroker } from "../support/test-broker.ts";

describe("a built-in publisher", () => {
  function start(...publish: Record<string, unknown>[]) {
    const test = new TestBroker();
    const events: TrafficEvent[] = [];
    const traffic = seenTraffic((event) => events.push(event));
    const trace = { traffic, service: "mqtt", local: "here:1883" };
    const stop = startPublishers(test.broker, mqttConfig.parse({ publish }).publish, trace);
    return { test, stop, events };
  }

  test("publishes at its interval, with a count", () => {
    const { test, stop } = start({
      topic: "sister/temp",
      message: "Suhu {count}: {random 28..28}°C",
      every: "2s",
    });
    const client = test.connect("a");
    client.subscribe("sister/#");
    test.clock.advance(6500);
    expect(client.messages()).toEqual([1, 2, 3].map((count) => `sister/temp: Suhu ${count}: 28°C`));
    stop();
    test.clock.advance(10_000);
    expect(client.messages()).toEqual([]);
  });

  test("is seen as a client that publishes, also while nobody subscribes", () => {
    const { test, events } = start({ topic: "sister/temp", message: "28", every: "2s", qos: 1 });
    test.clock.advance(2000);
    expect(events).toEqual([
      {
        kind: "message",
        conversation: {
          id: "mqtt#lab publisher",
          service: "mqtt",
          transport: "tcp",
          local: "here:1883",
          remote: "lab publisher",
        },
        direction: "in",
        text: 'PUBLISH sister/temp qos 1 "28"',
        fields: expect.objectContaining({ client: "lab publisher", topic: "sister/temp", payload: "28" }),
        isScheduled: true,
        group: expect.any(Number),
      },
    ]);
  });

  test("publishes with its QoS and retain flag, to clients of every version", () => {
    const { test } = start({ topic: "t", message: "x", every: "1s", qos: 1, retain: true });
    const clients = ([3, 4, 5] as const).map((version) => test.connect(`v${version}`, version));
    for (const client of clients) client.subscribe("t", 2);
    test.clock.advance(1000);
    for (const client of clients)
      expect(client.next("publish")).toMatchObject({ qos: 1, topic: "t", retain: false });
    expect(test.broker.stats().retained).toBe(1);
  });

  test("fills in the time of day", () => {
    const { test } = start({ topic: "t", message: "{time}", every: "1s" });
    const client = test.connect("a");
    client.subscribe("t");
    test.clock.advance(1000);
    expect(client.messages()[0]).toMatch(/^t: \d\d:\d\d:\d\d$/);
  });
});

describe("the configuration", () => {
  const messages = (config: unknown) =>
    mqttConfig.safeParse(config).error?.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);

  test("has a default for every setting, and survives structuredClone", () => {
    const config = mqttConfig.parse({});
    expect(config).toMatchObject({ host: "127.0.0.1", port: 1883, publish: [], maxConnections: 20_000 });
    expect(structuredClone(config)).toEqual(config);
  });

  test("reports what is wrong with a publisher, and where", () => {
    expect(messages({ publish: [{ topic: "a/#", message: "x" }] })).toEqual([
      'publish.0.topic: must be a topic to publish to, such as sister/temp; "a/#" holds a wildcard',
    ]);
    expect(messages({ maxTopicLevels: 2, publish: [{ topic: "a/b/c", message: "x" }] })).toEqual([
      "publish.0.topic: must be a shorter topic: it has 3 levels, and maxTopicLevels is 2",
    ]);
    expect(messages({ maxTopicLength: 4, publish: [{ topic: "abcde", message: "x" }] })).toEqual([
      "publish.0.topic: must be a shorter topic: it has 5 bytes, and maxTopicLength is 4",
    ]);
    expect(messages({ publish: [{ topic: "a", message: "{tme}" }] })?.[0]).toContain(
      "known are {time}, {count}",
    );
    expect(messages({ publish: [{ topic: "a", message: "x", every: "0s" }] })?.[0]).toContain(
      "publish.0.every",
    );
    expect(messages({ pubish: [] })?.[0]).toContain("pubish");
  });
});
