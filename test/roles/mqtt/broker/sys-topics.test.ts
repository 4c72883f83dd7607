import { describe, expect, test } from "bun:test";
import { TestBroker, type TestClient } from "../support/test-broker.ts";

/** The last value received on each topic; `$SYS/broker/` is removed from the name. */
function values(client: TestClient): Map<string, string> {
  const received = client.messages().map((message) => message.split(": "));
  return new Map(received.map(([topic = "", value = ""]) => [topic.replace("$SYS/broker/", ""), value]));
}

function setup(config: Record<string, unknown> = {}) {
  const test = new TestBroker(config);
  const subscriber = test.open(5);
  subscriber.connect("subscriber");
  subscriber.take();
  const options = { noLocal: false, retainAsPublished: true, retainHandling: 0 } as const;
  const subscriptions = [{ filter: "$SYS/#", qos: 2, ...options }] as const;
  subscriber.send({ type: "subscribe", version: 5, packetId: 1, subscriptions, properties: {} });
  return { test, subscriber };
}

test("the broker's statistics are retained messages at QoS 0", () => {
  const { subscriber } = setup();
  const packets = subscriber.take().filter((packet) => packet.type === "publish");
  expect(packets.length).toBeGreaterThan(50);
  expect(packets.every(({ retain, qos }) => retain && qos === 0)).toBe(true);
});

test("the initial values are published at once", () => {
  const { subscriber } = setup();
  const now = values(subscriber);
  expect(now.get("version")).toMatch(/^distsrv/);
  expect(now.get("uptime")).toBe("0 seconds");
  expect(now.get("load/messages/received/1min")).toBe("0.00");
  expect(Number(now.get("heap/current"))).toBeGreaterThan(1_000_000);
});

test("only changed values are published again, every sysInterval", () => {
  const { test, subscriber } = setup({ sysInterval: "10s" });
  subscriber.take();
  test.clock.advance(9_999);
  expect(subscriber.take()).toEqual([]);
  test.clock.advance(1);
  const now = values(subscriber);
  expect(now.get("uptime")).toBe("10 seconds");
  expect(now.get("clients/connected")).toBe("1");
  expect(now.has("version")).toBe(false);
  expect(now.has("clients/expired")).toBe(false);
});

test("clients, sessions and subscriptions are counted", () => {
  const { test, subscriber } = setup();
  const persistent = test.connect("persistent", 4, { cleanStart: false });
  persistent.subscribe("a", 1);
  const expiring = test.connect("expiring", 5, { properties: { sessionExpiryInterval: 5 } });
  expiring.subscribe("$share/group/a");
  test.clock.advance(10_000);
  for (const client of [persistent, expiring]) client.cut();
  test.connect("publisher").publish("a", "x", { qos: 1 });
  subscriber.take();
  test.clock.advance(10_000);
  const now = values(subscriber);
  expect(now.get("clients/total")).toBeUndefined();
  expect(now.get("clients/connected")).toBe("2");
  expect(now.get("clients/disconnected")).toBe("1");
  expect(now.get("clients/expired")).toBe("1");
  expect(now.get("shared_subscriptions/count")).toBe("0");
  expect(test.broker.retained.size).toBe(0);
  expect(Number(now.get("messages/stored"))).toBe(test.broker.retained.total + 1);
});

test("load is computed as in Mosquitto: a rate per minute, averaged over 1, 5 and 15 minutes", () => {
  const { test, subscriber } = setup({ sysInterval: "2s" });
  test.clock.advance(2_000);
  const now = values(subscriber);
  // One connection in two seconds; these are the values of mosquitto 2.0.11.
  expect(now.get("load/connections/1min")).toBe("0.98");
  expect(now.get("load/connections/5min")).toBe("0.20");
  expect(now.get("load/connections/15min")).toBe("0.07");
  expect(now.get("load/messages/received/1min")).toBe("1.97");
});

test("bytes and packets are counted as sent and received on the wire", () => {
  const { test, subscriber } = setup();
  const before = test.broker.stats();
  const client = test.connect("a");
  client.publish("b", "12345");
  client.send({ type: "pingreq", version: 4 });
  client.take();
  const after = test.broker.stats();
  const grown = (name: string) => (after[name] ?? 0) - (before[name] ?? 0);
  expect(grown("packets_received_total")).toBe(3);
  expect(grown("packets_sent_total")).toBe(2);
  expect(grown("bytes_received_total")).toBe(15 + 10 + 2);
  expect(grown("bytes_sent_total")).toBe(4 + 2);
  expect(grown("payload_bytes_received_total")).toBe(5);
  subscriber.take();
  test.clock.advance(10_000);
  const now = values(subscriber);
  expect(now.get("publish/bytes/received")).toBe("5");
  expect(now.get("publish/messages/received")).toBe("1");
});

describe("the $SYS topics", () => {
  test("are not matched by a leading wildcard [MQTT-4.7.2-1]", () => {
    const test = new TestBroker();
    const client = test.connect("a");
    expect(client.subscribe("#").type).toBe("suback");
    test.clock.advance(20_000);
    expect(client.messages()).toEqual([]);
  });

  test("count neither towards maxRetained nor towards the number of retained messages", () => {
    const test = new TestBroker({ maxRetained: 1, maxRetainedBytes: 1000 });
    test.connect("a").publish("kept", "x", { retain: true });
    test.clock.advance(10_000);
    expect(test.broker.stats()).toMatchObject({ retained: 1, dropped_retained_full_total: 0 });
    expect(test.broker.retained.total).toBeGreaterThan(50);
  });

  test("do not exist when sysInterval is 0, and are removed when it becomes 0", () => {
    expect(new TestBroker({ sysInterval: 0 }).broker.retained.total).toBe(0);
    const test = new TestBroker();
    test.broker.sysTopics.run(0);
    expect(test.broker.retained.total).toBe(0);
    expect(test.broker.retained.payloadBytes).toBe(0);
  });

  test("cannot be published to by a client or its will, whatever access says", () => {
    const { test, subscriber } = setup();
    subscriber.take();
    const topic = "$SYS/broker/uptime";
    const will = { topic, payload: new Uint8Array(1), qos: 0, retain: true, properties: {} } as const;
    const client = test.connect("a", 5, { will });
    client.publish(topic, "1 second", { qos: 1 });
    expect(client.next("puback").reasonCode).toBe(0x87);
    client.cut();
    expect(subscriber.take()).toEqual([]);
    expect(test.broker.stats().dropped_not_authorized_total).toBe(1);
  });
});
