import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Version } from "../../../../src/protocol/mqtt/packet.ts";
import { topicMatches } from "../../../../src/protocol/mqtt/topic.ts";
import { JournalingStore } from "../support/journaling-store.ts";
import { LocalBus, type Member } from "../support/local-bus.ts";
import { TestBroker, TestClock } from "../support/test-broker.ts";

/** So many brokers, joined by one bus. */
async function nodes(count: number, config: Record<string, unknown> = {}) {
  const bus = new LocalBus();
  const all: { readonly test: TestBroker; readonly end: Member }[] = [];
  for (let index = 0; index < count; index++) {
    const end = bus.member();
    const test = new TestBroker({ sysInterval: 0, ...config }, { bus: end });
    await test.broker.open();
    all.push({ test, end });
  }
  const settle = () => {
    for (const { test } of all) test.clock.settle();
  };
  return { bus, all, settle };
}

type Nodes = Awaited<ReturnType<typeof nodes>>;
const at = ({ all }: Nodes, index: number) => {
  const node = all[index];
  if (node === undefined) throw new Error(`there is no node ${index}`);
  return node;
};

describe.each([3, 4, 5] as const)("brokers on one bus, version %p", (version: Version) => {
  test.each([0, 1, 2] as const)("forward each message at QoS %p once", async (qos) => {
    const cluster = await nodes(3);
    const subscribers = cluster.all.map(({ test }, index) => {
      const client = test.connect(`s${index}`, version);
      client.subscribe("t/+", qos);
      return client;
    });
    const publisher = at(cluster, 0).test.connect("p", version);
    for (const text of ["1", "2", "3"]) {
      publisher.publish("t/x", text, { qos, ...(qos > 0 && { packetId: Number(text) }) });
    }
    cluster.settle();
    for (const subscriber of subscribers) {
      const packets = subscriber.take();
      expect(packets).toMatchObject([1, 2, 3].map(() => ({ type: "publish", topic: "t/x", qos })));
      expect(
        packets.map((packet) => packet.type === "publish" && String(Buffer.from(packet.payload))),
      ).toEqual(["1", "2", "3"]);
    }
    // No node publishes again what came from the bus.
    expect(cluster.all.map(({ end }) => end.published.length)).toEqual([3, 0, 0]);
  });

  test("forward a publish run in one call", async () => {
    const cluster = await nodes(2);
    const subscriber = at(cluster, 1).test.connect("s", version);
    subscriber.subscribe("#", 1);
    const publisher = at(cluster, 0).test.connect("p", version);
    const messages = Array.from({ length: 50 }, (_, index) =>
      publisher.message("t", String(100 + index), { qos: 1, packetId: index + 1 }),
    );
    publisher.send(...messages);
    cluster.settle();
    expect(at(cluster, 0).end.published).toHaveLength(1);
    expect(subscriber.messages()).toEqual(messages.map((_, index) => `t: ${100 + index}`));
    expect(publisher.take()).toHaveLength(50);
  });

  test("replicate retained messages and their removal, with or without subscribers", async () => {
    const cluster = await nodes(2);
    const publisher = at(cluster, 0).test.connect("p", version);
    publisher.publish("t", "kept", { retain: true });
    const subscriber = at(cluster, 1).test.connect("s", version);
    subscriber.send({
      ...{ type: "subscribe", version, packetId: 1, properties: {} },
      subscriptions: [{ filter: "t", qos: 0, noLocal: false, retainAsPublished: false, retainHandling: 0 }],
    });
    const [, retained] = subscriber.take();
    expect(retained).toMatchObject({ type: "publish", topic: "t", retain: true });
    publisher.publish("t", "", { retain: true });
    expect(cluster.all.map(({ test }) => test.broker.retained.size)).toEqual([0, 0]);
  });

  test("forward wills", async () => {
    const cluster = await nodes(2);
    const subscriber = at(cluster, 1).test.connect("s", version);
    subscriber.subscribe("gone");
    const payload = new TextEncoder().encode("x");
    const will = { topic: "gone", payload, qos: 0 as const, retain: false, properties: {} };
    at(cluster, 0).test.connect("p", version, { will }).cut();
    cluster.settle();
    expect(subscriber.messages()).toEqual(["gone: x"]);
  });

  test("announce each subscribed filter once, a shared one by its inner filter", async () => {
    const cluster = await nodes(1);
    const { test, end } = at(cluster, 0);
    const clients = ["a", "b"].map((name) => test.connect(name, version));
    for (const client of clients) {
      for (const filter of ["a/+", "b", "$share/g/b", "$share/h/c/#", "$SYS/#"]) client.subscribe(filter);
    }
    expect([...end.filters].sort()).toEqual(["a/+", "b", "c/#"]);
    clients[0]?.cut();
    expect([...end.filters].sort()).toEqual(["a/+", "b", "c/#"]);
    clients[1]?.send({ type: "unsubscribe", version, packetId: 1, filters: ["b"], properties: {} });
    expect([...end.filters].sort()).toEqual(["a/+", "b", "c/#"]);
    clients[1]?.cut();
    expect([...end.filters]).toEqual([]);
  });
});

