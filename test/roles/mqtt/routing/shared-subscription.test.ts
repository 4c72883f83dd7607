import { describe, expect, spyOn, test } from "bun:test";
import { encode } from "../../../../src/protocol/mqtt/encode.ts";
import type { Subscribe, Version } from "../../../../src/protocol/mqtt/packet.ts";
import { Reason } from "../../../../src/protocol/mqtt/reason.ts";
import { reachesAllBut, TestBroker, type TestClient } from "../support/test-broker.ts";

const share = "$share/workers/jobs/+";
const settings = { properties: { sessionExpiryInterval: 600 } };

/** Acknowledges messages at QoS 1. */
function acknowledge(client: TestClient, ...packetIds: number[]): void {
  const { version } = client;
  const rest = { reasonCode: Reason.Success, properties: {} };
  for (const packetId of packetIds) client.send({ type: "puback", version, packetId, ...rest });
}

describe.each([3, 4, 5] as const)("a shared subscription, version %p", (version: Version) => {
  /** CONNECT options of a session that outlives its connection. */
  const persistent = version === 5 ? { cleanStart: false, ...settings } : { cleanStart: false };

  function members(test: TestBroker, names: readonly string[], qos: 0 | 1 | 2, options = {}): TestClient[] {
    return names.map((name) => {
      const client = test.connect(name, version, options);
      client.subscribe(share, qos);
      return client;
    });
  }

  test("delivers each message to one member, round robin", () => {
    const test = new TestBroker();
    const all = members(test, ["a", "b", "c"], 0);
    const publisher = test.connect("publisher", version);
    for (let index = 0; index < 6; index++) publisher.publish("jobs/x", String(index));
    expect(all.map((client) => client.messages())).toEqual([
      ["jobs/x: 0", "jobs/x: 3"],
      ["jobs/x: 1", "jobs/x: 4"],
      ["jobs/x: 2", "jobs/x: 5"],
    ]);
  });

  test.each([0, 1, 2] as const)("distributes a publish run at QoS %p evenly, and loses nothing", (qos) => {
    const test = new TestBroker();
    const all = members(test, ["a", "b", "c"], qos);
    const publisher = test.connect("publisher", version);
    for (let run = 0; run < 3; run++) {
      const texts = Array.from({ length: 100 }, (_, index) => String(1000 + run * 100 + index));
      const ids = (index: number) => (qos === 0 ? {} : { packetId: 1 + run * 100 + index });
      publisher.send(
        ...texts.map((text, index) => publisher.message("jobs/x", text, { qos, ...ids(index) })),
      );
    }
    const received = all.map((client) => client.messages());
    expect(received.map(({ length }) => length)).toEqual([100, 100, 100]);
    expect(received.flat().sort()).toEqual(
      Array.from({ length: 300 }, (_, index) => `jobs/x: ${1000 + index}`),
    );
  });

  test("is one group per name and filter, and independent of a plain subscription", () => {
    const test = new TestBroker();
    const client = test.connect("a", version);
    for (const filter of [share, "$share/others/jobs/+", "$share/workers/jobs/x", "jobs/x"])
      client.subscribe(filter);
    const other = test.connect("b", version);
    other.subscribe("jobs/#");
    other.publish("jobs/x", "1");
    expect(client.messages()).toHaveLength(4);
    expect(other.messages()).toHaveLength(1);
    expect(test.broker.stats().subscriptions).toBe(5);
  });

  test("with a leading wildcard does not match topics that start with $ [MQTT-4.7.2-1]", () => {
    const test = new TestBroker();
    const client = test.connect("a", version);
    client.subscribe("$share/g/#");
    test.connect("b", version).publish("$OWN/x", "1");
    expect(client.messages()).toEqual([]);
  });

  test("gets no retained messages", () => {
    const test = new TestBroker();
    test.connect("b", version).publish("jobs/x", "old", { retain: true });
    const client = test.connect("a", version);
    expect(client.subscribe(share).type).toBe("suback");
    expect(client.messages()).toEqual([]);
  });

  test("delivers to each member at its granted QoS [MQTT-4.8.2-3]", () => {
    const test = new TestBroker();
    const [one] = members(test, ["one"], 1);
    const [zero] = members(test, ["zero"], 0);
    const publisher = test.connect("publisher", version);
    publisher.publish("jobs/x", "1", { qos: 2 });
    publisher.publish("jobs/x", "2", { qos: 2, packetId: 2 });
    expect(one?.next("publish").qos).toBe(1);
    expect(zero?.next("publish").qos).toBe(0);
  });

  test("skips a member that does not read or acknowledge", () => {
    const test = new TestBroker({ maxInflight: 2, sendBuffer: 100 });
    const [stuck, busy, free] = members(test, ["stuck", "busy", "free"], 1);
    if (stuck !== undefined) stuck.isStuck = true;
    const publisher = test.connect("publisher", version);
    const received: number[] = [];
    for (let index = 0; index < 30; index++) {
      publisher.publish("jobs/x", "x".repeat(60), { qos: 1, packetId: index + 1 });
      for (const packet of free?.take() ?? []) {
        if (packet.type === "publish") received.push(packet.packetId ?? 0);
        if (packet.type === "publish" && free !== undefined) acknowledge(free, packet.packetId ?? 0);
      }
    }
    expect(busy?.messages()).toHaveLength(2);
    expect(received.length).toBeGreaterThanOrEqual(26);
    expect(test.broker.stats()).toMatchObject({ dropped_total: 0, queued_messages: 0 });
  });

  test("queues messages for connected members when every inflight window is full", () => {
    const test = new TestBroker({ maxInflight: 1 });
    const [a, b] = members(test, ["a", "b"], 1);
    const [offline] = members(test, ["offline"], 1, persistent);
    offline?.cut();
    const publisher = test.connect("publisher", version);
    for (let index = 0; index < 6; index++) publisher.publish("jobs/x", String(index), { qos: 1 });
    expect(["a", "b", "offline"].map((name) => test.broker.sessions.get(name)?.queue.length)).toEqual([
      2, 2, 0,
    ]);
    if (a !== undefined) acknowledge(a, 1);
    if (b !== undefined) acknowledge(b, 1);
    expect([a, b].map((client) => client?.messages().length)).toEqual([2, 2]);
  });

  test("queues messages when every member is offline, and delivers all to the first that reconnects", () => {
    const test = new TestBroker();
    const all = members(test, ["a", "b"], 1, persistent);
    for (const client of all) client.cut();
    const publisher = test.connect("publisher", version);
    for (let index = 0; index < 4; index++) publisher.publish("jobs/x", String(index), { qos: 1 });
    publisher.publish("jobs/x", "at most once");
    const back = ["a", "b"].map((name) => {
      const client = test.open(version);
      client.connect(name, persistent);
      return client;
    });
    const [first, second] = back.map((client) => client.messages());
    expect(first?.sort()).toEqual(["jobs/x: 0", "jobs/x: 1", "jobs/x: 2", "jobs/x: 3"]);
    expect(second).toEqual([]);
    for (let index = 4; index < 6; index++) publisher.publish("jobs/x", String(index), { qos: 1 });
    expect(back.map((client) => client.messages().length)).toEqual([1, 1]);
  });

  test("queues messages when every member is offline, and delivers them to a new member", () => {
    const test = new TestBroker();
    for (const client of members(test, ["a", "b"], 1, persistent)) client.cut();
    const publisher = test.connect("publisher", version);
    for (let index = 0; index < 4; index++) publisher.publish("jobs/x", String(index), { qos: 1 });
    const newcomer = test.connect("newcomer", version);
    const request = { filter: share, qos: 1, noLocal: false, retainAsPublished: false, retainHandling: 0 };
    const subscriptions = [request as Subscribe["subscriptions"][0]];
    newcomer.send({ type: "subscribe", version, packetId: 1, subscriptions, properties: {} });
    const [suback, ...messages] = newcomer.take();
    expect([suback?.type, messages.length]).toEqual(["suback", 4]);
    expect(test.broker.stats()).toMatchObject({ queued_messages: 0, dropped_total: 0 });
  });

  test("keeps messages queued for offline members when the one that reconnects cannot take them all", () => {
    const test = new TestBroker({ maxInflight: 1, maxQueuedMessages: 2 });
    for (const client of members(test, ["a", "b"], 1, persistent)) client.cut();
    const publisher = test.connect("publisher", version);
    for (let index = 0; index < 4; index++) publisher.publish("jobs/x", String(index), { qos: 1 });
    const [a, b] = ["a", "b"].map((name) => {
      const client = test.open(version);
      client.connect(name, persistent);
      return client;
    });
    for (const client of [a, b]) if (client !== undefined) acknowledge(client, 1, 2, 3);
    const received = [a, b].flatMap((client) => client?.messages() ?? []);
    expect(received.sort()).toEqual(["jobs/x: 0", "jobs/x: 1", "jobs/x: 2", "jobs/x: 3"]);
    expect(test.broker.stats()).toMatchObject({ dropped_total: 0, queued_messages: 0 });
  });

  test.each([{ cleanStart: true }, persistent])(
    "redistributes QoS 1 messages of a member that disconnects: %p",
    (options) => {
      const test = new TestBroker({ maxInflight: 2 });
      const [leaving] = members(test, ["leaving"], 1, options);
      const publisher = test.connect("publisher", version);
      for (let index = 0; index < 4; index++) publisher.publish("jobs/x", String(index), { qos: 1 });
      expect(leaving?.messages()).toHaveLength(2);
      const [other] = members(test, ["other"], 1);
      leaving?.cut();
      if (other === undefined) throw new Error("no other member");
      const first = other.take();
      // They are new to this client, so they have no DUP. [MQTT-3.3.1-1]
      expect(first.map((packet) => packet.type === "publish" && packet.dup)).toEqual([false, false]);
      acknowledge(other, 1, 2);
      expect(other.messages()).toEqual(["jobs/x: 2", "jobs/x: 3"]);
      expect(test.broker.stats().dropped_total).toBe(0);
      if (options === persistent) {
        const back = test.open(version);
        back.connect("leaving", persistent);
        expect(back.messages()).toEqual([]);
      }
    },
  );

  test("redistributes queued QoS 2 messages, but none that was sent [MQTT-4.8.2-5]", () => {
    const test = new TestBroker({ maxInflight: 2 });
    const [leaving] = members(test, ["leaving"], 2, { cleanStart: true });
    const publisher = test.connect("publisher", version);
    for (let index = 0; index < 3; index++) {
      publisher.publish("jobs/x", String(index), { qos: 2, packetId: index + 1 });
    }
    expect(leaving?.messages()).toEqual(["jobs/x: 0", "jobs/x: 1"]);
    leaving?.send({ type: "pubrec", version, packetId: 1, reasonCode: 0, properties: {} });
    const [other] = members(test, ["other"], 2);
    leaving?.cut();
    expect(other?.messages()).toEqual(["jobs/x: 2"]);
  });

  test("redistributes at the QoS of the other member, and without the retain flag [MQTT-4.8.2-3]", () => {
    const test = new TestBroker({ maxInflight: 1 });
    const [leaving] = members(test, ["leaving"], 2);
    const publisher = test.connect("publisher", version);
    for (let index = 0; index < 3; index++) {
      publisher.publish("jobs/x", String(index), { qos: 1, retain: true, packetId: index + 1 });
    }
    const [other] = members(test, ["other"], 0);
    leaving?.cut();
    const received = other?.take().map((packet) => packet.type === "publish" && [packet.qos, packet.retain]);
    expect(received).toEqual([
      [0, false],
      [0, false],
      [0, false],
    ]);
  });

  test("completes a QoS 2 message that was sent when its member reconnects [MQTT-4.8.2-4]", () => {
    const test = new TestBroker();
    const [leaving] = members(test, ["leaving"], 2, persistent);
    const [other] = members(test, ["other"], 2);
    const publisher = test.connect("publisher", version);
    publisher.publish("jobs/x", "first", { qos: 2 });
    expect([leaving?.messages().length, other?.messages().length]).toEqual([1, 0]);
    leaving?.cut();
    expect(other?.messages()).toEqual([]);
    const back = test.open(version);
    back.connect("leaving", persistent);
    const [, again] = back.take();
    expect(again).toMatchObject({ type: "publish", dup: true, packetId: 1 });
  });

  test("redistributes queued messages after UNSUBSCRIBE, but none in flight [MQTT-3.10.4-2] [MQTT-3.10.4-3]", () => {
    const test = new TestBroker({ maxInflight: 1 });
    const [leaving] = members(test, ["leaving"], 1);
    const publisher = test.connect("publisher", version);
    for (let index = 0; index < 3; index++) publisher.publish("jobs/x", String(index), { qos: 1 });
    const [other] = members(test, ["other"], 1);
    leaving?.take();
    leaving?.send({ type: "unsubscribe", version, packetId: 3, filters: [share], properties: {} });
    expect(leaving?.next("unsuback").reasonCodes).toEqual(version === 5 ? [0] : []);
    if (leaving !== undefined) acknowledge(leaving, 1);
    publisher.publish("jobs/x", "3", { qos: 1 });
    expect(leaving?.messages()).toEqual([]);
    if (other !== undefined) for (const id of [1, 2, 3]) acknowledge(other, id);
    expect(other?.messages()).toEqual(["jobs/x: 1", "jobs/x: 2", "jobs/x: 3"]);
    other?.cut();
    leaving?.cut();
    expect(test.broker.stats()).toMatchObject({ subscriptions: 0, dropped_total: 0 });
  });

  test("keeps its membership when a member subscribes again with another QoS", () => {
    const test = new TestBroker();
    const [client] = members(test, ["a"], 0);
    client?.subscribe(share, 2);
    test.connect("b", version).publish("jobs/x", "1", { qos: 2 });
    expect(client?.next("publish").qos).toBe(2);
    expect(test.broker.stats().subscriptions).toBe(1);
  });

  test("drops and counts a message that no member can queue", () => {
    const test = new TestBroker({ maxInflight: 1, maxQueuedMessages: 1 });
    members(test, ["a", "b"], 1);
    const publisher = test.connect("publisher", version);
    for (let index = 0; index < 6; index++) publisher.publish("jobs/x", String(index), { qos: 1 });
    expect(test.broker.stats()).toMatchObject({ dropped_queue_full_total: 2, queued_messages: 2 });
  });

  test("is refused to a client that may not subscribe to its filter", () => {
    const permissions = { reach: reachesAllBut("secret") };
    const client = new TestBroker({}, { permissions }).connect("a", version);
    expect(client.subscribe("$share/g/secret")).toMatchObject({ reasonCodes: [version === 5 ? 0x87 : 0x80] });
    expect(client.subscribe("$share/g/open")).toMatchObject({ reasonCodes: [0] });
  });
});

