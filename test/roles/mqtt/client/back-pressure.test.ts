import { describe, expect, spyOn, test } from "bun:test";
import type { Link } from "../../../../src/roles/mqtt/wire/link.ts";
import { Flusher, maxGathered, OutboundBuffer } from "../../../../src/roles/mqtt/wire/outbound-buffer.ts";
import { JournalingStore } from "../support/journaling-store.ts";
import { TestBroker, type TestClient, TestClock } from "../support/test-broker.ts";

describe("a subscriber that does not read", () => {
  const config = { sendBuffer: 1000, maxQueuedMessages: 50 };

  function setup() {
    const test = new TestBroker(config);
    const slow = test.connect("slow");
    const quick = test.connect("quick");
    for (const client of [slow, quick]) client.subscribe("q0");
    for (const client of [slow, quick]) client.subscribe("q1", 1);
    slow.isStuck = true;
    return { test, slow, quick, publisher: test.connect("publisher") };
  }

  test("loses QoS 0 messages, which are counted, and its buffer grows no further", () => {
    const { test, slow, quick, publisher } = setup();
    for (let index = 0; index < 100; index++) publisher.publish("q0", "x".repeat(100));
    expect(quick.messages()).toHaveLength(100);
    expect(slow.buffered).toBeLessThan(1000 + 2 * 110);
    const dropped = test.broker.stats().dropped_total ?? 0;
    expect(dropped).toBeGreaterThan(80);
    slow.drain();
    expect(slow.messages()).toHaveLength(100 - dropped);
    publisher.publish("q0", "again");
    expect(slow.messages()).toEqual(["q0: again"]);
  });

  test("receives its QoS 1 messages in order when it reads again, up to the limit of its queue", () => {
    const { test, slow, quick, publisher } = setup();
    for (let index = 0; index < 100; index++) {
      publisher.publish("q1", `${index} ${"x".repeat(100)}`, { qos: 1, packetId: index + 1 });
    }
    expect(quick.messages()).toHaveLength(100);
    expect(slow.buffered).toBeLessThan(1000 + 2 * 120);
    const dropped = test.broker.stats().dropped_total ?? 0;
    expect(dropped).toBeGreaterThan(30);
    const numbers: number[] = [];
    for (let round = 0; round < 20; round++) {
      slow.drain();
      for (const message of slow.messages()) numbers.push(Number.parseInt(message.slice(4), 10));
    }
    expect(numbers).toEqual(Array.from({ length: 100 - dropped }, (_, index) => index));
  });

  test("shares maxSendBuffers with all others: many slow ones get a smaller buffer each", () => {
    const test = new TestBroker({ sendBuffer: "1MiB", maxSendBuffers: "1MiB" });
    const slow = Array.from({ length: 10 }, (_, index) => test.connect(`slow${index}`));
    for (const client of slow) {
      client.subscribe("t");
      client.isStuck = true;
    }
    const publisher = test.connect("publisher");
    for (let index = 0; index < 100; index++) publisher.publish("t", "x".repeat(10_000));
    const waiting = slow.reduce((sum, { buffered }) => sum + buffered, 0);
    expect(waiting).toBeGreaterThan(1024 * 1024);
    expect(waiting).toBeLessThan(1.2 * 1024 * 1024);
    for (const client of slow) client.cut();
    expect(test.broker.flusher.backlog).toBe(0);
  });

  test("does not slow the publisher down", () => {
    const { publisher } = setup();
    for (let index = 0; index < 100; index++) publisher.publish("q0", "x".repeat(100));
    expect(publisher.isPaused).toBe(false);
  });
});

test("what had to wait for a write that a transaction deferred is sent once that is written, though nothing drains", () => {
  const clock = new TestClock();
  const test = new TestBroker(
    { sendBuffer: 1000, sysInterval: 0 },
    { clock, store: new JournalingStore(clock) },
  );
  const client = test.connect("a", 4, { cleanStart: false });
  client.subscribe("t", 1);
  const publisher = test.connect("publisher");
  // The first one is more than is gathered: while the transaction is open it counts as not taken by the network.
  const texts = ["x".repeat(maxGathered + 1), "second", "third"];
  publisher.send(
    ...texts.map((text, index) => publisher.message("t", text, { qos: 1, packetId: index + 1 })),
  );
  expect(client.messages()).toEqual(texts.map((text) => `t: ${text}`));
  expect(test.broker.stats()).toMatchObject({ queued_messages: 0, dropped_total: 0 });
});

