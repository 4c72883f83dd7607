import { describe, expect, test } from "bun:test";
import { TestBroker } from "../support/test-broker.ts";

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
