import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Version } from "../../../../src/protocol/mqtt/packet.ts";
import { JournalingStore } from "../support/journaling-store.ts";
import { snapshot } from "../support/snapshot.ts";
import { TestBroker, type TestClient, TestClock } from "../support/test-broker.ts";

const settings = { sysInterval: 0 };

function start(config: Record<string, unknown> = {}) {
  const clock = new TestClock();
  const store = new JournalingStore(clock);
  return { clock, store, config, test: new TestBroker({ ...settings, ...config }, { clock, store }) };
}

/** The broker crashes, and another one starts from what its store has committed, `down` milliseconds later. */
async function crash({ clock, store, config }: ReturnType<typeof start>, down = 0) {
  const later = new TestClock();
  later.advance(clock.now() + down);
  const restored = new JournalingStore(later, store.committed);
  const test = new TestBroker({ ...settings, ...config }, { clock: later, store: restored });
  await test.broker.open();
  return { clock: later, store: restored, config, test };
}

const lasting = (version: Version, seconds = 3600) => ({
  cleanStart: false,
  properties: version === 5 ? { sessionExpiryInterval: seconds } : {},
});

function reconnect(test: TestBroker, clientId: string, version: Version): TestClient {
  const client = test.open(version);
  client.connect(clientId, lasting(version));
  return client;
}

const ack = (type: "puback" | "pubrec" | "pubrel" | "pubcomp", version: Version, packetId: number) => ({
  ...{ type, version, packetId, reasonCode: 0, properties: {} },
});

describe.each([3, 4, 5] as const)("what a durable store keeps, version %p", (version: Version) => {
  test("a session is restored with its subscriptions, messages in flight and queue, in order", async () => {
    const setup = start({ maxInflight: 3 });
    const client = setup.test.connect("a", version, lasting(version));
    client.subscribe("t/#", 2);
    const publisher = setup.test.connect("b", version);
    for (const [index, qos] of ([1, 2, 2, 1, 2] as const).entries()) {
      publisher.publish("t/x", `m${index}`, { qos, packetId: index + 1 });
    }
    client.send(ack("pubrec", version, 2));
    const { test } = await crash(setup);
    const again = reconnect(test, "a", version);
    const [connack, ...packets] = again.take();
    expect(connack).toMatchObject({ type: "connack", sessionPresent: version !== 3 });
    expect(packets).toMatchObject([
      { type: "pubrel", packetId: 2 },
      { type: "publish", packetId: 1, dup: true, qos: 1 },
      { type: "publish", packetId: 3, dup: true, qos: 2 },
    ]);
    again.send(ack("puback", version, 1), ack("pubcomp", version, 2));
    expect(again.messages()).toEqual(["t/x: m3", "t/x: m4"]);
    test.connect("c", version).publish("t/y", "new", { qos: 0 });
    expect(again.messages()).toEqual(["t/y: new"]);
  });

  test("messages of one chunk keep their packet identifiers, also where those do not follow each other", async () => {
    const setup = start();
    const client = setup.test.connect("a", version, lasting(version));
    client.subscribe("t", 1);
    // These two are in use, and the next identifier is the one after the last.
    for (const id of [1, 65_533]) setup.test.broker.sessions.get("a")?.inflight.restore(id, undefined);
    const publisher = setup.test.connect("b", version);
    const texts = ["m0", "m1", "m2", "m3"];
    publisher.send(...texts.map((text, i) => publisher.message("t", text, { qos: 1, packetId: i + 1 })));
    const ids = [65_534, 65_535, 2, 3];
    expect(client.take().map((packet) => "packetId" in packet && packet.packetId)).toEqual(ids);
    const { test } = await crash(setup);
    const again = reconnect(test, "a", version);
    const sent = again.take().filter((packet) => packet.type === "publish");
    expect(sent.map(({ packetId, payload }) => [packetId, Buffer.from(payload).toString()])).toEqual(
      ids.map((id, i) => [id, texts[i]]),
    );
  });

  test("a QoS 2 message that was received before a crash is not delivered twice [MQTT-4.3.3-10]", async () => {
    const setup = start();
    setup.test.connect("s", version, lasting(version)).subscribe("t", 2);
    const publisher = setup.test.connect("p", version, lasting(version));
    publisher.publish("t", "once", { qos: 2, packetId: 7 });
    expect(publisher.next("pubrec").packetId).toBe(7);
    const { test } = await crash(setup);
    const again = reconnect(test, "p", version);
    again.take();
    again.publish("t", "once", { qos: 2, packetId: 7, dup: true });
    again.send(ack("pubrel", version, 7));
    expect(again.take().map(({ type }) => type)).toEqual(["pubrec", "pubcomp"]);
    expect(reconnect(test, "s", version).messages()).toEqual(["t: once"]);
  });

  test("a session that ends with its connection is not stored", () => {
    const { store, test } = start();
    const client = test.connect("a", version);
    client.subscribe("#", 2);
    client.publish("t", "1", { qos: 1 });
    client.publish("t", "2", { qos: 2, packetId: 2 });
    client.send(ack("pubrel", version, 2));
    client.cut();
    expect([store.commits, store.changes]).toEqual([0, []]);
  });

  test("a message assigned to a member of a shared subscription can go to another member after a crash", async () => {
    const setup = start();
    setup.test.connect("a", version, lasting(version)).subscribe("$share/g/t", 1);
    setup.test.connect("p", version).publish("t", "work", { qos: 1 });
    const { test } = await crash(setup);
    const other = test.connect("other", version);
    const subscriptions = [{ ...request, filter: "$share/g/t" }];
    other.send({ type: "subscribe", version, packetId: 1, properties: {}, subscriptions });
    expect(other.messages()).toEqual(["t: work"]);
  });
});

