import { describe, expect, test } from "bun:test";
import { mqttConfig } from "../../../../src/roles/mqtt/config.ts";
import { TestBroker, type TestClient } from "../support/test-broker.ts";

function setup(config: Record<string, unknown>, keepAlive = 1) {
  const test = new TestBroker({ sysInterval: 0, ...config });
  const subscriber = test.connect("subscriber");
  subscriber.subscribe("a");
  const publisher = test.connect("publisher", 4, { keepAlive });
  /** Sends so many messages in one chunk. */
  const publish = (count: number, size = 1) =>
    publisher.send(
      ...Array.from({ length: count }, (_, index) => publisher.message("a", `${index} ${"x".repeat(size)}`)),
    );
  return { test, subscriber, publisher, publish };
}

describe("maxPublishRate", () => {
  test("accepts a burst of one second's worth, then the rate; no message is lost or out of order", () => {
    const { test, subscriber, publisher, publish } = setup({ maxPublishRate: 100 });
    publish(350);
    const got = subscriber.messages();
    expect(got).toHaveLength(100);
    expect(publisher.isPaused).toBe(true);
    test.clock.advance(1000);
    got.push(...subscriber.messages());
    expect(got.length).toBeGreaterThanOrEqual(190);
    expect(got.length).toBeLessThanOrEqual(205);
    test.clock.advance(2000);
    got.push(...subscriber.messages());
    expect(got).toEqual(Array.from({ length: 350 }, (_, index) => `a: ${index} x`));
    test.clock.advance(100);
    expect(publisher.isPaused).toBe(false);
    expect(test.broker.stats().receive_buffer_bytes).toBe(0);
    expect(test.broker.stats().dropped_total).toBe(0);
    expect(test.broker.stats().throttled_total).toBeGreaterThan(3);
  });

  test("does not count the time in which a client is throttled against its keep alive", () => {
    const { test, publisher, publish } = setup({ maxPublishRate: 1 });
    publish(5);
    test.clock.advance(3500);
    expect(publisher.state).toBe("open");
    expect(publisher.isPaused).toBe(true);
    test.clock.advance(7000);
    expect(publisher.state).toBe("ended");
  });

  test("lets one second's worth through at once after ten idle seconds, no more", () => {
    const { test, subscriber, publish } = setup({ maxPublishRate: 100 }, 60);
    publish(100);
    expect(subscriber.messages()).toHaveLength(100);
    test.clock.advance(10_000);
    publish(350);
    expect(subscriber.messages()).toHaveLength(100);
  });

  test("throttles no other client", () => {
    const { test, publish } = setup({ maxPublishRate: 10 });
    publish(100);
    const other = test.connect("other");
    other.publish("b", "x");
    other.send({ type: "pingreq", version: 4 });
    expect(other.next("pingresp").type).toBe("pingresp");
    expect(other.isPaused).toBe(false);
  });

  test("keeps a partial packet, and what arrives while the client is throttled", () => {
    const { test, subscriber, publisher, publish } = setup({ maxPublishRate: 10 });
    publish(10);
    publisher.sendBytes(Buffer.from("3004000161", "hex"));
    publisher.sendBytes(Buffer.from("62300300016163", "hex").subarray(0, 4));
    test.clock.advance(1000);
    expect(subscriber.messages()).toHaveLength(11);
  });

  test("a client that disconnects while it is throttled leaves nothing behind", () => {
    const { test, publisher, publish } = setup({ maxPublishRate: 10 });
    publish(100);
    expect(test.broker.stats().receive_buffer_bytes).toBeGreaterThan(0);
    publisher.cut();
    test.clock.advance(100);
    expect(test.broker.stats().receive_buffer_bytes).toBe(0);
    expect(test.broker.stats().connections).toBe(1);
  });
});

test("maxPublishBytesRate counts bytes: one large message exceeds it, too", () => {
  const { test, subscriber, publish } = setup({ maxPublishBytesRate: 1000 });
  publish(2, 3000);
  expect(subscriber.messages()).toHaveLength(1);
  test.clock.advance(1900);
  expect(subscriber.messages()).toHaveLength(0);
  test.clock.advance(300);
  expect(subscriber.messages()).toHaveLength(1);
});

test("no message makes others of the user name wait for more than a minute, however large it is", () => {
  const test = new TestBroker({ sysInterval: 0, maxUserPublishBytesRate: 100 });
  const as = (clientId: string) => test.connect(clientId, 4, { keepAlive: 0, username: "ani" });
  const subscriber = test.connect("subscriber", 4, { keepAlive: 0 });
  subscriber.subscribe("a");
  const [large, small] = [as("large"), as("small")];
  // Ten million bytes are paid off after a day and more.
  large.send(large.message("a", "x".repeat(10_000_000)));
  expect(subscriber.messages()).toHaveLength(1);
  small.send(small.message("a", "first"), small.message("a", "second"));
  expect(subscriber.messages()).toEqual(["a: first"]);
  test.clock.advance(59_000);
  expect(subscriber.messages()).toEqual([]);
  test.clock.advance(2000);
  expect(subscriber.messages()).toEqual(["a: second"]);
});