describe("an invalid shared filter [MQTT-4.8.2-1] [MQTT-4.8.2-2]", () => {
  const invalid = ["$share", "$share/", "$share/g", "$share/g/", "$share//x", "$share/+/x", "$share/#"];

  test.each(invalid)("%s ends the connection in MQTT 5", (filter) => {
    const client = new TestBroker().connect("a", 5);
    client.send(request(5, filter));
    expect(client.next("disconnect").reasonCode).toBe(Reason.MalformedPacket);
    expect(client.state).toBe("ended");
  });

  test.each(invalid)("%s is refused by SUBACK before MQTT 5, where it is well-formed", (filter) => {
    for (const version of [3, 4] as const) {
      expect(new TestBroker().connect("a", version).subscribe(filter)).toMatchObject({ reasonCodes: [0x80] });
    }
  });

  test("a group name with a wildcard among other characters is malformed in every version [MQTT-4.7.1-2]", () => {
    for (const version of [3, 4, 5] as const) {
      const client = new TestBroker().connect("a", version);
      client.send(request(version, "$share/a+b/x"));
      expect(client.state).toBe("ended");
    }
  });
});

describe("a shared subscription in MQTT 5", () => {
  test("keeps the retain flag of a redistributed message for a member with retain as published", () => {
    const test = new TestBroker();
    const first = test.connect("a", 5);
    first.subscribe("$share/g/x", 1);
    test.connect("publisher", 5).publish("x", "1", { qos: 1, retain: true });
    expect(first.next("publish").retain).toBe(false);
    const other = test.connect("b", 5);
    other.subscribe("$share/g/x", 1, { retainAsPublished: true });
    first.cut();
    expect(other.next("publish").retain).toBe(true);
  });

  test("with no local is a protocol error [MQTT-3.8.3-4]", () => {
    const client = new TestBroker().connect("a", 5);
    client.send(request(5, "$share/g/x", { noLocal: true }));
    expect(client.next("disconnect").reasonCode).toBe(Reason.ProtocolError);
  });

  test("has its subscription identifier [MQTT-3.3.4-3]", () => {
    const test = new TestBroker();
    const client = test.connect("a", 5);
    client.send({ ...request(5, "$share/g/x"), properties: { subscriptionIdentifiers: [7] } });
    client.take();
    test.connect("b", 5).publish("x", "1");
    expect(client.next("publish").properties.subscriptionIdentifiers).toEqual([7]);
  });

  test.each(["puback", "pubrec"] as const)(
    "does not redistribute a message that a member refuses with %s [MQTT-4.8.2-6]",
    (type) => {
      const test = new TestBroker();
      const client = test.connect("a", 5, { cleanStart: false, ...settings });
      client.subscribe("$share/g/x", 2);
      const publisher = test.connect("publisher", 5);
      publisher.publish("x", "1", { qos: type === "puback" ? 1 : 2 });
      client.next("publish");
      client.send({ type, version: 5, packetId: 1, reasonCode: Reason.QuotaExceeded, properties: {} });
      const other = test.connect("b", 5);
      other.subscribe("$share/g/x", 2);
      client.cut();
      test.clock.advance(700_000);
      expect(other.messages()).toEqual([]);
      expect(test.broker.sessions.has("a")).toBe(false);
    },
  );

  test.each([
    ["was sent", 10],
    ["is queued", 1],
  ])(
    "a large message that %s stays when it fits no other member, and no later one overtakes it",
    (_, receiveMaximum) => {
      const test = new TestBroker();
      const lasting = { cleanStart: false, properties: { sessionExpiryInterval: 600, receiveMaximum } };
      const large = test.connect("large", 5, lasting);
      large.subscribe("$share/g/x", 1);
      const publisher = test.connect("publisher", 5);
      const texts = ["first", "x".repeat(100), "later"];
      for (const text of texts) publisher.publish("x", text, { qos: 1 });
      const small = test.connect("small", 5, { properties: { maximumPacketSize: 60 } });
      small.subscribe("$share/g/x", 1);
      large.cut();
      expect(small.messages()).toEqual(["x: first"]);
      const back = test.open(5);
      back.connect("large", { ...lasting, properties: { ...lasting.properties, receiveMaximum: 10 } });
      expect(back.messages()).toEqual(texts.slice(1).map((text) => `x: ${text}`));
    },
  );

  test("skips members that accept no packet of that size, and drops the message when none does [MQTT-3.1.2-25]", () => {
    const test = new TestBroker();
    const small = test.connect("small", 5, { properties: { maximumPacketSize: 60 } });
    const large = test.connect("large", 5);
    const publisher = test.connect("publisher", 5);
    for (const qos of [0, 1] as const) {
      small.subscribe("$share/g/x", qos);
      large.subscribe("$share/g/x", qos);
      for (let index = 0; index < 4; index++) publisher.publish("x", "x".repeat(100), { qos });
      expect([small.messages().length, large.messages().length]).toEqual([0, 4]);
    }
    large.cut();
    publisher.publish("x", "x".repeat(100), { qos: 1 });
    expect(small.messages()).toEqual([]);
    expect(test.broker.stats().dropped_total).toBeGreaterThan(0);
  });
});