describe("brokers on one bus", () => {
  test("keep a message's properties and its remaining expiry interval", async () => {
    const cluster = await nodes(2);
    const subscriber = at(cluster, 1).test.connect("s", 5);
    subscriber.subscribe("t", 1);
    const properties = {
      ...{ messageExpiryInterval: 30, contentType: "text/plain", responseTopic: "back" },
      userProperties: [
        ["b", "1"],
        ["a", "2"],
      ] as [string, string][],
    };
    const publisher = at(cluster, 0).test.connect("p", 5);
    publisher.publish("t", "x", { qos: 1, properties });
    cluster.settle();
    expect(subscriber.next("publish").properties).toEqual(properties);
  });

  test("a publisher gets no 'no matching subscribers' when another node has one", async () => {
    const cluster = await nodes(2);
    const publisher = at(cluster, 0).test.connect("p", 5);
    publisher.publish("t", "x", { qos: 1 });
    expect(publisher.next("puback").reasonCode).toBe(0x10);
    at(cluster, 1).test.connect("s", 5).subscribe("t");
    publisher.publish("t", "x", { qos: 1 });
    expect(publisher.next("puback").reasonCode).toBe(0);
  });

  test("publish nothing on the bus without a subscriber on another node", async () => {
    const cluster = await nodes(2);
    const { test, end } = at(cluster, 0);
    at(cluster, 1).test.connect("s").subscribe("a/#");
    const publisher = test.connect("p");
    publisher.publish("b", "x");
    expect(end.published).toEqual([]);
    publisher.publish("a/b", "x");
    expect(end.published).toHaveLength(1);
  });

  test("$SYS topics stay on their node", async () => {
    const cluster = await nodes(2, { sysInterval: "1s" });
    for (const { test } of cluster.all) test.connect("s", 5).subscribe("$SYS/#", 0, { retainHandling: 2 });
    at(cluster, 0).test.clock.advance(5000);
    expect(cluster.all.map(({ end }) => [end.published.length, end.filters.size])).toEqual([
      [0, 0],
      [0, 0],
    ]);
    const own = at(cluster, 1).test.broker.retained.total;
    at(cluster, 1).end.node?.deliver(Buffer.from("\x31\x0e\x00\x06$SYS/x\x00hello", "latin1"));
    expect(at(cluster, 1).test.broker.retained.total).toBe(own);
  });

  test("a bus that fails does not affect local clients, and is logged once until it works again", async () => {
    const cluster = await nodes(2);
    const { test, end } = at(cluster, 0);
    const remote = at(cluster, 1).test.connect("remote", 5);
    remote.subscribe("t", 1);
    end.isBroken = true;
    const local = test.connect("local", 5);
    local.subscribe("t", 1);
    const publisher = test.connect("p", 5);
    for (const [index, text] of ["1", "2"].entries()) {
      publisher.publish("t", text, { qos: 1, packetId: index + 1 });
      expect(publisher.next("puback").reasonCode).toBe(0);
    }
    expect(local.messages()).toEqual(["t: 1", "t: 2"]);
    const errors = () => test.log.filter((line) => line.startsWith("error"));
    expect(errors()).toEqual(["error Cannot reach the other nodes: the other nodes are out of reach"]);
    end.isBroken = false;
    publisher.publish("t", "3", { qos: 1, packetId: 3 });
    cluster.settle();
    expect(remote.messages()).toEqual(["t: 3"]);
    end.isBroken = true;
    publisher.publish("t", "4", { qos: 1, packetId: 4 });
    expect(errors()).toHaveLength(2);
  });

  test("a slow bus does not delay local clients, and keeps the order of messages", async () => {
    const cluster = await nodes(2);
    const [local, remote] = [0, 1].map((index) => {
      const client = at(cluster, index).test.connect("s", 5);
      client.subscribe("t", 1);
      return client;
    });
    cluster.bus.isSlow = true;
    const publisher = at(cluster, 0).test.connect("p", 5);
    for (const id of [1, 2, 3]) publisher.publish("t", String(id), { qos: 1, packetId: id });
    expect([local?.messages(), remote?.messages()]).toEqual([["t: 1", "t: 2", "t: 3"], []]);
    cluster.bus.flush();
    cluster.settle();
    expect(remote?.messages()).toEqual(["t: 1", "t: 2", "t: 3"]);
  });

  test("an invalid packet from the bus is refused; the messages before it are delivered", async () => {
    const { test, end } = at(await nodes(1), 0);
    const client = test.connect("s", 5);
    client.subscribe("#");
    const publish = Buffer.from("\x30\x05\x00\x01t\x00x", "latin1");
    for (const wrong of [
      [0xc0, 0],
      [0x30, 5, 0],
      [0x30, 7, 0, 1, 0x74, 3, 0x23, 0, 1],
      [0x30, 4, 0, 1, 0x2b, 0],
    ]) {
      expect(() => end.node?.deliver(Buffer.concat([publish, Buffer.from(wrong)]))).toThrow();
      test.clock.settle();
      expect(client.messages()).toEqual(["t: x"]);
    }
  });

  test("subscriptions of restored sessions are announced before the first client connects", async () => {
    const clock = new TestClock();
    const store = new JournalingStore(clock);
    const first = new TestBroker({ sysInterval: 0 }, { clock, store });
    const kept = { cleanStart: false, properties: { sessionExpiryInterval: 600 } };
    first.connect("a", 5, kept).subscribe("t", 1);
    const bus = new LocalBus();
    const end = bus.member();
    const restored = new JournalingStore(clock, store.committed);
    const test = new TestBroker({ sysInterval: 0 }, { clock, store: restored, bus: end });
    expect([...end.filters]).toEqual([]);
    await test.broker.open();
    expect([...end.filters]).toEqual(["t"]);
  });

  test("leave the bus when they stop", async () => {
    const cluster = await nodes(2);
    const { test, end } = at(cluster, 1);
    test.broker.stop();
    await test.broker.close();
    expect(cluster.bus.othersThan(end)).toHaveLength(1);
  });
});

