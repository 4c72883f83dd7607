import { describe, expect, test } from "bun:test";
import { encode } from "../../../../../src/protocol/mqtt/encode.ts";
import type { Version } from "../../../../../src/protocol/mqtt/packet.ts";
import { Reason } from "../../../../../src/protocol/mqtt/reason.ts";
import { subscriptionBytes } from "../../../../../src/roles/mqtt/routing/router.ts";
import { reachesAllBut, TestBroker } from "../../support/test-broker.ts";

const versions: readonly Version[] = [3, 4, 5];

for (const version of versions) {
  describe(`version ${version}`, () => {
    test("wildcards match by the rules, and a leading one matches no $ topic [MQTT-4.7.2-1]", () => {
      const test = new TestBroker({}, { permissions: { mayPublish: () => true } });
      const all = test.connect("all", version);
      all.subscribe("#");
      const own = test.connect("own", version);
      own.subscribe("$OWN/+/load");
      const publisher = test.connect("publisher", version);
      for (const topic of ["a", "a/b/c", "/", "$OWN/broker/load"]) publisher.publish(topic, "x");
      expect(all.messages()).toEqual(["a: x", "a/b/c: x", "/: x"]);
      expect(own.messages()).toEqual(["$OWN/broker/load: x"]);
    });

    test("SUBACK has one code for each filter, in order [MQTT-3.8.4-6]", () => {
      const client = new TestBroker({}, { permissions: { reach: reachesAllBut("secret") } }).connect(
        "a",
        version,
      );
      const options = { noLocal: false, retainAsPublished: false, retainHandling: 0 } as const;
      const subscriptions = [
        { filter: "a", qos: 2, ...options },
        { filter: "secret", qos: 1, ...options },
        { filter: "b", qos: 0, ...options },
      ] as const;
      client.send({ type: "subscribe", version, packetId: 12, subscriptions, properties: {} });
      const refused = version === 5 ? Reason.NotAuthorized : 0x80;
      expect(client.next("suback")).toMatchObject({ packetId: 12, reasonCodes: [2, refused, 0] });
    });

    test("overlapping subscriptions deliver once, at the highest QoS [MQTT-3.3.4-2]", () => {
      const test = new TestBroker();
      const client = test.connect("a", version);
      client.subscribe("a/+", 0);
      client.subscribe("a/#", 1);
      client.subscribe("a/b", 0);
      test.connect("b").publish("a/b", "x", { qos: 2 });
      expect(client.next("publish").qos).toBe(1);
    });

    test("subscribing again replaces the subscription [MQTT-3.8.4-3]", () => {
      const test = new TestBroker();
      const client = test.connect("a", version);
      client.subscribe("a", 2);
      client.subscribe("a", 0);
      test.connect("b").publish("a", "x", { qos: 2 });
      expect(client.next("publish").qos).toBe(0);
      expect(test.broker.stats().subscriptions).toBe(1);
    });

    test("nothing is delivered after UNSUBSCRIBE [MQTT-3.10.4-3]", () => {
      const test = new TestBroker();
      const client = test.connect("a", version);
      client.subscribe("a/+");
      client.send({ type: "unsubscribe", version, packetId: 3, filters: ["a/+", "b"], properties: {} });
      const reasonCodes = version === 5 ? [0, Reason.NoSubscriptionExisted] : [];
      expect(client.next("unsuback")).toMatchObject({ packetId: 3, reasonCodes });
      test.connect("b").publish("a/b", "x");
      expect(client.take()).toEqual([]);
    });

    test("a retained message is sent to new subscribers, and to them only with the retain flag [MQTT-3.3.1-8]", () => {
      const test = new TestBroker();
      const publisher = test.connect("publisher", version);
      const early = test.connect("early", version);
      early.subscribe("sister/#", 1);
      publisher.publish("sister/temp", "27", { retain: true });
      publisher.publish("sister/temp", "28", { retain: true, qos: 1 });
      expect(early.take().map((packet) => packet.type === "publish" && packet.retain)).toEqual([
        false,
        false,
      ]);
      const late = test.connect("late", version);
      late.send(subscription(version, "sister/+"));
      const [suback, message] = late.take();
      expect(suback?.type).toBe("suback");
      expect(message).toMatchObject({ topic: "sister/temp", retain: true, qos: 1 });
      expect(message?.type === "publish" && String(Buffer.from(message.payload))).toBe("28");
    });

    test("an empty retained message removes the previous one [MQTT-3.3.1-6] [MQTT-3.3.1-7]", () => {
      const test = new TestBroker();
      const publisher = test.connect("publisher", version);
      publisher.publish("a", "x", { retain: true });
      expect(test.broker.stats().retained).toBe(1);
      const present = test.connect("present", version);
      present.subscribe("b");
      publisher.publish("a", "", { retain: true });
      expect(test.broker.stats().retained).toBe(0);
      expect(test.connect("late", version).subscribe("a").type).toBe("suback");
    });

    test("retained messages of $ topics are not matched by a leading wildcard", () => {
      const test = new TestBroker();
      test.connect("publisher", version).publish("$other/x", "1", { retain: true });
      const client = test.connect("a", version);
      expect(client.subscribe("#").type).toBe("suback");
      expect(client.subscribe("+/x").type).toBe("suback");
      client.send(subscription(version, "$other/#"));
      expect(client.messages()).toEqual(["$other/x: 1"]);
    });
  });
}

