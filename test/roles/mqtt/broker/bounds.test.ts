import { describe, expect, test } from "bun:test";
import type { Properties } from "../../../../src/protocol/mqtt/packet.ts";
import { Reason } from "../../../../src/protocol/mqtt/reason.ts";
import { Router } from "../../../../src/roles/mqtt/routing/router.ts";
import { IncomingIds } from "../../../../src/roles/mqtt/session/incoming-ids.ts";
import { TestBroker, type TestClient } from "../support/test-broker.ts";

const persistent = { properties: { sessionExpiryInterval: 1000 } };
const setup = (config: Record<string, unknown>) => {
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

describe("messages in flight", () => {
  test("count towards maxQueuedBytes until they are acknowledged", () => {
    const { test, publisher } = setup({ maxQueuedBytes: 5000 });
    const client = test.connect("a", 5, persistent);
    client.subscribe("t", 1);
    for (let index = 0; index < 20; index++) publish(publisher, "t", 1000);
    const got = client.take().filter((packet) => packet.type === "publish");
    expect(got).toHaveLength(4);
    expect(test.broker.sessions.get("a")?.inflight.bytes).toBeLessThanOrEqual(5000);
    expect(test.broker.stats().dropped_queue_full_total).toBe(16);
    for (const { packetId = 0 } of got) {
      client.send({ type: "puback", version: 5, packetId, reasonCode: 0, properties: {} });
    }
    expect(test.broker.queued.bytes).toBe(0);
    publish(publisher, "t", 1000);
    expect(client.messages()).toHaveLength(1);
  });

  test("may be a single message larger than the limit", () => {
    const { test, publisher } = setup({ maxQueuedBytes: 500 });
    const client = test.connect("a", 5, persistent);
    client.subscribe("t", 1);
    publish(publisher, "t", 1000);
    publish(publisher, "t", 1000);
    expect(client.messages()).toHaveLength(1);
  });

  test("are few for each client while maxAllQueuedBytes is exceeded, and are freed with the session", () => {
    const { test, publisher } = setup({ maxAllQueuedBytes: 100_000 });
    const offline = test.connect("offline", 5, persistent);
    offline.subscribe("t", 1);
    offline.cut();
    for (let index = 0; index < 12; index++) publish(publisher, "t", 9000);
    const client = test.connect("a", 5, persistent);
    client.subscribe("u", 1);
    for (let index = 0; index < 20; index++) publish(publisher, "u", 9000);
    expect(client.messages()).toHaveLength(7);
    test.connect("a", 5);
    test.connect("offline", 5);
    expect(test.broker.queued.bytes).toBe(0);
  });

  test("are not counted for a session that ends with its connection", () => {
    const { test, publisher } = setup({ maxQueuedBytes: 500 });
    const client = test.connect("a", 5);
    client.subscribe("t", 1);
    for (let index = 0; index < 10; index++) publish(publisher, "t", 1000);
    expect(client.messages()).toHaveLength(10);
  });
});

describe("an expired message", () => {
  const brief = { messageExpiryInterval: 1 };

  test("is removed from an offline client's full queue when another message arrives", () => {
    const { test, publisher } = setup({ maxQueuedMessages: 5 });
    const client = test.connect("a", 5, persistent);
    client.subscribe("t", 1);
    client.cut();
    for (let index = 0; index < 5; index++) publish(publisher, "t", 1, brief);
    publish(publisher, "t", 2);
    expect(test.broker.stats().dropped_queue_full_total).toBe(1);
    test.clock.advance(2000);
    publish(publisher, "t", 3);
    expect(test.broker.stats()).toMatchObject({ queued_messages: 1, dropped_expired_total: 5 });
  });

  test("is removed from another client's queue when maxAllQueuedBytes is reached", () => {
    const { test, publisher } = setup({ maxAllQueuedBytes: 5000 });
    for (const id of ["a", "b"]) {
      const client = test.connect(id, 5, persistent);
      client.subscribe(id, 1);
      client.cut();
    }
    for (let index = 0; index < 2; index++) {
      publish(publisher, "a", 1000, brief);
      publish(publisher, "b", 1000);
    }
    // Nobody holds more than the other.
    publish(publisher, "b", 1000);
    expect(test.broker.sessions.get("b")?.queue.length).toBe(2);
    test.clock.advance(2000);
    publish(publisher, "b", 1000);
    expect(test.broker.sessions.get("b")?.queue.length).toBe(3);
    expect(test.broker.sessions.get("a")?.queue.length).toBe(0);
  });

  test("is removed from the retained messages, under $ too; the log warns again when the limit is reached again", () => {
    const { test, publisher } = setup({ maxRetained: 5 });
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

describe("limits of a client", () => {
  const will = (size: number) =>
    ({ topic: "w", payload: new Uint8Array(size), qos: 0, retain: false }) as const;

  test("hold for its topics, its identifier and its will", () => {
    const { test, publisher } = setup({ maxTopicLength: 10, maxClientIdLength: 30, maxWillSize: 100 });
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

  test("make the broker publish a delayed will early when maxAllQueuedBytes is reached", () => {
    const { test } = setup({ maxAllQueuedBytes: 100 });
    const subscriber = test.connect("subscriber", 5);
    subscriber.subscribe("w");
    const properties = { willDelayInterval: 100 };
    test.connect("small", 5, { ...persistent, will: { ...will(10), properties } }).cut();
    expect(subscriber.messages()).toEqual([]);
    test.connect("large", 5, { ...persistent, will: { ...will(200), properties } }).cut();
    expect(subscriber.messages()).toHaveLength(1);
    test.connect("small", 5);
    expect(test.broker.queued.bytes).toBe(0);
  });

  test("include a publish rate that is kept across reconnects", () => {
    const { test } = setup({ maxPublishRate: 10 });
    const subscriber = test.connect("subscriber");
    subscriber.subscribe("a");
    for (let time = 0; time < 20; time++) {
      const client = test.connect("again");
      client.send(...Array.from({ length: 10 }, () => client.message("a", "x")));
    }
    expect(subscriber.messages().length).toBeLessThanOrEqual(30);
  });
});

test("a set of packet identifiers works for few and for all of them", () => {
  const ids = new IncomingIds();
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

test("topics like the Thue-Morse sequence do not collide in the topic cache", () => {
  let [one, other] = ["a", "b"];
  for (let step = 0; step < 8; step++) [one, other] = [one + other, other + one];
  const router = new Router({ maxTopicLevels: 10, maxTopicLength: 65_535 });
  const topics = Array.from({ length: 1024 }, (_, index) =>
    Array.from({ length: 10 }, (_, bit) => ((index >> bit) & 1 ? one : other)).join(""),
  );
  let longest = 0;
  for (const topic of topics) {
    const bytes = Buffer.from(topic);
    let length = 0;
    let route: ReturnType<typeof router.topicOf> | undefined = router.topicOf(bytes, 0, bytes.length);
    for (; route !== undefined; route = route.next) length++;
    longest = Math.max(longest, length);
  }
  expect(longest).toBeLessThan(5);
  expect([...router.topics()]).toHaveLength(1024);
});

test("a filter longer than maxTopicLength is refused, and SUBACK says why", () => {
  const client = new TestBroker({ maxTopicLength: 8 }).connect("a", 5);
  expect(client.subscribe("sister/t")).toMatchObject({ reasonCodes: [0] });
  expect(client.subscribe("sister/te")).toMatchObject({
    reasonCodes: [Reason.TopicFilterInvalid],
    properties: { reasonString: "the filter has 9 bytes, and maxTopicLength is 8" },
  });
});
