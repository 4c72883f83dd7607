import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Publish, Qos } from "../../../../src/protocol/mqtt/packet.ts";
import { TopicAliases } from "../../../../src/roles/mqtt/wire/topic-aliases.ts";
import { TestBroker, type TestClient } from "../support/test-broker.ts";

const long = "building/7/floor/3/temperature";

/** A subscriber that resolves topic aliases. */
class Subscriber {
  readonly #topics = new Map<number, string>();

  constructor(
    readonly client: TestClient,
    readonly maximum: number,
  ) {}

  take(): (Publish & { resolvedTopic: string })[] {
    const publishes = this.client.take().filter((packet) => packet.type === "publish");
    return publishes.map((packet) => ({ ...packet, resolvedTopic: this.#resolve(packet) }));
  }

  texts(): string[] {
    return this.take().map(({ resolvedTopic, payload }) => `${resolvedTopic}: ${Buffer.from(payload)}`);
  }

  #resolve({ topic, properties }: Publish): string {
    const { topicAlias } = properties;
    if (topicAlias === undefined) return topic;
    if (topicAlias === 0 || topicAlias > this.maximum)
      throw new Error(`the alias ${topicAlias} is out of range`);
    if (topic !== "") this.#topics.set(topicAlias, topic);
    const known = this.#topics.get(topicAlias);
    if (known === undefined) throw new Error(`the alias ${topicAlias} is not assigned`);
    return known;
  }
}

function subscriberOf(test: TestBroker, name: string, topicAliasMaximum: number, more = {}): Subscriber {
  const client = test.connect(name, 5, { properties: { topicAliasMaximum, ...more } });
  return new Subscriber(client, topicAliasMaximum);
}

describe("the aliases of a connection", () => {
  const topic = (text: string) => ({ text, bytes: new TextEncoder().encode(text) });
  const give = (aliases: TopicAliases, text: string) => {
    const alias = aliases.candidate(topic(text));
    if (alias > 0) aliases.assign(alias, text);
    return alias;
  };

  test("are assigned from 1 up to the maximum, and not to topics too short to gain from one", () => {
    const aliases = new TopicAliases(2);
    expect(give(aliases, "a/b")).toBe(0);
    expect([give(aliases, "topic/one"), give(aliases, "topic/two")]).toEqual([1, 2]);
    expect([aliases.aliasOf("topic/one"), aliases.aliasOf("topic/two"), aliases.aliasOf("a/b")]).toEqual([
      1, 2, 0,
    ]);
  });

  test("are kept by topics in use, and reassigned from others to repeated topics", () => {
    const aliases = new TopicAliases(2);
    give(aliases, "topic/hot");
    give(aliases, "topic/cold");
    const got: number[] = [];
    for (let index = 0; index < 10; index++) {
      aliases.aliasOf("topic/hot");
      got.push(give(aliases, `topics/${index}`));
    }
    expect(aliases.aliasOf("topic/hot")).toBe(1);
    expect(aliases.aliasOf("topic/cold")).toBe(0);
    expect(new Set(got)).toEqual(new Set([0, 2]));
  });

  test("are not assigned by looking for a candidate", () => {
    const aliases = new TopicAliases(1);
    expect([aliases.candidate(topic("topic/one")), aliases.candidate(topic("topic/two"))]).toEqual([1, 1]);
    expect(aliases.aliasOf("topic/one")).toBe(0);
  });
});

describe("topic aliases of the broker", () => {
  test("are not used at QoS 2, in a publish run, queued or retained", () => {
    const test = new TestBroker({ maxInflight: 2 });
    const subscriber = subscriberOf(test, "a", 10);
    const publisher = test.connect("publisher");
    publisher.publish(long, "0", { qos: 2, retain: true });
    subscriber.client.send({
      type: "subscribe",
      version: 5,
      packetId: 9,
      subscriptions: [{ filter: long, qos: 2, noLocal: false, retainAsPublished: false, retainHandling: 0 }],
      properties: {},
    });
    for (const text of ["1", "2"]) publisher.publish(long, text, { qos: 2, packetId: 10 + Number(text) });
    subscriber.client.send({ type: "pubrec", version: 5, packetId: 1, reasonCode: 0x80, properties: {} });
    expect(subscriber.take().map(({ topic }) => topic)).toEqual([long, long, long]);
  });

  test.each([0, 1] as const)(
    "at QoS %p replace the topic after its first message, in a publish run and in later ones",
    (qos) => {
      const test = new TestBroker();
      const subscriber = subscriberOf(test, "a", 10);
      subscriber.client.subscribe("#", qos);
      const publisher = test.connect("publisher");
      const run = (first: number) =>
        publisher.send(
          ...[0, 1, 2].map((index) =>
            publisher.message(long, String(first + index), {
              qos,
              ...(qos > 0 && { packetId: first + index }),
            }),
          ),
        );
      run(10);
      run(20);
      const packets = subscriber.take();
      expect(packets.map(({ topic }) => topic)).toEqual([long, "", "", "", "", ""]);
      expect(packets.map(({ resolvedTopic }) => resolvedTopic)).toEqual(
        Array.from({ length: 6 }, () => long),
      );
      expect(packets.map(({ payload }) => String(Buffer.from(payload)))).toEqual([
        "10",
        "11",
        "12",
        "20",
        "21",
        "22",
      ]);
      if (qos > 0) expect(packets.map(({ packetId }) => packetId)).toEqual([1, 2, 3, 4, 5, 6]);
    },
  );

  test("are not used for a client that accepts none [MQTT-3.1.2-27], for MQTT 3, or when disabled", () => {
    for (const [config, version, properties] of [
      [{}, 5, {}],
      [{}, 5, { topicAliasMaximum: 0 }],
      [{ maxTopicAliasesOut: 0 }, 5, { topicAliasMaximum: 10 }],
      [{}, 4, {}],
    ] as const) {
      const test = new TestBroker(config);
      const client = test.connect("a", version, { properties });
      client.subscribe(long);
      const publisher = test.connect("publisher", 5);
      publisher.send(publisher.message(long, "1"), publisher.message(long, "2"));
      for (const packet of client.take()) expect(packet).toMatchObject({ topic: long, properties: {} });
    }
  });

  test("never exceed the client's maximum or the configured one [MQTT-3.1.2-26] [MQTT-3.3.2-11]", () => {
    for (const [maxTopicAliasesOut, accepted, used] of [
      [32, 2, 2],
      [2, 32, 2],
    ] as const) {
      const test = new TestBroker({ maxTopicAliasesOut });
      const subscriber = subscriberOf(test, "a", accepted);
      subscriber.client.subscribe("#");
      const publisher = test.connect("publisher");
      for (let index = 0; index < 20; index++) publisher.publish(`${long}/${index % 5}`, "x");
      const aliases = subscriber.take().map(({ properties }) => properties.topicAlias ?? 0);
      expect(Math.max(...aliases)).toBe(used);
    }
  });

  test("are each subscriber's own, in the same publish run", () => {
    const test = new TestBroker();
    const subscribers = [1, 2, 3].map((number) => {
      const subscriber = subscriberOf(test, `c${number}`, 10);
      // Its earlier messages give the topic another alias than the other subscribers'.
      for (let index = 1; index < number; index++) subscriber.client.subscribe(`${long}/${number}/${index}`);
      subscriber.client.subscribe(long, 1);
      return subscriber;
    });
    const publisher = test.connect("publisher");
    for (const path of ["2/1", "3/1", "3/2"]) publisher.publish(`${long}/${path}`, "before");
    for (const subscriber of subscribers) subscriber.take();
    for (let round = 0; round < 2; round++) {
      publisher.send(
        ...["x", "y"].map((text, index) => publisher.message(long, text, { qos: 1, packetId: index + 1 })),
      );
    }
    const received = subscribers.map((subscriber) => subscriber.take());
    expect(received.map((packets) => packets.map(({ properties }) => properties.topicAlias))).toEqual([
      [1, 1, 1, 1],
      [2, 2, 2, 2],
      [3, 3, 3, 3],
    ]);
    for (const packets of received)
      expect(packets.every((packet) => packet.resolvedTopic === long)).toBe(true);
  });

  test("end with the connection: messages sent again, queued or retained have their topic again [MQTT-3.3.2-7]", () => {
    const test = new TestBroker();
    const stay = { sessionExpiryInterval: 600 };
    const first = subscriberOf(test, "a", 10, stay);
    first.client.subscribe(long, 1);
    const publisher = test.connect("publisher");
    for (const text of ["1", "2"]) publisher.publish(long, text, { qos: 1 });
    expect(first.take().map(({ topic }) => topic)).toEqual([long, ""]);
    first.client.cut();
    publisher.publish(long, "3", { qos: 1, retain: true });
    const client = test.open(5);
    client.connect("a", { cleanStart: false, properties: { ...stay, topicAliasMaximum: 10 } });
    const again = new Subscriber(client, 10);
    const packets = again.take();
    expect(packets.map(({ topic, dup }) => [topic, dup])).toEqual([
      [long, true],
      ["", true],
      ["", false],
    ]);
    const options = { qos: 1, noLocal: false, retainAsPublished: false, retainHandling: 0 } as const;
    client.send({
      type: "subscribe",
      version: 5,
      packetId: 9,
      subscriptions: [{ filter: long, ...options }],
      properties: { subscriptionIdentifiers: [5] },
    });
    expect(again.take()).toMatchObject([{ topic: "", resolvedTopic: long, retain: true }]);
    publisher.publish(long, "4");
    const [last] = again.take();
    expect(last).toMatchObject({ resolvedTopic: long, properties: { subscriptionIdentifiers: [5] } });
  });

  test("are not assigned by a message that is dropped", () => {
    const test = new TestBroker({ sendBuffer: 100 });
    const subscriber = subscriberOf(test, "a", 10);
    subscriber.client.subscribe("#");
    const publisher = test.connect("publisher");
    subscriber.client.isStuck = true;
    for (let index = 0; index < 3; index++) publisher.publish("some/other/topic", "x".repeat(60));
    publisher.publish(long, "lost");
    subscriber.client.drain();
    publisher.publish(long, "1");
    publisher.publish(long, "2");
    expect(subscriber.texts().slice(-2)).toEqual([`${long}: 1`, `${long}: 2`]);
    expect(test.broker.stats().dropped_slow_total).toBeGreaterThan(0);
  });

  test("are left out of a packet that only fits without one [MQTT-3.1.2-24]", () => {
    const test = new TestBroker();
    // Fixed header 2, topic 2 + 30, properties 1, payload 5: 40 bytes.
    for (const qos of [0, 1] as const) {
      const exact = subscriberOf(test, `exact${qos}`, 10, { maximumPacketSize: qos === 0 ? 40 : 42 });
      exact.client.subscribe(long, qos);
      const publisher = test.connect("publisher", 5);
      for (const text of ["12345", "67890"]) publisher.publish(long, text, { qos });
      expect(exact.take().map(({ topic, properties }) => [topic, properties.topicAlias])).toEqual([
        [long, undefined],
        [long, undefined],
      ]);
      publisher.publish(long, "1", { qos });
      publisher.publish(long, "67890", { qos });
      expect(exact.take().map(({ topic }) => topic)).toEqual([long, ""]);
      exact.client.cut();
    }
  });

  test("always resolve to the published topic", () => {
    const message = fc.record({
      topic: fc.constantFrom(long, "a", "another/topic", "third/topic", "fourth/topic", "fifth/topic"),
      qos: fc.constantFrom<Qos>(0, 1, 2),
      retain: fc.boolean(),
      repeat: fc.integer({ min: 1, max: 4 }),
      expiry: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(message, { maxLength: 30 }), fc.integer({ min: 1, max: 4 }), (all, maximum) => {
        const test = new TestBroker();
        const [plain, ...subscribers] = [0, maximum, 3].map((limit, index) => {
          const subscriber = subscriberOf(test, `c${index}`, limit);
          const { client } = subscriber;
          client.subscribe("#", index === 0 ? 2 : 1, { retainAsPublished: index === 2 });
          return subscriber;
        });
        const publisher = test.connect("publisher", 5);
        let id = 0;
        for (const { topic, qos, retain, repeat, expiry } of all) {
          const properties = expiry ? { messageExpiryInterval: 9 } : {};
          const packets = Array.from({ length: repeat }, () =>
            publisher.message(topic, String(id++ % 10), {
              qos,
              retain,
              properties,
              ...(qos > 0 && { packetId: id }),
            }),
          );
          publisher.send(...packets);
        }
        const expected = plain?.texts();
        for (const subscriber of subscribers) expect(subscriber.texts()).toEqual(expected ?? []);
      }),
      { numRuns: 100 },
    );
  });
});
