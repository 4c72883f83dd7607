import { describe, expect, test } from "bun:test";
import type { Connect, Properties } from "../../../../src/protocol/mqtt/packet.ts";
import { TestBroker } from "../support/test-broker.ts";

const will = (properties: Properties = {}) => ({
  topic: "gone",
  payload: new TextEncoder().encode("bye"),
  qos: 1 as const,
  retain: false,
  properties,
});

function scene(version: 3 | 4 | 5, options: Partial<Connect> = {}) {
  const test = new TestBroker();
  const watcher = test.connect("watcher", version);
  watcher.subscribe("gone", 2);
  return { test, watcher, client: test.connect("a", version, { will: will(), ...options }) };
}

for (const version of [3, 4, 5] as const) {
  describe(`version ${version}`, () => {
    test("is published when the connection breaks [MQTT-3.1.2-8]", () => {
      const { watcher, client } = scene(version);
      client.cut();
      expect(watcher.next("publish")).toMatchObject({ topic: "gone", qos: 1, retain: false });
    });

    test("is published when the keep alive runs out, or the client breaks a rule", () => {
      const { test, watcher } = scene(version, { keepAlive: 1 });
      test.clock.advance(2000);
      expect(watcher.messages()).toEqual(["gone: bye"]);
      const rude = test.connect("rude", version, { will: will() });
      rude.sendBytes(new Uint8Array([0xf1, 0]));
      expect(watcher.messages()).toEqual(["gone: bye"]);
    });

    test("is published when another connection takes over", () => {
      const { test, watcher } = scene(version);
      test.connect("a", version);
      expect(watcher.messages()).toEqual(["gone: bye"]);
    });

    test("is forgotten after a DISCONNECT [MQTT-3.1.2-10] [MQTT-3.14.4-3]", () => {
      const { watcher, client } = scene(version);
      client.send({ type: "disconnect", version, reasonCode: 0, properties: {} });
      client.cut();
      expect(watcher.messages()).toEqual([]);
    });

    test("may be retained [MQTT-3.1.2-15]", () => {
      const { test, client } = scene(version, { will: { ...will(), retain: true } });
      client.cut();
      expect(test.broker.stats().retained).toBe(1);
    });
  });
}

test("its topic has no more than maxTopicLevels", () => {
  for (const [version, answer] of [
    [3, []],
    [4, []],
    [5, [0x90]],
  ] as const) {
    const test = new TestBroker({ maxTopicLevels: 3 });
    const client = test.open(version);
    client.connect("a", { will: { ...will(), topic: "a/b/c/d", retain: true } });
    const codes = client.take().map((packet) => packet.type === "connack" && packet.reasonCode);
    expect(codes).toEqual([...answer]);
    expect(client.state).toBe("ended");
    expect(test.broker.stats()).toMatchObject({ sessions: 0, retained: 0 });
    test.connect("b", version, { will: { ...will(), topic: "a/b/c" } });
  }
});

test("a stopping broker publishes every will before it closes a connection", () => {
  const test = new TestBroker();
  const early = test.connect("early", 5, { will: will() });
  const watcher = test.connect("watcher", 5);
  watcher.subscribe("gone");
  early.subscribe("gone");
  const properties = { sessionExpiryInterval: 100 };
  test.connect("late", 5, { will: will({ willDelayInterval: 50 }), properties });
  test.connect("away", 5, { will: will({ willDelayInterval: 50 }), properties }).cut();
  test.broker.stop();
  for (const client of [early, watcher]) {
    expect(client.messages()).toEqual(["gone: bye", "gone: bye", "gone: bye"]);
    expect(client.state).toBe("ended");
  }
});

describe("MQTT 5", () => {
  test("DISCONNECT with reason 0x04 publishes it", () => {
    const { watcher, client } = scene(5);
    client.send({ type: "disconnect", version: 5, reasonCode: 4, properties: {} });
    expect(watcher.messages()).toEqual(["gone: bye"]);
  });

  test("waits for its delay, with the session", () => {
    const properties = { sessionExpiryInterval: 100 };
    const { test, watcher, client } = scene(5, { will: will({ willDelayInterval: 10 }), properties });
    client.cut();
    test.clock.advance(9000);
    expect(watcher.messages()).toEqual([]);
    test.clock.advance(3000);
    expect(watcher.messages()).toEqual(["gone: bye"]);
  });

  test("is not published when the client is back before its delay [MQTT-3.1.3-9]", () => {
    const properties = { sessionExpiryInterval: 100 };
    const { test, watcher, client } = scene(5, { will: will({ willDelayInterval: 10 }), properties });
    client.cut();
    test.clock.advance(5000);
    test.connect("a", 5, { cleanStart: false });
    test.clock.advance(60_000);
    expect(watcher.messages()).toEqual([]);
  });

  test("does not outlive its session", () => {
    const properties = { sessionExpiryInterval: 2 };
    const { test, watcher, client } = scene(5, { will: will({ willDelayInterval: 1000 }), properties });
    client.cut();
    test.clock.advance(4000);
    expect(watcher.messages()).toEqual(["gone: bye"]);
    test.clock.advance(2_000_000);
    expect(watcher.messages()).toEqual([]);
  });

  test("is published when a clean start ends its session", () => {
    const properties = { sessionExpiryInterval: 100 };
    const { test, watcher, client } = scene(5, { will: will({ willDelayInterval: 10 }), properties });
    client.cut();
    test.connect("a", 5, { cleanStart: true });
    expect(watcher.messages()).toEqual(["gone: bye"]);
  });

  test("carries its properties, but not the delay", () => {
    const { watcher, client } = scene(5, {
      will: will({ willDelayInterval: 0, contentType: "text/plain", userProperties: [["a", "b"]] }),
    });
    client.cut();
    const expected = { contentType: "text/plain", userProperties: [["a", "b"] as [string, string]] };
    expect(watcher.next("publish").properties).toEqual(expected);
  });
});