describe("what a durable store keeps", () => {
  test("an offline session expires on time, the time without a broker included", async () => {
    const setup = start();
    setup.test.connect("a", 5, lasting(5, 100)).cut();
    setup.clock.advance(30_000);
    const { test, clock } = await crash(setup, 30_000);
    expect(test.broker.sessions.has("a")).toBe(true);
    clock.advance(39_000);
    expect(test.broker.sessions.has("a")).toBe(true);
    clock.advance(2000);
    expect(test.broker.sessions.has("a")).toBe(false);
    const next = await crash(await crash(setup, 30_000), 71_000);
    expect(next.test.broker.sessions.has("a")).toBe(false);
    next.store.commit();
    expect((await next.store.load()).sessions).toEqual([]);
  });

  test("a session whose client was connected has its whole expiry interval after the restart", async () => {
    const setup = start();
    setup.test.connect("a", 5, lasting(5, 100));
    const { test, clock } = await crash(setup, 1_000_000);
    clock.advance(99_000);
    expect(test.broker.sessions.has("a")).toBe(true);
    clock.advance(2000);
    expect(test.broker.sessions.has("a")).toBe(false);
  });

  test("messages expire while the broker is down", async () => {
    const setup = start();
    const publisher = setup.test.connect("p", 5);
    for (const seconds of [10, 100]) {
      const properties = { messageExpiryInterval: seconds };
      publisher.publish(`t/${seconds}`, "x", { retain: true, properties });
    }
    const { test } = await crash(setup, 40_000);
    const client = test.connect("a", 5);
    client.send({ type: "subscribe", version: 5, packetId: 1, properties: {}, subscriptions: [all] });
    const [, ...messages] = client.take();
    expect(messages).toMatchObject([{ topic: "t/100", properties: { messageExpiryInterval: 60 } }]);
    expect(test.broker.retained.size).toBe(1);
  });

  test("a queued message that expired, and one that went to another member of its group, are removed", async () => {
    const setup = start();
    for (const name of ["a", "b"]) {
      const client = setup.test.connect(name, 5, lasting(5));
      client.subscribe("$share/g/t", 1);
      client.subscribe("u", 1);
      client.cut();
    }
    const publisher = setup.test.connect("p", 5);
    const properties = { messageExpiryInterval: 10 };
    publisher.publish("u", "expires", { qos: 1, properties });
    publisher.publish("t", "1", { qos: 1, packetId: 2 });
    publisher.publish("t", "2", { qos: 1, packetId: 3 });
    setup.clock.advance(20_000);
    const [first, second] = [reconnect(setup.test, "a", 5), await crash(setup)];
    expect(first.messages().sort()).toEqual(["t: 1", "t: 2"]);
    const kept = snapshot(second.test.broker).sessions;
    expect(kept.map(({ queue, sent }) => [queue.length, sent.length])).toEqual([
      [0, 2],
      [1, 0],
    ]);
    expect(snapshot(setup.test.broker).sessions).toEqual(kept);
  });

  test("a QoS 2 message that the subscriber has refused does not come back after a crash [MQTT-4.3.3-4]", async () => {
    const setup = start();
    const client = setup.test.connect("a", 5, lasting(5));
    client.subscribe("t", 2);
    const publisher = setup.test.connect("p", 5);
    publisher.publish("t", "refused", { qos: 2, packetId: 1 });
    publisher.publish("t", "kept", { qos: 2, packetId: 2 });
    client.send({ ...ack("pubrec", 5, 1), reasonCode: 0x80 });
    const { test } = await crash(setup);
    expect(reconnect(test, "a", 5).messages()).toEqual(["t: kept"]);
  });

  test("the session that has been offline longest is still evicted first", async () => {
    const setup = start({ maxSessions: 3 });
    for (const name of ["b", "c", "a"]) {
      setup.test.connect(name, 5, lasting(5)).cut();
      setup.clock.advance(1000);
    }
    reconnect(setup.test, "b", 5).cut();
    const { test } = await crash(setup, 1000);
    test.connect("new", 5);
    expect([...test.broker.sessions.keys()].sort()).toEqual(["a", "b", "new"]);
    test.connect("newer", 5);
    expect([...test.broker.sessions.keys()].sort()).toEqual(["b", "new", "newer"]);
  });

  test("a restart does not begin the expiry of a session anew", async () => {
    const setup = start();
    setup.test.connect("a", 5, lasting(5, 100)).cut();
    setup.clock.settle();
    const first = await crash(setup, 60_000);
    expect([...first.test.broker.sessions.keys()]).toEqual(["a"]);
    first.clock.settle();
    const second = await crash(first, 60_000);
    expect([...second.test.broker.sessions.keys()]).toEqual([]);
  });

  test("the expiry of a client that was connected when the broker ended begins with the next start", async () => {
    const setup = start();
    setup.test.connect("a", 5, lasting(5, 100));
    const first = await crash(setup, 60_000);
    first.clock.settle();
    const second = await crash(first, 90_000);
    expect([...second.test.broker.sessions.keys()]).toEqual(["a"]);
    const third = await crash(second, 20_000);
    expect([...third.test.broker.sessions.keys()]).toEqual([]);
  });

  test("a message for several sessions is passed to the store as one object", () => {
    const { test, store } = start();
    const seen: unknown[] = [];
    store.deliver = (_, { message }) => seen.push(message);
    for (const name of ["a", "b", "c"]) test.connect(name, 5, lasting(5)).subscribe("t", 1);
    test.connect("p", 5).publish("t", "x", { qos: 1 });
    expect(seen).toHaveLength(3);
    expect(new Set(seen).size).toBe(1);
  });

  test("$SYS topics are not stored", () => {
    const { store, clock } = start({ sysInterval: "1s" });
    clock.advance(3000);
    expect([store.commits, store.changes]).toEqual([0, []]);
  });

  test("the store is closed once, after the last commit", async () => {
    const { test, store } = start();
    test.connect("a", 5, lasting(5));
    test.broker.stop();
    await Promise.all([test.broker.close(), test.broker.close()]);
    expect([store.closed, store.changes]).toEqual([1, []]);
    expect(store.committed).toContain('["setAway","a",true');
  });
});

