import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Version } from "../../../../src/protocol/mqtt/packet.ts";
import { topicMatches } from "../../../../src/protocol/mqtt/topic.ts";
import { JournalingStore } from "../support/journaling-store.ts";
import { LocalBus, type Member } from "../support/local-bus.ts";
import { TestBroker, TestClock } from "../support/test-broker.ts";

/** So many brokers, joined. */
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
  test.each([0, 1, 2] as const)("hand on what is published at QoS %p, each message once", async (qos) => {
    const scene = await nodes(3);
    const subscribers = scene.all.map(({ test }, index) => {
      const client = test.connect(`s${index}`, version);
      client.subscribe("t/+", qos);
      return client;
    });
    const publisher = at(scene, 0).test.connect("p", version);
    for (const text of ["1", "2", "3"]) {
      publisher.publish("t/x", text, { qos, ...(qos > 0 && { packetId: Number(text) }) });
    }
    scene.settle();
    for (const subscriber of subscribers) {
      const packets = subscriber.take();
      expect(packets).toMatchObject([1, 2, 3].map(() => ({ type: "publish", topic: "t/x", qos })));
      expect(
        packets.map((packet) => packet.type === "publish" && String(Buffer.from(packet.payload))),
      ).toEqual(["1", "2", "3"]);
    }
    // Nobody gave back what came from another node.
    expect(scene.all.map(({ end }) => end.published.length)).toEqual([3, 0, 0]);
  });

  test("hand on a run of messages as one piece", async () => {
    const scene = await nodes(2);
    const subscriber = at(scene, 1).test.connect("s", version);
    subscriber.subscribe("#", 1);
    const publisher = at(scene, 0).test.connect("p", version);
    const messages = Array.from({ length: 50 }, (_, index) =>
      publisher.message("t", String(100 + index), { qos: 1, packetId: index + 1 }),
    );
    publisher.send(...messages);
    scene.settle();
    expect(at(scene, 0).end.published).toHaveLength(1);
    expect(subscriber.messages()).toEqual(messages.map((_, index) => `t: ${100 + index}`));
    expect(publisher.take()).toHaveLength(50);
  });

  test("keep each other's retained messages, whether anybody has subscribed or not, and clear them", async () => {
    const scene = await nodes(2);
    const publisher = at(scene, 0).test.connect("p", version);
    publisher.publish("t", "kept", { retain: true });
    const subscriber = at(scene, 1).test.connect("s", version);
    subscriber.send({
      ...{ type: "subscribe", version, packetId: 1, properties: {} },
      subscriptions: [{ filter: "t", qos: 0, noLocal: false, retainAsPublished: false, retainHandling: 0 }],
    });
    const [, retained] = subscriber.take();
    expect(retained).toMatchObject({ type: "publish", topic: "t", retain: true });
    publisher.publish("t", "", { retain: true });
    expect(scene.all.map(({ test }) => test.broker.retained.size)).toEqual([0, 0]);
  });

  test("hand on wills", async () => {
    const scene = await nodes(2);
    const subscriber = at(scene, 1).test.connect("s", version);
    subscriber.subscribe("gone");
    const payload = new TextEncoder().encode("x");
    const will = { topic: "gone", payload, qos: 0 as const, retain: false, properties: {} };
    at(scene, 0).test.connect("p", version, { will }).cut();
    scene.settle();
    expect(subscriber.messages()).toEqual(["gone: x"]);
  });

  test("tell what their clients want, once for each filter, a shared one by its inner filter", async () => {
    const scene = await nodes(1);
    const { test, end } = at(scene, 0);
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
  test("keep properties and the time that a message has left", async () => {
    const scene = await nodes(2);
    const subscriber = at(scene, 1).test.connect("s", 5);
    subscriber.subscribe("t", 1);
    const properties = {
      ...{ messageExpiryInterval: 30, contentType: "text/plain", responseTopic: "back" },
      userProperties: [
        ["b", "1"],
        ["a", "2"],
      ] as [string, string][],
    };
    const publisher = at(scene, 0).test.connect("p", 5);
    publisher.publish("t", "x", { qos: 1, properties });
    scene.settle();
    expect(subscriber.next("publish").properties).toEqual(properties);
  });

  test("a publisher is not told that nobody hears when somebody elsewhere does", async () => {
    const scene = await nodes(2);
    const publisher = at(scene, 0).test.connect("p", 5);
    publisher.publish("t", "x", { qos: 1 });
    expect(publisher.next("puback").reasonCode).toBe(0x10);
    at(scene, 1).test.connect("s", 5).subscribe("t");
    publisher.publish("t", "x", { qos: 1 });
    expect(publisher.next("puback").reasonCode).toBe(0);
  });

  test("ask for nothing that nobody wants", async () => {
    const scene = await nodes(2);
    const { test, end } = at(scene, 0);
    at(scene, 1).test.connect("s").subscribe("a/#");
    const publisher = test.connect("p");
    publisher.publish("b", "x");
    expect(end.published).toEqual([]);
    publisher.publish("a/b", "x");
    expect(end.published).toHaveLength(1);
  });

  test("$SYS stays with its node", async () => {
    const scene = await nodes(2, { sysInterval: "1s" });
    for (const { test } of scene.all) test.connect("s", 5).subscribe("$SYS/#", 0, { retainHandling: 2 });
    at(scene, 0).test.clock.advance(5000);
    expect(scene.all.map(({ end }) => [end.published.length, end.filters.size])).toEqual([
      [0, 0],
      [0, 0],
    ]);
    const own = at(scene, 1).test.broker.retained.total;
    at(scene, 1).end.node?.deliver(Buffer.from("\x31\x0e\x00\x06$SYS/x\x00hello", "latin1"));
    expect(at(scene, 1).test.broker.retained.total).toBe(own);
  });

  test("a bus that fails harms nobody here, and is told of once until it works again", async () => {
    const scene = await nodes(2);
    const { test, end } = at(scene, 0);
    const far = at(scene, 1).test.connect("far", 5);
    far.subscribe("t", 1);
    end.isBroken = true;
    const near = test.connect("near", 5);
    near.subscribe("t", 1);
    const publisher = test.connect("p", 5);
    for (const [index, text] of ["1", "2"].entries()) {
      publisher.publish("t", text, { qos: 1, packetId: index + 1 });
      expect(publisher.next("puback").reasonCode).toBe(0);
    }
    expect(near.messages()).toEqual(["t: 1", "t: 2"]);
    const errors = () => test.log.filter((line) => line.startsWith("error"));
    expect(errors()).toEqual(["error Cannot reach the other nodes: the other nodes are out of reach"]);
    end.isBroken = false;
    publisher.publish("t", "3", { qos: 1, packetId: 3 });
    scene.settle();
    expect(far.messages()).toEqual(["t: 3"]);
    end.isBroken = true;
    publisher.publish("t", "4", { qos: 1, packetId: 4 });
    expect(errors()).toHaveLength(2);
  });

  test("a bus that is slow holds nobody up here, and brings all in its order", async () => {
    const scene = await nodes(2);
    const [near, far] = [0, 1].map((index) => {
      const client = at(scene, index).test.connect("s", 5);
      client.subscribe("t", 1);
      return client;
    });
    scene.bus.isSlow = true;
    const publisher = at(scene, 0).test.connect("p", 5);
    for (const id of [1, 2, 3]) publisher.publish("t", String(id), { qos: 1, packetId: id });
    expect([near?.messages(), far?.messages()]).toEqual([["t: 1", "t: 2", "t: 3"], []]);
    scene.bus.carry();
    scene.settle();
    expect(far?.messages()).toEqual(["t: 1", "t: 2", "t: 3"]);
  });

  test("what comes from the bus and is no PUBLISH is refused; what stood before it is delivered", async () => {
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

  test("sessions that the store kept are known to the other nodes before the first client comes", async () => {
    const clock = new TestClock();
    const store = new JournalingStore(clock);
    const first = new TestBroker({ sysInterval: 0 }, { clock, store });
    const kept = { cleanStart: false, properties: { sessionExpiryInterval: 600 } };
    first.connect("a", 5, kept).subscribe("t", 1);
    const bus = new LocalBus();
    const end = bus.member();
    const left = new JournalingStore(clock, store.committed);
    const test = new TestBroker({ sysInterval: 0 }, { clock, store: left, bus: end });
    expect([...end.filters]).toEqual([]);
    await test.broker.open();
    expect([...end.filters]).toEqual(["t"]);
  });

  test("leave when they stop", async () => {
    const scene = await nodes(2);
    const { test, end } = at(scene, 1);
    test.broker.stop();
    await test.broker.close();
    expect(scene.bus.othersThan(end)).toHaveLength(1);
  });
});

const where = fc.nat({ max: 2 });
const step = fc.oneof(
  fc.record({ does: fc.constant("publish" as const), where, topic: fc.constantFrom("a/x", "a/y", "b") }),
  fc.record({ does: fc.constant("subscribe" as const), where, filter: fc.constantFrom("a/+", "a/x", "#") }),
  fc.record({ does: fc.constant("unsubscribe" as const), where, filter: fc.constantFrom("a/+", "a/x", "#") }),
);

test("whoever has subscribed hears what is published anywhere, once and in order, as interest comes and goes", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60, size: "max" }), async (steps) => {
      const scene = await nodes(3);
      const clients = scene.all.map(({ test }) => test.connect("c", 5));
      const filters = clients.map(() => new Set<string>());
      const wanted: string[][] = clients.map(() => []);
      const heard: string[][] = clients.map(() => []);
      for (const [index, one] of steps.entries()) {
        const client = clients[one.where];
        if (client === undefined) continue;
        if (one.does === "publish") {
          client.publish(one.topic, String(index), { qos: 1, packetId: index + 1 });
          for (const [place, own] of filters.entries()) {
            const isWanted = [...own].some((filter) => topicMatches(filter, one.topic));
            if (isWanted) wanted[place]?.push(`${one.topic}: ${index}`);
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
        scene.settle();
        for (const [place, other] of clients.entries()) heard[place]?.push(...other.messages());
      }
      expect(heard).toEqual(wanted);
    }),
    { numRuns: 200 },
  );
});
