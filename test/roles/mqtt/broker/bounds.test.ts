import { describe, expect, test } from "bun:test";
import type { Properties } from "../../../../src/protocol/mqtt/packet.ts";
import { Reason } from "../../../../src/protocol/mqtt/reason.ts";
import { Router } from "../../../../src/roles/mqtt/routing/router.ts";
import { PacketIds } from "../../../../src/roles/mqtt/session/packet-ids.ts";
import { TestBroker, type TestClient } from "../support/test-broker.ts";

const staying = { properties: { sessionExpiryInterval: 1000 } };
const scene = (config: Record<string, unknown>) => {
  const test = new TestBroker({ sysInterval: 0, ...config });
  return { test, publisher: test.connect("publisher", 5) };
};
const publish = (
  client: TestClient,
  topic: string,
  size: number,
  properties: Properties = {},
  retain = false,
) => client.publish(topic, "x".repeat(size), { qos: 1, properties, retain });

describe("what is in flight", () => {
  test("counts for maxQueuedBytes, and makes room as it is acknowledged", () => {
    const { test, publisher } = scene({ maxQueuedBytes: 5000 });
    const client = test.connect("a", 5, staying);
    client.subscribe("t", 1);
    for (let index = 0; index < 20; index++) publish(publisher, "t", 1000);
    const got = client.take().filter((packet) => packet.type === "publish");
    expect(got).toHaveLength(4);
    expect(test.broker.queued.bytes).toBeLessThanOrEqual(5000);
    expect(test.broker.stats().dropped_queue_full_total).toBe(16);
    for (const { packetId = 0 } of got) {
      client.send({ type: "puback", version: 5, packetId, reasonCode: 0, properties: {} });
    }
    expect(test.broker.queued.bytes).toBe(0);
    publish(publisher, "t", 1000);
    expect(client.messages()).toHaveLength(1);
  });

  test("may be one message that is larger than the limit", () => {
    const { test, publisher } = scene({ maxQueuedBytes: 500 });
    const client = test.connect("a", 5, staying);
    client.subscribe("t", 1);
    publish(publisher, "t", 1000);
    publish(publisher, "t", 1000);
    expect(client.messages()).toHaveLength(1);
  });

  test("is little for each client while all together have too much, and is given back with the session", () => {
    const { test, publisher } = scene({ maxAllQueuedBytes: 100_000 });
    const away = test.connect("away", 5, staying);
    away.subscribe("t", 1);
    away.cut();
    for (let index = 0; index < 12; index++) publish(publisher, "t", 9000);
    const client = test.connect("a", 5, staying);
    client.subscribe("u", 1);
    for (let index = 0; index < 20; index++) publish(publisher, "u", 9000);
    expect(client.messages()).toHaveLength(7);
    test.connect("a", 5);
    test.connect("away", 5);
    expect(test.broker.queued.bytes).toBe(0);
  });

  test("is not counted where nothing is kept", () => {
    const { test, publisher } = scene({ maxQueuedBytes: 500 });
    const client = test.connect("a", 5);
    client.subscribe("t", 1);
    for (let index = 0; index < 10; index++) publish(publisher, "t", 1000);
    expect(client.messages()).toHaveLength(10);
  });
});

describe("what has expired", () => {
  const brief = { messageExpiryInterval: 1 };

  test("leaves an offline client's queue when a fresh message has no place", () => {
    const { test, publisher } = scene({ maxQueuedMessages: 5 });
    const client = test.connect("a", 5, staying);
    client.subscribe("t", 1);
    client.cut();
    for (let index = 0; index < 5; index++) publish(publisher, "t", 1, brief);
    publish(publisher, "t", 2);
    expect(test.broker.stats().dropped_queue_full_total).toBe(1);
    test.clock.advance(2000);
    publish(publisher, "t", 3);
    expect(test.broker.stats()).toMatchObject({ queued_messages: 1, dropped_expired_total: 5 });
  });

  test("leaves the queues of others when all together are full", () => {
    const { test, publisher } = scene({ maxAllQueuedBytes: 5000 });
    for (const id of ["a", "b"]) {
      const client = test.connect(id, 5, staying);
      client.subscribe(id, 1);
      client.cut();
    }
    for (let index = 0; index < 4; index++) publish(publisher, "a", 1000, brief);
    publish(publisher, "b", 1000);
    expect(test.broker.sessions.get("b")?.queue.length).toBe(0);
    test.clock.advance(2000);
    publish(publisher, "b", 1000);
    expect(test.broker.sessions.get("b")?.queue.length).toBe(1);
  });

  test("leaves its place among what is retained, under $ too; and the log warns again after there was room", () => {
    const { test, publisher } = scene({ maxRetained: 5 });
    for (let index = 0; index < 5; index++) publish(publisher, `$x/${index}`, 1, brief, true);
    const warnings = () => test.log.filter((line) => line.startsWith("warning Cannot retain")).length;
    for (let index = 0; index < 3; index++) publish(publisher, "fresh", 1, {}, true);
    expect([test.broker.retained.size, warnings()]).toEqual([5, 1]);
    test.clock.advance(2000);
    publish(publisher, "fresh", 1, {}, true);
    expect([test.broker.retained.size, warnings()]).toEqual([1, 1]);
    for (let index = 0; index < 5; index++) publish(publisher, `more/${index}`, 1, {}, true);
    expect([test.broker.retained.size, warnings()]).toEqual([5, 2]);
  });
});