describe("a commit", () => {
  test("happens once per turn of the event loop, before the turn's output is written", () => {
    const { test, store, clock } = start();
    const client = test.connect("a", 5, lasting(5));
    const seen: unknown[] = [];
    client.connection.peer.write = () => seen.push([store.commits, store.changes]);
    const before = store.commits;
    client.connection.feed(subscribeBytes);
    expect(store.changes).toEqual(["subscribe"]);
    expect(seen).toEqual([]);
    clock.settle();
    expect(seen).toEqual([[before + 1, []]]);
  });

  test("happens before an early write, and never between the deliveries of one message", () => {
    const { test, store } = start();
    const names = ["a", "b", "c"];
    const all = names.map((name) => test.connect(name, 5, lasting(5)));
    for (const client of all) client.subscribe("t", 1);
    const publisher = test.connect("p", 5, lasting(5));
    const text = "x".repeat(300_000);
    const commits: string[][] = [];
    const { commit } = store;
    store.commit = () => {
      if (store.changes.length > 0) commits.push(store.changes);
      commit.call(store);
    };
    publisher.publish("t", text, { qos: 2, packetId: 1 });
    expect(commits).toEqual([["received", "deliver", "deliver", "deliver"]]);
    for (const client of all) expect(client.messages()).toEqual([`t: ${text}`]);
    expect(publisher.next("pubrec").packetId).toBe(1);
  });

  test.each([
    ["DISCONNECT", { type: "disconnect", version: 5, reasonCode: 0, properties: {} }],
    ["a protocol error", { type: "pingresp", version: 5 }],
  ] as const)("by %s in the chunk of a QoS 2 message has its identifier and its deliveries", (_, last) => {
    const { test, store } = start();
    test.connect("s", 5, lasting(5)).subscribe("t", 1);
    const publisher = test.connect("p", 5, lasting(5));
    const commits: string[][] = [];
    const { commit } = store;
    store.commit = () => {
      if (store.changes.length > 0) commits.push(store.changes);
      commit.call(store);
    };
    publisher.send(publisher.message("t", "x", { qos: 2, packetId: 1 }), last);
    expect(commits[0]).toEqual(["received", "deliver"]);
    expect(publisher.state).toBe("ended");
  });

  test("that fails stops all output: no client sees what a crash could undo", () => {
    const { test, store } = start();
    const client = test.connect("a", 5, lasting(5));
    store.isBroken = true;
    client.send({ type: "subscribe", version: 5, packetId: 1, properties: {}, subscriptions: [request] });
    expect(client.take()).toEqual([]);
    client.send({ type: "pingreq", version: 5 });
    expect(client.take()).toEqual([]);
    expect(test.failures.map(({ message, cause }) => [message, String(cause)])).toEqual([
      ["The store failed to commit", "Error: the disk is full"],
    ]);
  });
});