test("one wait of several keep alives for maxPublishBytesRate is no silence; what comes after it is", () => {
  const { test, publisher, publish } = setup({ maxPublishBytesRate: 1000 });
  publish(1, 6000);
  // About five seconds of throttling; the keep alive allows one and a half of silence.
  test.clock.advance(4500);
  expect([publisher.isPaused, publisher.state]).toEqual([true, "open"]);
  test.clock.advance(1500);
  expect([publisher.isPaused, publisher.state]).toEqual([false, "open"]);
  test.clock.advance(1500);
  expect(publisher.state).toBe("ended");
});

/** Publishes a hundred messages as each of these, all at once. @returns counts of what has come from each so far */
function race(test: TestBroker, clients: readonly TestClient[]) {
  const subscriber = test.connect("subscriber", 4, { keepAlive: 0 });
  subscriber.subscribe("#");
  for (const [index, client] of clients.entries())
    client.send(...Array.from({ length: 100 }, () => client.message(`from/${index}`, "x".repeat(94))));
  const counts = clients.map(() => 0);
  return () => {
    for (const message of subscriber.messages()) counts[Number(message.slice(5, message.indexOf(":")))]!++;
    return counts;
  };
}

const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0);
const quiet = { sysInterval: 0 };

describe("maxUserPublishRate", () => {
  test("is what all clients of a user name have together; other users and nameless clients have all of theirs", () => {
    const test = new TestBroker({ ...quiet, maxUserPublishRate: 10 });
    const as = (clientId: string, username?: string) =>
      test.connect(clientId, 4, { keepAlive: 0, ...(username !== undefined && { username }) });
    const counts = race(test, [as("a", "ani"), as("b", "ani"), as("c", "budi"), as("d"), as("e")]);
    const first = [...counts()];
    expect(sum(first.slice(0, 2))).toBeLessThanOrEqual(11);
    expect(first.slice(2)).toEqual([10, 100, 100]);
    test.clock.advance(3000);
    const later = [...counts()];
    expect(sum(later.slice(0, 2))).toBeGreaterThanOrEqual(36);
    expect(sum(later.slice(0, 2))).toBeLessThanOrEqual(44);
    test.clock.advance(20_000);
    // Nothing is lost.
    expect(counts()).toEqual([100, 100, 100, 100, 100]);
    expect(test.broker.stats().dropped_total).toBe(0);
  });

  test("cannot be had anew by connecting again", () => {
    const test = new TestBroker({ ...quiet, maxUserPublishRate: 10 });
    const counts = race(test, [test.connect("a", 4, { username: "ani" })]);
    expect(counts()).toEqual([10]);
    const again = race(test, [test.connect("b", 4, { username: "ani" })]);
    expect(again()).toEqual([1]);
  });

  test("of bytes counts those of all clients of the user name", () => {
    // A packet has 104 bytes.
    const test = new TestBroker({ ...quiet, maxUserPublishBytesRate: 1040 });
    const as = (clientId: string) => test.connect(clientId, 4, { keepAlive: 0, username: "ani" });
    const counts = race(test, [as("a"), as("b")]);
    expect(sum(counts())).toBeLessThanOrEqual(11);
    test.clock.advance(5000);
    expect(sum(counts())).toBeGreaterThanOrEqual(56);
    expect(sum(counts())).toBeLessThanOrEqual(64);
  });

  test("changes live, also from and to no limit", () => {
    const test = new TestBroker(quiet);
    const reload = (more: object) =>
      expect(test.broker.reload(mqttConfig.parse({ ...quiet, ...more }))).toBe(true);
    const ani = test.connect("a", 4, { keepAlive: 0, username: "ani" });
    reload({ maxUserPublishRate: 10 });
    const counts = race(test, [ani]);
    expect(counts()).toEqual([10]);
    reload({});
    test.clock.settle();
    expect(counts()).toEqual([100]);
  });
});

describe("limits of a listener", () => {
  const rates = (maxPublishRate: number, maxPublishBytesRate = 0) => ({
    maxPacketSize: 1e6,
    connectTimeout: 1000,
    versions: [3, 4, 5] as const,
    limits: { maxPublishRate, maxPublishBytesRate },
  });

  test("are what its clients may publish together; those of another listener have their own", () => {
    const test = new TestBroker(quiet);
    const [slow, fast] = [rates(10), rates(0)];
    const clients = [slow, slow, slow, fast].map((limits, index) => {
      const client = test.open(4, limits);
      client.connect(`client ${index}`, { keepAlive: 0 });
      client.take();
      return client;
    });
    const counts = race(test, clients);
    const first = [...counts()];
    expect(first[3]).toBe(100);
    expect(sum(first.slice(0, 3))).toBeLessThanOrEqual(12);
    test.clock.advance(5000);
    const later = counts().slice(0, 3);
    expect(sum(later)).toBeGreaterThanOrEqual(56);
    expect(sum(later)).toBeLessThanOrEqual(64);
    // They take turns, more or less.
    expect(Math.min(...later)).toBeGreaterThan(10);
  });

  test("count bytes, too, and each client's own limit holds besides", () => {
    const test = new TestBroker({ ...quiet, maxPublishRate: 5 });
    const limits = rates(0, 1040);
    const clients = ["a", "b", "c"].map((clientId) => {
      const client = test.open(4, limits);
      client.connect(clientId, { keepAlive: 0 });
      client.take();
      return client;
    });
    const counts = race(test, clients);
    expect(counts()[0]).toBe(5);
    expect(sum(counts())).toBeLessThanOrEqual(12);
    test.clock.advance(5000);
    expect(sum(counts())).toBeLessThanOrEqual(64);
  });
});