describe("a store that is slow", () => {
  async function scene(config: Record<string, unknown> = {}) {
    const clock = new TestClock();
    const store = new JournalingStore(clock);
    const test = new TestBroker({ sysInterval: 0, ...config }, { clock, store });
    await test.broker.open();
    const absent = test.connect("absent", 4, { cleanStart: false });
    absent.subscribe("t", 1);
    absent.cut();
    return { clock, store, test, publisher: test.connect("publisher") };
  }

  test("has clients wait that change more than it makes durable, and loses nothing of what they send meanwhile", async () => {
    const { store, publisher, test } = await scene();
    store.isBehind = true;
    publisher.publish("t", "1", { qos: 1, packetId: 1 });
    expect(publisher.isPaused).toBe(true);
    const other = test.connect("other");
    other.publish("u", "nobody keeps this");
    expect(other.isPaused).toBe(false);
    publisher.publish("t", "2", { qos: 1, packetId: 2 });
    expect(publisher.take().map((packet) => "packetId" in packet && packet.packetId)).toEqual([1]);
    store.sync();
    expect(publisher.isPaused).toBe(true);
    store.isBehind = false;
    store.sync();
    test.clock.settle();
    expect(publisher.isPaused).toBe(false);
    expect(publisher.take().map((packet) => "packetId" in packet && packet.packetId)).toEqual([2]);
  });

  test("keeps acknowledgements and deliveries at QoS 2 back, and no delivery at QoS 1", async () => {
    const { store, publisher, test } = await scene();
    const subscriber = test.connect("subscriber", 4, { cleanStart: false });
    subscriber.subscribe("t", 2);
    test.clock.settle();
    subscriber.take();
    store.isSlow = true;
    const publish = (qos: 1 | 2, packetId: number) =>
      publisher.send(publisher.message("t", `at ${qos}`, { qos, packetId }));
    publish(1, 1);
    expect([publisher.take(), subscriber.take()]).toMatchObject([[], [{ type: "publish", packetId: 1 }]]);
    // Nobody is told of an acknowledgement that has come: what goes out behind it waits for nothing either.
    subscriber.send({ type: "puback", version: 4, packetId: 1, reasonCode: 0, properties: {} });
    publish(1, 2);
    expect(subscriber.take()).toMatchObject([{ type: "publish", packetId: 2 }]);
    publish(2, 3);
    expect(subscriber.take()).toEqual([]);
    store.sync();
    test.clock.settle();
    store.sync();
    test.clock.settle();
    expect(subscriber.take()).toMatchObject([{ type: "publish", qos: 2, packetId: 3 }]);
    expect(publisher.take().map(({ type }) => type)).toEqual(["puback", "puback", "pubrec"]);
  });

  test("keeps a client unread whose answers wait for it, whatever the network says", async () => {
    const { store, publisher, test } = await scene({ sendBuffer: 100 });
    store.isSlow = true;
    const many = Array.from({ length: 60 }, (_, index) =>
      publisher.message("t", "x", { qos: 1, packetId: index + 1 }),
    );
    publisher.send(...many);
    publisher.send(publisher.message("t", "x", { qos: 1, packetId: 100 }));
    expect([publisher.isPaused, publisher.take()]).toEqual([true, []]);
    publisher.connection.drained();
    expect(publisher.isPaused).toBe(true);
    for (let turn = 0; turn < 3; turn++) {
      store.sync();
      test.clock.settle();
    }
    expect([publisher.isPaused, publisher.take().length]).toEqual([false, 61]);
  });
});

test("a client that does not read its answers is not read until it does", () => {
  const test = new TestBroker({ sendBuffer: 100 });
  const client = test.connect("a");
  client.isStuck = true;
  const pings = Array.from({ length: 200 }, () => ({ type: "pingreq", version: 4 }) as const);
  client.send(...pings);
  expect(client.isPaused).toBe(false);
  client.send({ type: "pingreq", version: 4 });
  expect(client.isPaused).toBe(true);
  client.drain();
  expect(client.isPaused).toBe(false);
});

test("a disconnected client that does not read is waited for a moment, and no longer", () => {
  const test = new TestBroker({ sendBuffer: 100 });
  const client = test.connect("a");
  client.isStuck = true;
  client.send({ type: "pingreq", version: 4 });
  client.sendBytes(new Uint8Array([0xf1, 0]));
  test.clock.advance(4000);
  expect(client.state).toBe("ended");
  test.clock.advance(2500);
  expect(client.state).toBe("destroyed");
});

test.each([
  ["takes over its session", (test: TestBroker) => void test.connect("slow", 5)],
  ["stops", (test: TestBroker) => test.broker.stop()],
])("a client with bytes waiting reads its last packets when the broker %s", (_, close) => {
  const test = new TestBroker();
  const client = test.connect("slow", 5);
  client.subscribe("a");
  client.isStuck = true;
  test.connect("publisher", 5).publish("a", "the last one");
  close(test);
  expect(client.state).toBe("ended");
  client.isStuck = false;
  client.drain();
  expect(client.take().map(({ type }) => type)).toEqual(["publish", "disconnect"]);
  client.cut();
  test.clock.advance(10_000);
});