test("a member whose CONNACK is too large for it counts as offline, and no messages wait for it", () => {
  const test = new TestBroker();
  for (const name of ["a", "b"]) {
    const client = test.connect(name, 5, settings);
    client.subscribe(share, 1);
    client.cut();
  }
  const back = test.open(5);
  back.connect("a", { cleanStart: false, properties: { sessionExpiryInterval: 600, maximumPacketSize: 10 } });
  expect(back.state).toBe("ended");
  expect(test.broker.router.group(share)?.online).toBe(0);
  test.connect("publisher").publish("jobs/x", "0", { qos: 1 });
  const other = test.open(5);
  other.connect("b", { cleanStart: false, ...settings });
  expect(other.messages()).toEqual(["jobs/x: 0"]);
});

test("a member that takes no more leaves everything else of a run to those that do", () => {
  const test = new TestBroker();
  const second = test.connect("g2", 5);
  second.subscribe("$share/k/jam", 1);
  const first = test.connect("g1", 5, { properties: { receiveMaximum: 1 } });
  first.subscribe("$share/k/jam", 1);
  const publisher = test.connect("publisher", 5);
  publisher.send(
    ...Array.from({ length: 10 }, (_, index) =>
      publisher.message("jam", "x", { qos: 1, packetId: index + 1 }),
    ),
  );
  expect([first.messages().length, second.messages().length]).toEqual([1, 9]);
  expect(test.broker.stats().queued_messages).toBe(0);
});