const subscription = (version: Version, filter: string, identifier?: number) => ({
  type: "subscribe" as const,
  version,
  packetId: 9,
  subscriptions: [
    { filter, qos: 2 as const, noLocal: false, retainAsPublished: false, retainHandling: 0 as const },
  ],
  properties: identifier === undefined ? {} : { subscriptionIdentifiers: [identifier] },
});

describe("MQTT 5 subscriptions", () => {
  test("no local: a client does not receive its own messages [MQTT-3.8.3-3]", () => {
    const client = new TestBroker().connect("a", 5);
    client.subscribe("own", 0, { noLocal: true });
    client.subscribe("echo", 0);
    client.publish("own", "x");
    client.publish("echo", "y");
    expect(client.messages()).toEqual(["echo: y"]);
  });

  test("retain as published: the flag is kept [MQTT-3.3.1-13]", () => {
    const test = new TestBroker();
    const client = test.connect("a", 5);
    client.subscribe("#", 0, { retainAsPublished: true });
    const publisher = test.connect("b", 5);
    publisher.publish("a", "x", { retain: true });
    publisher.publish("a", "x");
    expect(client.take().map((packet) => packet.type === "publish" && packet.retain)).toEqual([true, false]);
  });

  test("retain handling: always, only when new, never [MQTT-3.3.1-9] [MQTT-3.3.1-10] [MQTT-3.3.1-11]", () => {
    const test = new TestBroker();
    test.connect("b").publish("a", "x", { retain: true });
    const client = test.connect("a", 5);
    const count = (retainHandling: 0 | 1 | 2) => {
      const options = {
        filter: "a",
        qos: 0,
        noLocal: false,
        retainAsPublished: false,
        retainHandling,
      } as const;
      client.send({ type: "subscribe", version: 5, packetId: 1, subscriptions: [options], properties: {} });
      return client.messages().length;
    };
    expect([count(2), count(1), count(0), count(0)]).toEqual([0, 0, 1, 1]);
    const fresh = test.connect("fresh", 5);
    fresh.send({
      ...subscription(5, "a"),
      subscriptions: [{ filter: "a", qos: 0, noLocal: false, retainAsPublished: false, retainHandling: 1 }],
    });
    expect(fresh.messages()).toEqual(["a: x"]);
  });

  test("a message carries the identifier of every matching subscription [MQTT-3.3.4-3] [MQTT-3.3.4-4]", () => {
    const test = new TestBroker();
    const client = test.connect("a", 5);
    client.send(subscription(5, "a/#", 5), subscription(5, "a/b", 300), subscription(5, "+/b"));
    client.take();
    const publisher = test.connect("b");
    publisher.send(publisher.message("a/b", "x"), publisher.message("a/b", "y"));
    for (const packet of client.take()) {
      const identifiers = packet.type === "publish" ? packet.properties.subscriptionIdentifiers : [];
      expect(identifiers?.toSorted()).toEqual([300, 5]);
    }
  });

  test("a retained message carries the identifier of the new subscription", () => {
    const test = new TestBroker();
    test.connect("b").publish("a", "x", { retain: true });
    const client = test.connect("a", 5);
    client.send(subscription(5, "a", 7));
    const [, message] = client.take();
    expect(message).toMatchObject({ properties: { subscriptionIdentifiers: [7] } });
  });

  test("a retained message's expiry interval counts down, and the message is removed when it expires [MQTT-3.3.2-6]", () => {
    const test = new TestBroker();
    test.connect("b", 5).publish("a", "x", { retain: true, properties: { messageExpiryInterval: 60 } });
    test.clock.advance(20_000);
    const client = test.connect("a", 5);
    client.send(subscription(5, "a"));
    expect(client.take()[1]).toMatchObject({ properties: { messageExpiryInterval: 40 } });
    test.clock.advance(40_000);
    client.send(subscription(5, "a"));
    expect(client.take().map(({ type }) => type)).toEqual(["suback"]);
    expect(test.broker.stats().retained).toBe(0);
  });
});

