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

function setup(version: 3 | 4 | 5, options: Partial<Connect> = {}) {
  const test = new TestBroker();
  const subscriber = test.connect("subscriber", version);
  subscriber.subscribe("gone", 2);
  return { test, subscriber, client: test.connect("a", version, { will: will(), ...options }) };
}

for (const version of [3, 4, 5] as const) {
  describe(`a will, version ${version}`, () => {
    test("is published when the connection breaks [MQTT-3.1.2-8]", () => {
      const { subscriber, client } = setup(version);
      client.cut();
      expect(subscriber.next("publish")).toMatchObject({ topic: "gone", qos: 1, retain: false });
    });

    test("is published after a keep alive timeout and after a protocol error", () => {
      const { test, subscriber } = setup(version, { keepAlive: 1 });
      test.clock.advance(2000);
      expect(subscriber.messages()).toEqual(["gone: bye"]);
      const faulty = test.connect("faulty", version, { will: will() });
      faulty.sendBytes(new Uint8Array([0xf1, 0]));
      expect(subscriber.messages()).toEqual(["gone: bye"]);
    });

    test("is published when another connection takes the session over", () => {
      const { test, subscriber } = setup(version);
      test.connect("a", version);
      expect(subscriber.messages()).toEqual(["gone: bye"]);
    });

    test("is deleted by DISCONNECT [MQTT-3.1.2-10] [MQTT-3.14.4-3]", () => {
      const { subscriber, client } = setup(version);
      client.send({ type: "disconnect", version, reasonCode: 0, properties: {} });
      client.cut();
      expect(subscriber.messages()).toEqual([]);
    });

    test("may be retained [MQTT-3.1.2-15]", () => {
      const { test, client } = setup(version, { will: { ...will(), retain: true } });
      client.cut();
      expect(test.broker.stats().retained).toBe(1);
    });
  });
}

test("a will whose topic exceeds maxTopicLevels is refused", () => {
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

test("a will to one of the server's own topics is not published, at once or delayed", () => {
  for (const willDelayInterval of [0, 10]) {
    const properties = { sessionExpiryInterval: 100 };
    const system = { ...will({ willDelayInterval }), topic: "$SYS/own" };
    const { test, subscriber, client } = setup(5, { will: system, properties });
    subscriber.subscribe("$SYS/own");
    client.cut();
    test.clock.advance(20_000);
    expect(subscriber.messages().filter((message) => message.endsWith("bye"))).toEqual([]);
  }
});

test("a stopping broker publishes every will before it closes a connection", () => {
  const test = new TestBroker();
  const early = test.connect("early", 5, { will: will() });
  const subscriber = test.connect("subscriber", 5);
  subscriber.subscribe("gone");
  early.subscribe("gone");
  const properties = { sessionExpiryInterval: 100 };
  test.connect("late", 5, { will: will({ willDelayInterval: 50 }), properties });
  test.connect("offline", 5, { will: will({ willDelayInterval: 50 }), properties }).cut();
  test.broker.stop();
  for (const client of [early, subscriber]) {
    expect(client.messages()).toEqual(["gone: bye", "gone: bye", "gone: bye"]);
    expect(client.state).toBe("ended");
  }
});

describe("a will in MQTT 5", () => {
  test("is published after DISCONNECT with reason 0x04", () => {
    const { subscriber, client } = setup(5);
    client.send({ type: "disconnect", version: 5, reasonCode: 4, properties: {} });
    expect(subscriber.messages()).toEqual(["gone: bye"]);
  });

  test("is delayed by its will delay interval, while its session lasts", () => {
    const properties = { sessionExpiryInterval: 100 };
    const { test, subscriber, client } = setup(5, { will: will({ willDelayInterval: 10 }), properties });
    client.cut();
    test.clock.advance(9000);
    expect(subscriber.messages()).toEqual([]);
    test.clock.advance(3000);
    expect(subscriber.messages()).toEqual(["gone: bye"]);
  });

  test("is not published when the client reconnects within the delay [MQTT-3.1.3-9]", () => {
    const properties = { sessionExpiryInterval: 100 };
    const { test, subscriber, client } = setup(5, { will: will({ willDelayInterval: 10 }), properties });
    client.cut();
    test.clock.advance(5000);
    expect(test.broker.queued.bytes).toBeGreaterThan(0);
    test.connect("a", 5, { cleanStart: false });
    expect(test.broker.queued.bytes).toBe(0);
    test.clock.advance(60_000);
    expect(subscriber.messages()).toEqual([]);
  });

  test("is published when its session expires before the delay", () => {
    const properties = { sessionExpiryInterval: 2 };
    const { test, subscriber, client } = setup(5, { will: will({ willDelayInterval: 1000 }), properties });
    client.cut();
    test.clock.advance(4000);
    expect(subscriber.messages()).toEqual(["gone: bye"]);
    test.clock.advance(2_000_000);
    expect(subscriber.messages()).toEqual([]);
  });

  test("is published when a clean start ends its session", () => {
    const properties = { sessionExpiryInterval: 100 };
    const { test, subscriber, client } = setup(5, { will: will({ willDelayInterval: 10 }), properties });
    client.cut();
    test.connect("a", 5, { cleanStart: true });
    expect(subscriber.messages()).toEqual(["gone: bye"]);
  });

  test("is published with its properties, but not the delay", () => {
    const { subscriber, client } = setup(5, {
      will: will({ willDelayInterval: 0, contentType: "text/plain", userProperties: [["a", "b"]] }),
    });
    client.cut();
    const expected = { contentType: "text/plain", userProperties: [["a", "b"] as [string, string]] };
    expect(subscriber.next("publish").properties).toEqual(expected);
  });
});