describe("an error in one client's output", () => {
  test("leaves the others theirs, is logged once and counted", () => {
    const test = new TestBroker();
    const clients = ["a", "b", "c"].map((name) => test.connect(name));
    for (const client of clients) client.subscribe("t");
    const [first, second, third] = clients as [TestClient, TestClient, TestClient];
    const write = first.connection.peer.write;
    first.connection.peer.write = () => {
      throw new Error("a broken pipe");
    };
    const publisher = test.connect("publisher");
    publisher.publish("t", "one");
    publisher.publish("t", "two");
    expect([second.messages(), third.messages()]).toEqual([
      ["t: one", "t: two"],
      ["t: one", "t: two"],
    ]);
    expect(test.log.filter((line) => line.includes("a broken pipe"))).toHaveLength(1);
    expect(test.broker.stats().internal_errors_total).toBe(2);
    first.connection.peer.write = write;
    publisher.publish("t", "three");
    expect(first.messages()).toEqual(["t: three"]);
  });

  test("does not keep a durable store from committing what came with it", async () => {
    const clock = new TestClock();
    const store = new JournalingStore(clock);
    const test = new TestBroker({ sysInterval: 0 }, { store, clock });
    await test.broker.open();
    const absent = test.connect("absent", 4, { cleanStart: false });
    absent.subscribe("t", 1);
    absent.cut();
    const record = spyOn(test.broker.statistics, "record").mockImplementation(() => {
      throw new Error("an observer fails");
    });
    const publisher = test.connect("publisher");
    expect(() => publisher.publish("t", "lost", { qos: 1 })).toThrow("an observer fails");
    record.mockRestore();
    expect(test.broker.gate.isOpen).toBe(false);
    publisher.publish("t", "kept", { qos: 1 });
    expect(store.changes).toEqual([]);
    expect(store.committed).toContain('"deliver","absent"');
  });
});

test("retained messages are sent as fast as the client reads them", () => {
  const test = new TestBroker({ sendBuffer: 10_000 });
  const publisher = test.connect("publisher");
  for (let index = 0; index < 3000; index++)
    publisher.publish(`t/${index}`, "x".repeat(20), { retain: true });
  const client = test.connect("a");
  client.isStuck = true;
  client.send({
    type: "subscribe",
    version: 4,
    packetId: 1,
    subscriptions: [{ filter: "#", qos: 0, noLocal: false, retainAsPublished: false, retainHandling: 0 }],
    properties: {},
  });
  expect(client.buffered).toBeLessThan(200_000);
  let received = 0;
  for (let round = 0; round < 100 && received < 3000; round++) {
    client.drain();
    received += client.messages().length;
  }
  expect(received).toBe(3000);
  expect(test.broker.stats().dropped_total).toBe(0);
});

describe("the output of one turn of the event loop", () => {
  function output(budget?: number) {
    const written: Buffer[] = [];
    const turns: (() => void)[] = [];
    const flusher = new Flusher((call) => turns.push(call), budget);
    const link: Link = {
      write: (bytes) => written.push(Buffer.from(bytes)),
      buffered: 0,
      pause() {},
      resume() {},
      end() {},
      destroy() {},
    };
    const endTurn = () => {
      for (const turn of turns.splice(0)) turn();
    };
    return { written, flusher, endTurn, make: () => new OutboundBuffer(link, flusher) };
  }

  test("is one write, however many packets were sent", () => {
    const { written, endTurn, make } = output();
    const one = make();
    for (let index = 0; index < 1000; index++) one.append(Buffer.from(`message ${index};`));
    expect(written).toEqual([]);
    endTurn();
    expect(written).toHaveLength(1);
    expect(String(written[0]).split(";")).toHaveLength(1001);
  });

  test("is complete and in order when it is larger than any buffer", () => {
    const { written, endTurn, make } = output();
    const one = make();
    const parts = [10, 5000, 200_000, 3, 70_000, 70_000, 400_000, 1].map((size, index) =>
      Buffer.alloc(size, index),
    );
    for (const part of parts) one.append(part);
    endTurn();
    expect(Buffer.concat(written).equals(Buffer.concat(parts))).toBe(true);
  });

  test("is written early when very many connections have output", () => {
    const { written, make } = output(10_000);
    const outputs = Array.from({ length: 20 }, () => make());
    for (const each of outputs) each.append(Buffer.from("hello"));
    expect(written.length).toBeGreaterThan(10);
  });

  test("releases its buffer once it has been written", () => {
    const { endTurn, make } = output();
    const one = make();
    one.append(Buffer.from("hello"));
    expect(one.bytes.length).toBeGreaterThan(0);
    endTurn();
    expect(one.bytes.length).toBe(0);
  });
});