const request = { filter: "t", qos: 1, noLocal: false, retainAsPublished: false, retainHandling: 0 } as const;
const all = { ...request, filter: "#" };
const subscribeBytes = new Uint8Array([0x82, 7, 0, 1, 0, 0, 1, 0x74, 1]);

const names = ["a", "b", "c"] as const;
const name = fc.constantFrom(...names);
const qos = fc.constantFrom<0 | 1 | 2>(0, 1, 2);
const topic = fc.constantFrom("t/1", "t/2", "u");
const filter = fc.constantFrom("t/1", "t/+", "#", "u", "$share/g/t/#", "$share/h/u");
const action = fc.oneof(
  fc.record({ does: fc.constant("connect" as const), name, isLasting: fc.boolean(), isClean: fc.boolean() }),
  fc.record({
    does: fc.constant("subscribe" as const),
    ...{ name, filter, qos, retainAsPublished: fc.boolean(), identifier: fc.nat({ max: 2 }) },
  }),
  fc.record({ does: fc.constant("unsubscribe" as const), name, filter }),
  fc.record({
    does: fc.constant("publish" as const),
    ...{ name, topic, qos, retain: fc.boolean(), isEmpty: fc.boolean() },
    expiry: fc.option(fc.integer({ min: 1, max: 20 }), { nil: undefined }),
  }),
  fc.record({
    does: fc.constant("answer" as const),
    ...{ name, count: fc.integer({ min: 1, max: 5 }), isRefusal: fc.boolean() },
  }),
  fc.record({ does: fc.constant("cut" as const), name }),
  fc.record({ does: fc.constant("wait" as const), seconds: fc.integer({ min: 1, max: 10 }) }),
);
type Action = typeof action extends fc.Arbitrary<infer A> ? A : never;

/** MQTT 5 clients that execute the given actions. */
class Actors {
  readonly #clients = new Map<string, TestClient>();
  readonly #unanswered = new Map<string, { readonly type: string; readonly packetId: number }[]>();
  readonly #incoming = new Map<string, number[]>();
  #count = 0;

