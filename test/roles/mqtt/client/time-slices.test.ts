import { describe, expect, test } from "bun:test";
import { encode } from "../../../../src/protocol/mqtt/encode.ts";
import { Reason } from "../../../../src/protocol/mqtt/reason.ts";
import { TestBroker, type TestClient } from "../support/test-broker.ts";

/** Feeds bytes as one chunk, and ends no turn: what is deferred has not been called when this returns. */
const feed = (client: TestClient, bytes: Uint8Array) => client.connection.feed(new Uint8Array(bytes));

const repeat = (count: number, packet: (index: number) => Uint8Array) =>
  Buffer.concat(Array.from({ length: count }, (_, index) => packet(index)));

describe("a chunk that takes long", () => {
  /** Each look at the clock takes a millisecond: about a dozen of them are a slice. */
  function scene() {
    const test = new TestBroker();
    const client = test.connect("flood");
    const other = test.connect("other");
    test.clock.cost = 1;
    return { test, client, other };
  }

  const cases = [
    { name: "of many messages", count: 3000, topics: ["t", "u"] },
    { name: "of one message again and again", count: 100_000, topics: ["t"] },
  ];
  for (const { name, count, topics } of cases) {
    test(`${name} is handled in slices, while others are served, and loses nothing`, () => {
      const { test, client, other } = scene();
      other.subscribe("#");
      const sent = Array.from({ length: count }, (_, index) => `${topics[index % topics.length]}: ${index}`);
      feed(
        client,
        repeat(count, (index) => encode(client.message(topics[index % topics.length]!, String(index)))),
      );
      expect(client.isPaused).toBe(true);
      const turns: number[] = [];
      const received: string[] = [];
      for (let more = true; more; ) {
        more = test.clock.turn();
        const now = other.messages();
        turns.push(now.length);
        received.push(...now);
      }
      expect(received).toEqual(sent);
      // What two slices have sent may be written together.
      expect(Math.max(...turns)).toBeLessThan(count / 2);
      expect(client.isPaused).toBe(false);
    });
  }

  test("is handled in slices when each of a few messages has very many recipients", () => {
    const { test, client } = scene();
    for (let index = 0; index < 200; index++) {
      const subscriber = test.connect(`subscriber ${index}`);
      for (const topic of ["a", "b"]) subscriber.subscribe(topic);
    }
    feed(
      client,
      repeat(40, (index) => encode(client.message(index % 2 === 0 ? "a" : "b", "x"))),
    );
    expect(client.isPaused).toBe(true);
    test.clock.settle();
    expect(client.isPaused).toBe(false);
  });

  test("is handled in slices when each of a few packets is long", () => {
    const { test, client } = scene();
    const subscriptions = Array.from({ length: 1000 }, (_, index) => ({
      ...subscription,
      filter: `${index}`,
    }));
    feed(
      client,
      repeat(40, () => encode({ type: "subscribe", version: 4, packetId: 7, properties: {}, subscriptions })),
    );
    expect(client.isPaused).toBe(true);
    test.clock.settle();
    expect(client.take()).toHaveLength(40);
  });

  test("keeps its order with what comes in the meantime", () => {
    const { test, client } = scene();
    feed(
      client,
      repeat(2000, () => encode({ type: "pingreq", version: 4 })),
    );
    feed(
      client,
      encode({ type: "subscribe", version: 4, packetId: 7, properties: {}, subscriptions: [subscription] }),
    );
    test.clock.settle();
    const types = client.take().map(({ type }) => type);
    expect([types.length, types.indexOf("suback")]).toEqual([2001, 2000]);
  });

  test("is dropped with its client", () => {
    const { test, client } = scene();
    feed(
      client,
      repeat(3000, () => encode({ type: "pingreq", version: 4 })),
    );
    client.cut();
    test.clock.settle();
    expect(test.broker.stats()).toMatchObject({ connections: 1, receive_buffer_bytes: 0 });
  });
});

const subscription = {
  filter: "a",
  qos: 0,
  noLocal: false,
  retainAsPublished: false,
  retainHandling: 0,
} as const;

describe("a packet that would take long to decode", () => {
  const filters = (count: number) => repeat(count, () => Uint8Array.of(0, 1, 0x61, 0));

  function packet(first: number, body: Uint8Array): Buffer {
    const length: number[] = [];
    for (let left = body.length; ; ) {
      length.push((left & 0x7f) | (left >= 0x80 ? 0x80 : 0));
      left >>>= 7;
      if (left === 0) break;
    }
    return Buffer.concat([Uint8Array.of(first, ...length), body]);
  }

  test.each([
    ["SUBSCRIBE", 0x82, Buffer.concat([Buffer.of(0, 1, 0), filters(16_001)])],
    ["UNSUBSCRIBE", 0xa2, Buffer.concat([Buffer.of(0, 1, 0), repeat(16_001, () => Buffer.of(0, 1, 0x61))])],
  ])("%s with more than 16,000 filters ends its connection", (type, first, body) => {
    const client = new TestBroker().connect("a", 5);
    client.sendBytes(packet(first, body));
    const { reasonCode, properties } = client.next("disconnect");
    expect([reasonCode, properties.reasonString]).toEqual([
      Reason.QuotaExceeded,
      `${type} names more than 16000 topic filters`,
    ]);
  });

  test("PUBLISH with more than 10,000 user properties ends its connection", () => {
    const client = new TestBroker().connect("a", 5);
    const properties = repeat(10_001, () => Buffer.of(0x26, 0, 0, 0, 0));
    const length = Buffer.of(
      (properties.length & 0x7f) | 0x80,
      ((properties.length >> 7) & 0x7f) | 0x80,
      properties.length >> 14,
    );
    client.sendBytes(packet(0x30, Buffer.concat([Buffer.of(0, 1, 0x61), length, properties])));
    expect(client.next("disconnect").reasonCode).toBe(Reason.QuotaExceeded);
  });

  test("16,000 filters are taken, as far as maxSubscriptions goes", () => {
    const test = new TestBroker({ maxSubscriptions: 10 });
    const client = test.connect("a", 4);
    client.sendBytes(packet(0x82, Buffer.concat([Buffer.of(0, 1), filters(16_000)])));
    test.clock.settle();
    expect(client.next("suback").reasonCodes).toHaveLength(16_000);
  });
});