describe("what a client brings", () => {
  const will = (size: number) =>
    ({ topic: "w", payload: new Uint8Array(size), qos: 0, retain: false }) as const;

  test("has limits: its topics, its identifier, its will", () => {
    const { test, publisher } = scene({ maxTopicLength: 10, maxClientIdLength: 30, maxWillSize: 100 });
    publisher.publish("x".repeat(11), "");
    expect(publisher.next("disconnect").reasonCode).toBe(0x90);
    const long = test.open(5);
    long.connect("x".repeat(31));
    expect(long.next("connack").reasonCode).toBe(0x85);
    const heavy = test.open(5);
    heavy.connect("a", { will: { ...will(101), properties: {} } });
    expect(heavy.next("connack").reasonCode).toBe(0x97);
    test.connect("x".repeat(30), 5, { will: { ...will(50), properties: {} } });
  });

  test("has its will published early when there is no room for it to wait", () => {
    const { test } = scene({ maxAllQueuedBytes: 100 });
    const watcher = test.connect("watcher", 5);
    watcher.subscribe("w");
    const properties = { willDelayInterval: 100 };
    test.connect("small", 5, { ...staying, will: { ...will(10), properties } }).cut();
    expect(watcher.messages()).toEqual([]);
    test.connect("large", 5, { ...staying, will: { ...will(200), properties } }).cut();
    expect(watcher.messages()).toHaveLength(1);
    test.connect("small", 5);
    expect(test.broker.queued.bytes).toBe(0);
  });

  test("takes its rate with it when it connects again", () => {
    const { test } = scene({ maxPublishRate: 10 });
    const watcher = test.connect("watcher");
    watcher.subscribe("a");
    for (let time = 0; time < 20; time++) {
      const client = test.connect("again");
      client.send(...Array.from({ length: 10 }, () => client.message("a", "x")));
    }
    expect(watcher.messages().length).toBeLessThanOrEqual(30);
  });
});

test("packet identifiers are a set, few or many", () => {
  const ids = new PacketIds();
  for (let id = 1; id <= 65_535; id++) ids.add(id);
  ids.add(65_535);
  expect([ids.size, ids.has(1), ids.has(65_535), ids.delete(7), ids.delete(7), ids.has(7)]).toEqual([
    65_535,
    true,
    true,
    true,
    false,
    false,
  ]);
  expect([...ids]).toHaveLength(65_534);
  for (const id of [...ids]) ids.delete(id);
  expect([ids.size, [...ids]]).toEqual([0, []]);
  ids.add(9);
  expect([...ids]).toEqual([9]);
});

test("topics like the Thue-Morse sequence cost no more to find than others", () => {
  let [one, other] = ["a", "b"];
  for (let step = 0; step < 8; step++) [one, other] = [one + other, other + one];
  const router = new Router({ maxTopicLevels: 10, maxTopicLength: 65_535 });
  const topics = Array.from({ length: 1024 }, (_, index) =>
    Array.from({ length: 10 }, (_, bit) => ((index >> bit) & 1 ? one : other)).join(""),
  );
  let longest = 0;
  for (const topic of topics) {
    const bytes = new TextEncoder().encode(topic);
    let length = 0;
    let route: ReturnType<typeof router.topicOf> | undefined = router.topicOf(bytes, 0, bytes.length);
    for (; route !== undefined; route = route.next) length++;
    longest = Math.max(longest, length);
  }
  expect(longest).toBeLessThan(5);
  expect([...router.topics()]).toHaveLength(1024);
});

test("a filter longer than maxTopicLength is refused, and SUBACK says so", () => {
  const client = new TestBroker({ maxTopicLength: 8 }).connect("a", 5);
  expect(client.subscribe("sister/t")).toMatchObject({ reasonCodes: [0] });
  expect(client.subscribe("sister/te")).toMatchObject({
    reasonCodes: [Reason.TopicFilterInvalid],
    properties: { reasonString: "the filter has 9 bytes, and maxTopicLength is 8" },
  });
});