describe("an MQTT 5 client whose Maximum Packet Size is below that of the answer [MQTT-3.1.2-24]", () => {
  const options = { qos: 0, noLocal: false, retainAsPublished: false, retainHandling: 0 } as const;
  const head = { version: 5, packetId: 9, properties: {} } as const;
  const filtersOf = (count: number) => Array.from({ length: count }, (_, index) => `f${index}`);
  const request = (count: number) => ({
    ...{ type: "subscribe" as const, ...head },
    subscriptions: filtersOf(count).map((filter) => ({ filter, ...options })),
  });
  const connect = (test: TestBroker) =>
    test.connect("a", 5, { properties: { maximumPacketSize: 30, sessionExpiryInterval: 60 } });

  test("is disconnected, and none of its subscriptions is made", () => {
    const test = new TestBroker();
    const client = connect(test);
    client.send(request(26));
    expect(client.next("disconnect").reasonCode).toBe(Reason.PacketTooLarge);
    expect([client.state, test.broker.router.size]).toEqual(["ended", 0]);
  });

  test("is answered as long as that fits, whatever the reasons would add", () => {
    const test = new TestBroker({ maxSubscriptions: 20 });
    const client = connect(test);
    client.send(request(25));
    expect(client.next("suback").reasonCodes).toHaveLength(25);
  });

  test("is disconnected, and keeps all subscriptions that it wants to end", () => {
    const test = new TestBroker();
    const client = connect(test);
    client.send(request(20));
    client.take();
    client.send({ type: "unsubscribe", ...head, filters: filtersOf(26) });
    expect(client.next("disconnect").reasonCode).toBe(Reason.PacketTooLarge);
    expect(test.broker.router.size).toBe(20);
  });
});