  constructor(readonly test: TestBroker) {}

  act(action: Action): void {
    if (action.does === "wait") this.test.clock.advance(action.seconds * 1000);
    else if (action.does === "connect") this.#connect(action.name, action.isLasting, action.isClean);
    else {
      const client = this.#clients.get(action.name);
      if (client !== undefined) this.#actAs(client, action);
    }
    for (const [name, client] of this.#clients) this.#read(name, client);
  }

  #connect(clientId: string, isLasting: boolean, cleanStart: boolean): void {
    const client = this.test.open(5);
    const properties = { sessionExpiryInterval: isLasting ? 60 : 0, receiveMaximum: 2 };
    client.connect(clientId, { cleanStart, properties });
    this.#clients.set(clientId, client);
    this.#unanswered.set(clientId, []);
    if (cleanStart || !isLasting) this.#incoming.delete(clientId);
  }

  #read(clientId: string, client: TestClient): void {
    const unanswered = this.#unanswered.get(clientId) ?? [];
    for (const packet of client.take()) {
      if (packet.type === "publish" && packet.qos > 0) {
        unanswered.push({ type: packet.qos === 1 ? "puback" : "pubrec", packetId: packet.packetId ?? 0 });
      } else if (packet.type === "pubrel") unanswered.push({ type: "pubcomp", packetId: packet.packetId });
    }
  }

  #actAs(client: TestClient, action: Exclude<Action, { does: "wait" | "connect" }>): void {
    const version = 5;
    if (action.does === "cut") {
      client.cut();
      this.#clients.delete(action.name);
    } else if (action.does === "subscribe") {
      const { filter, qos, retainAsPublished, identifier } = action;
      const subscriptions = [{ ...request, filter, qos, retainAsPublished }];
      const properties = identifier === 0 ? {} : { subscriptionIdentifiers: [identifier] };
      client.send({ type: "subscribe", version, packetId: 9, subscriptions, properties });
    } else if (action.does === "unsubscribe") {
      client.send({ type: "unsubscribe", version, packetId: 9, filters: [action.filter], properties: {} });
    } else if (action.does === "publish") this.#publish(client, action);
    else this.#answer(client, action);
  }

  #publish(client: TestClient, action: Extract<Action, { does: "publish" }>): void {
    const { topic, qos, retain, isEmpty, expiry, name } = action;
    const packetId = ++this.#count;
    const properties = {
      ...(expiry !== undefined && { messageExpiryInterval: expiry }),
      userProperties: [["count", String(packetId)]] as [string, string][],
    };
    const text = isEmpty ? "" : `m${packetId}`;
    client.publish(topic, text, { qos, retain, properties, ...(qos > 0 && { packetId }) });
    if (qos === 2) this.#incoming.set(name, [...(this.#incoming.get(name) ?? []), packetId]);
  }

  /** Acknowledges or refuses what was received, and releases what was sent. */
  #answer(client: TestClient, { name, count, isRefusal }: Extract<Action, { does: "answer" }>): void {
    for (const { type, packetId } of (this.#unanswered.get(name) ?? []).splice(0, count)) {
      const reasonCode = isRefusal && type !== "pubcomp" ? 0x80 : 0;
      client.send({ ...ack(type as "puback" | "pubrec" | "pubcomp", 5, packetId), reasonCode });
    }
    for (const packetId of (this.#incoming.get(name) ?? []).splice(0, count)) {
      client.send(ack("pubrel", 5, packetId));
    }
  }
}

test("a broker restored after a crash has the same state, whatever clients did", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(action, { maxLength: 60, size: "max" }), async (actions) => {
      const setup = start({ maxQueuedMessages: 4 });
      const actors = new Actors(setup.test);
      for (const one of actions) actors.act(one);
      const before = snapshot(setup.test.broker);
      const { test } = await crash(setup);
      expect(snapshot(test.broker)).toEqual(before);
      expect(test.broker.stats().subscriptions).toBe(
        before.sessions.reduce((sum, { subscriptions }) => sum + subscriptions.length, 0),
      );
    }),
    { numRuns: 400 },
  );
});
