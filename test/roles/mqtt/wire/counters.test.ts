import { describe, expect, test } from "bun:test";
import { TestBroker } from "../support/test-broker.ts";

const quiet = { sysInterval: 0 };

describe("the broker counts", () => {
  test("dropped messages by cause, and all causes add up to the total", () => {
    const test = new TestBroker({ ...quiet, sendBuffer: 100, maxQueuedMessages: 1, maxRetained: 0 });
    const slow = test.connect("slow", 5);
    slow.subscribe("a");
    slow.isStuck = true;
    const small = test.connect("small", 5, { properties: { maximumPacketSize: 60 } });
    small.subscribe("b");
    const publisher = test.connect("publisher", 5);
    for (let index = 0; index < 10; index++) publisher.publish("a", "x".repeat(50));
    publisher.publish("b", "x".repeat(60));
    publisher.publish("c", "x", { retain: true });
    const stats = test.broker.stats();
    expect(stats.dropped_slow_total).toBeGreaterThan(5);
    expect(stats).toMatchObject({ dropped_too_large_total: 1, dropped_retained_full_total: 1 });
    const causes = Object.keys(stats).filter((name) => /^dropped_.+_total$/.test(name));
    const sum = causes.reduce((total, name) => total + (stats[name] ?? 0), 0);
    expect(sum).toBe(stats.dropped_total ?? -1);
  });

  test("connects and disconnects, by cause", () => {
    const refusing = {
      authenticate: ({ clientId }: { clientId: string }) => (clientId === "bad" ? 0x86 : 0),
    };
    const test = new TestBroker(quiet, { access: refusing });
    for (const version of [4, 5] as const) test.open(version).connect("bad");
    test.connect("a", 5);
    const again = test.connect("a", 5);
    again.sendBytes(Buffer.from("f100", "hex"));
    test.connect("b").send({ type: "disconnect", version: 4, reasonCode: 0, properties: {} });
    expect(test.broker.stats()).toMatchObject({
      connections_total: 5,
      connects_total: 5,
      connects_refused_total: 2,
      authentication_failures_total: 2,
      disconnects_total: 3,
      takeovers_total: 1,
      protocol_errors_total: 1,
      sessions_connected: 0,
    });
  });

  test("messages in flight and queued, until they are acknowledged", () => {
    const test = new TestBroker(quiet);
    const properties = { sessionExpiryInterval: 60, receiveMaximum: 1 };
    const client = test.connect("a", 5, { properties });
    client.subscribe("t", 1);
    const publisher = test.connect("publisher");
    for (let index = 0; index < 3; index++) publisher.publish("t", "x", { qos: 1 });
    const stats = test.broker.stats();
    expect(stats).toMatchObject({ inflight: 1, queued_messages: 2 });
    expect(stats.queued_bytes).toBeGreaterThan(2);
    for (let index = 0; index < 3; index++) {
      const packetId = client.next("publish").packetId ?? 0;
      client.send({ type: "puback", version: 5, packetId, reasonCode: 0, properties: {} });
    }
    expect(test.broker.stats()).toMatchObject({ inflight: 0, queued_messages: 0, queued_bytes: 0 });
    client.cut();
    expect(test.broker.stats()).toMatchObject({ sessions_connected: 1, sessions_away: 1 });
  });
});