test("however little each member takes, a run reaches all who have room before anything is queued", () => {
  const test = new TestBroker();
  const limits = [1, 2, 3, 50, 7];
  const members = limits.map((receiveMaximum, index) => {
    const client = test.connect(`m${index}`, 5, { properties: { receiveMaximum } });
    client.subscribe("$share/k/jam", 1);
    return client;
  });
  const publisher = test.connect("publisher", 5);
  publisher.send(
    ...Array.from({ length: 60 }, (_, index) =>
      publisher.message("jam", "x", { qos: 1, packetId: index + 1 }),
    ),
  );
  const counts = members.map((client) => client.messages().length);
  expect(counts.reduce((sum, count) => sum + count)).toBe(60);
  for (const [index, count] of counts.entries()) expect(count).toBeLessThanOrEqual(limits[index] ?? 0);
  expect(test.broker.stats().queued_messages).toBe(0);
});

function request(version: Version, filter: string, more: { noLocal?: boolean } = {}) {
  const options = { qos: 0, noLocal: false, retainAsPublished: false, retainHandling: 0 } as const;
  const subscriptions = [{ filter, ...options, ...more }];
  return { type: "subscribe" as const, version, packetId: 9, subscriptions, properties: {} };
}

describe("many shared subscriptions of one client", () => {
  const shares = Array.from({ length: 40 }, (_, index) => `$share/workers/jobs/${index}`);
  const request = { qos: 1, noLocal: false, retainAsPublished: false, retainHandling: 0 } as const;
  const head = { version: 5, packetId: 9, properties: {} } as const;

  function join(client: TestClient): void {
    const subscriptions = shares.map((filter) => ({ filter, ...request }));
    client.send({ type: "subscribe", ...head, subscriptions });
  }

  /** A member that is offline, with a message of each. */
  function scene(): TestBroker {
    const test = new TestBroker();
    const offline = test.connect("a", 5, settings);
    join(offline);
    offline.cut();
    const publisher = test.connect("publisher", 5);
    for (const index of shares.keys()) publisher.publish(`jobs/${index}`, "x", { qos: 1 });
    return test;
  }

  /** How often the queue of a client is gone through while `call` runs. */
  function searches(test: TestBroker, clientId: string, call: () => void): number {
    const queue = test.broker.sessions.get(clientId)?.queue;
    if (queue === undefined) throw new Error(`there is no session of "${clientId}"`);
    const remove = spyOn(queue, "remove");
    call();
    return remove.mock.calls.length;
  }

  test("are taken over at once from a member that is offline: by SUBSCRIBE", () => {
    const test = scene();
    const client = test.connect("b", 5, settings);
    expect(searches(test, "a", () => join(client))).toBe(1);
    expect(client.messages()).toHaveLength(shares.length);
  });

  test("are taken over at once from a member that is offline: by CONNECT", () => {
    const test = scene();
    const client = test.connect("b", 5, settings);
    join(client);
    client.cut();
    expect(test.broker.sessions.get("a")?.queue.length).toBe(0);
    const publisher = test.connect("publisher", 5);
    for (const index of shares.keys()) publisher.publish(`jobs/${index}`, "y", { qos: 1 });
    const back = test.open(5);
    expect(searches(test, "a", () => back.connect("b", { cleanStart: false, ...settings }))).toBe(1);
    expect(back.messages()).toHaveLength(2 * shares.length);
  });

  test("are left at once by UNSUBSCRIBE", () => {
    const test = new TestBroker({ maxInflight: 1 });
    const clients = ["a", "b"].map((name) => test.connect(name, 5, settings));
    for (const client of clients) join(client);
    const publisher = test.connect("publisher", 5);
    for (const index of shares.keys()) publisher.publish(`jobs/${index}`, "x", { qos: 1 });
    const [first] = clients as [TestClient];
    const leave = () => first.send({ type: "unsubscribe", ...head, filters: shares });
    expect(searches(test, "a", leave)).toBe(1);
    const queued = ["a", "b"].map((name) => test.broker.sessions.get(name)?.queue.length);
    expect(queued).toEqual([0, shares.length - 2]);
  });

  test("are taken over in slices from many members, and not from one that is back meanwhile", () => {
    const test = new TestBroker();
    const names = Array.from({ length: 12 }, (_, index) => `member ${index}`);
    for (const name of names) {
      const client = test.connect(name, 5, settings);
      client.subscribe(share, 1);
      client.cut();
    }
    const publisher = test.connect("publisher", 5);
    for (const index of names.keys()) publisher.publish("jobs/x", String(index), { qos: 1 });
    const waiting = () => test.broker.stats().queued_messages;
    expect(waiting()).toBe(names.length);
    const newcomer = test.connect("newcomer", 5);
    test.clock.cost = 1;
    const subscriptions = [{ filter: share, ...request }];
    newcomer.connection.feed(encode({ type: "subscribe", ...head, subscriptions }));
    expect(waiting()).toBeGreaterThan(0);
    expect(waiting()).toBeLessThan(names.length);
    const back = test.open(5);
    back.connection.feed(
      encode({
        ...{ type: "connect", version: 5, clientId: "member 11", cleanStart: false, keepAlive: 0 },
        ...settings,
      }),
    );
    test.clock.settle();
    const [kept, taken] = [back.messages(), newcomer.messages()];
    expect(kept).toContain("jobs/x: 11");
    expect([...kept, ...taken].sort()).toEqual([...names.keys()].map((index) => `jobs/x: ${index}`).sort());
    expect(waiting()).toBe(0);
  });
});
