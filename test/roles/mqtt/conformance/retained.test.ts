import { describe, expect, test } from "bun:test";
import { TestBroker } from "../support/test-broker.ts";
import { ack, publishes, subscribeTo, versions } from "./kit.ts";

describe.each(versions)("version %d", (version) => {
  /** The retained messages that a new subscriber to the filter gets. */
  const retainedOf = (broker: TestBroker, filter: string) => {
    const client = broker.connect(`c${Math.random()}`, version);
    client.send(subscribeTo(version, [filter]));
    const [suback, ...messages] = client.take();
    expect(suback?.type).toBe("suback");
    return messages.map(
      (packet) =>
        packet.type === "publish" && [
          packet.topic,
          String(Buffer.from(packet.payload)),
          packet.qos,
          packet.retain,
        ],
    );
  };

  test("the last retained message of each topic is kept with its QoS [MQTT-3.3.1-5] [MQTT-3.3.1-6 of 3.1.1] [MQTT-3.3.1-8 of 3.1.1] [MQTT-3.3.1-9]", () => {
    const broker = new TestBroker();
    const publisher = broker.connect("publisher", version);
    publisher.publish("a", "old", { retain: true, qos: 2, packetId: 1 });
    publisher.publish("a", "new", { retain: true, qos: 1, packetId: 2 });
    publisher.publish("b", "zero", { retain: true });
    publisher.publish("c/d", "two", { retain: true, qos: 2, packetId: 3 });
    expect(retainedOf(broker, "a")).toEqual([["a", "new", 1, true]]);
    expect(retainedOf(broker, "+").sort()).toEqual([
      ["a", "new", 1, true],
      ["b", "zero", 0, true],
    ]);
    expect(retainedOf(broker, "c/#")).toEqual([["c/d", "two", 2, true]]);
    publisher.publish("a", "at QoS 0", { retain: true });
    // [MQTT-3.3.1-7] of 3.1.1: never the older message.
    expect(retainedOf(broker, "a")).toEqual([["a", "at QoS 0", 0, true]]);
  });

  test("a retained message at QoS 0 removes the previous one, even if it does not fit itself [MQTT-3.3.1-7 of 3.1.1]", () => {
    const full = new TestBroker({ maxRetainedBytes: 2000 });
    const publisher = full.connect("publisher", version);
    publisher.publish("a", "old", { retain: true, qos: 1 });
    publisher.publish("a", "x".repeat(5000), { retain: true });
    expect(retainedOf(full, "#")).toEqual([]);
  });

  test("a message without retain does not change the retained message [MQTT-3.3.1-8]", () => {
    const broker = new TestBroker();
    const publisher = broker.connect("publisher", version);
    publisher.publish("a", "kept", { retain: true });
    for (const text of ["passing", ""]) publisher.publish("a", text, { qos: 1 });
    expect(retainedOf(broker, "a")).toEqual([["a", "kept", 0, true]]);
    expect(retainedOf(broker, "b")).toEqual([]);
  });

  test("an empty retained message is delivered, clears the topic, and is not kept itself [MQTT-3.3.1-6] [MQTT-3.3.1-7]", () => {
    const broker = new TestBroker();
    const publisher = broker.connect("publisher", version);
    const early = broker.connect("early", version);
    early.subscribe("#");
    for (const text of ["kept", "", ""]) publisher.publish("a", text, { retain: true });
    const seen = publishes(early).map(({ payload, retain }) => [payload.length, retain]);
    // Without retain as published the flag is cleared for existing subscribers. [MQTT-3.3.1-12]
    expect(seen).toEqual([
      [4, false],
      [0, false],
      [0, false],
    ]);
    expect(retainedOf(broker, "#")).toEqual([]);
  });

  test("the retain flag is cleared for existing subscribers [MQTT-3.3.1-12]", () => {
    const broker = new TestBroker();
    const early = broker.connect("early", version);
    early.subscribe("a", 2);
    const publisher = broker.connect("publisher", version);
    for (const qos of [0, 1, 2] as const) publisher.publish("a", "x", { retain: true, qos });
    expect(publishes(early).map(({ retain }) => retain)).toEqual([false, false, false]);
  });

  test("retained messages outlive the session of their publisher, and all others [MQTT-3.1.2-7 of 3.1.1]", () => {
    const broker = new TestBroker();
    const publisher = broker.connect("publisher", version);
    publisher.publish("a", "kept", { retain: true });
    publisher.cut();
    broker.clock.advance(500_000);
    expect(broker.broker.stats().sessions).toBe(0);
    expect(retainedOf(broker, "a")).toEqual([["a", "kept", 0, true]]);
  });

  test("subscribing again sends retained messages again, and loses or duplicates no message [MQTT-3.8.4-4] [MQTT-3.8.4-3]", () => {
    const broker = new TestBroker();
    const publisher = broker.connect("publisher", version);
    publisher.publish("kept", "k", { retain: true });
    const client = broker.connect("a", version);
    client.subscribe("t", 1);
    const received: string[] = [];
    for (let packetId = 1; packetId <= 20; packetId++) {
      publisher.publish("t", `${packetId}`, { qos: 1, packetId });
      client.send(subscribeTo(version, ["t", "kept"], packetId % 2 === 0 ? 1 : 2));
      for (const packet of client.take()) {
        if (packet.type !== "publish") continue;
        received.push(`${packet.topic} ${Buffer.from(packet.payload)}`);
        if (packet.packetId !== undefined) client.send(ack("puback", version, packet.packetId));
      }
    }
    expect(received.filter((each) => each.startsWith("t"))).toEqual(
      Array.from({ length: 20 }, (_, index) => `t ${index + 1}`),
    );
    expect(received.filter((each) => each === "kept k").length).toBe(20);
    expect(broker.broker.stats().subscriptions).toBe(2);
  });
});