const where = fc.nat({ max: 2 });
const step = fc.oneof(
  fc.record({ does: fc.constant("publish" as const), where, topic: fc.constantFrom("a/x", "a/y", "b") }),
  fc.record({ does: fc.constant("subscribe" as const), where, filter: fc.constantFrom("a/+", "a/x", "#") }),
  fc.record({ does: fc.constant("unsubscribe" as const), where, filter: fc.constantFrom("a/+", "a/x", "#") }),
);

test("each subscriber receives what any node publishes, once and in order, while subscriptions change", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60, size: "max" }), async (steps) => {
      const cluster = await nodes(3);
      const clients = cluster.all.map(({ test }) => test.connect("c", 5));
      const filters = clients.map(() => new Set<string>());
      const expected: string[][] = clients.map(() => []);
      const received: string[][] = clients.map(() => []);
      for (const [index, one] of steps.entries()) {
        const client = clients[one.where];
        if (client === undefined) continue;
        if (one.does === "publish") {
          client.publish(one.topic, String(index), { qos: 1, packetId: index + 1 });
          for (const [place, own] of filters.entries()) {
            const isExpected = [...own].some((filter) => topicMatches(filter, one.topic));
            if (isExpected) expected[place]?.push(`${one.topic}: ${index}`);
          }
        } else if (one.does === "subscribe") {
          client.send({
            ...{ type: "subscribe", version: 5, packetId: 9, properties: {} },
            subscriptions: [
              { filter: one.filter, qos: 0, noLocal: false, retainAsPublished: false, retainHandling: 0 },
            ],
          });
          filters[one.where]?.add(one.filter);
        } else {
          const unsubscribe = { type: "unsubscribe", version: 5, packetId: 9, properties: {} } as const;
          client.send({ ...unsubscribe, filters: [one.filter] });
          filters[one.where]?.delete(one.filter);
        }
        cluster.settle();
        for (const [place, other] of clients.entries()) received[place]?.push(...other.messages());
      }
      expect(received).toEqual(expected);
    }),
    { numRuns: 200 },
  );
});