describe("limits", () => {
  test("hold for the subscriptions of one client", () => {
    const client = new TestBroker({ maxSubscriptions: 2 }).connect("a", 5);
    const codes = ["a", "b", "c", "a"].map((filter) => client.subscribe(filter));
    expect(codes.map((suback) => suback.type === "suback" && suback.reasonCodes[0])).toEqual([
      0,
      0,
      Reason.QuotaExceeded,
      0,
    ]);
  });

  test("hold for the bytes of all clients' subscriptions together, in every version", () => {
    for (const version of versions) {
      const test = new TestBroker({ maxSubscriptionBytes: 2 * subscriptionBytes("a/b") });
      const [one, other] = [test.connect("one", version), test.connect("other", version)];
      one.subscribe("a/b");
      expect(one.subscribe("a/#")).toMatchObject({ reasonCodes: [0] });
      const refused = version === 5 ? Reason.QuotaExceeded : 0x80;
      expect(other.subscribe("a/b")).toMatchObject({ reasonCodes: [refused] });
      // Replacing a subscription takes no further bytes.
      expect(one.subscribe("a/b", 1)).toMatchObject({ reasonCodes: [1] });
      one.cut();
      expect(other.subscribe("a/b")).toMatchObject({ reasonCodes: [0] });
    }
  });

  test("a packet with very many filters is processed in slices, and in order with later packets", () => {
    const test = new TestBroker({ maxSubscriptions: 10_000 });
    const client = test.connect("a", 5);
    const filters = Array.from({ length: 4500 }, (_, index) => `t/${index}`);
    const options = { qos: 0, noLocal: false, retainAsPublished: false, retainHandling: 0 } as const;
    const subscriptions = filters.map((filter) => ({ filter, ...options }));
    const packets = [
      { type: "subscribe", version: 5, packetId: 1, subscriptions, properties: {} },
      { type: "unsubscribe", version: 5, packetId: 2, filters, properties: {} },
      { type: "pingreq", version: 5 },
    ] as const;
    client.connection.feed(Buffer.concat(packets.map((packet) => encode(packet))));
    expect(test.broker.stats().subscriptions).toBe(1000);
    test.clock.turn();
    expect(test.broker.stats().subscriptions).toBe(2000);
    test.clock.settle();
    const answers = client.take();
    expect(answers.map(({ type }) => type)).toEqual(["suback", "unsuback", "pingresp"]);
    expect(answers[0]?.type === "suback" && answers[0].reasonCodes.length).toBe(4500);
    expect(test.broker.stats().subscriptions).toBe(0);
  });

  test("the subscriptions of an ended session are dropped in slices, and receive nothing meanwhile", () => {
    const test = new TestBroker({ maxSubscriptions: 10_000 });
    const client = test.connect("a", 5, { properties: { sessionExpiryInterval: 60 } });
    for (let index = 0; index < 3000; index++) client.subscribe(`t/${index}`, 1);
    client.connection.closed();
    test.clock.settle();
    const again = test.open(5);
    const packet = { type: "connect", version: 5, clientId: "a", cleanStart: true, keepAlive: 0 } as const;
    again.connection.feed(encode({ ...packet, properties: {} }));
    expect(test.broker.stats()).toMatchObject({ subscriptions: 2000, queued_messages: 0 });
    test.broker.publish(Buffer.from(encode(again.message("t/2999", "x", { qos: 1 }))), "t/2999");
    expect(test.broker.queued.bytes).toBe(0);
    test.clock.settle();
    expect(test.broker.stats().subscriptions).toBe(0);
    expect(again.messages()).toEqual([]);
  });

  test("hold for the levels of a filter and of a topic", () => {
    const client = new TestBroker({ maxTopicLevels: 3 }).connect("a", 5);
    expect(client.subscribe("a/b/c")).toMatchObject({ reasonCodes: [0] });
    expect(client.subscribe("a/b/c/d")).toMatchObject({ reasonCodes: [Reason.TopicFilterInvalid] });
    client.publish("a/b/c/d", "x");
    expect(client.next("disconnect").reasonCode).toBe(Reason.TopicNameInvalid);
  });

  test("hold for retained messages: a further one is not kept, a replacement is", () => {
    const test = new TestBroker({ maxRetained: 1 });
    const client = test.connect("a");
    for (const topic of ["a", "b", "a"]) client.publish(topic, "x", { retain: true });
    expect(test.broker.stats()).toMatchObject({ retained: 1, dropped_total: 1 });
    expect(test.log.filter((line) => line.includes("maxRetained"))).toHaveLength(1);
  });
});
