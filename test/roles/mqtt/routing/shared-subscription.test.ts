import { describe, expect, test } from "bun:test";
import type { Subscribe, Version } from "../../../../src/protocol/mqtt/packet.ts";
import { Reason } from "../../../../src/protocol/mqtt/reason.ts";
import { TestBroker, type TestClient } from "../support/test-broker.ts";

const share = "$share/workers/jobs/+";
const settings = { properties: { sessionExpiryInterval: 600 } };

/** Acknowledges so many messages at QoS 1, from the packet identifier 1 on. */
function acknowledge(client: TestClient, ...packetIds: number[]): void {
  const { version } = client;
  const rest = { reasonCode: Reason.Success, properties: {} };
  for (const packetId of packetIds) client.send({ type: "puback", version, packetId, ...rest });
}

describe.each([3, 4, 5] as const)("a shared subscription, version %p", (version: Version) => {
  /** A session that outlives its connection, in every version. */
  const staying = version === 5 ? { cleanStart: false, ...settings } : { cleanStart: false };

  function members(test: TestBroker, names: readonly string[], qos: 0 | 1 | 2, options = {}): TestClient[] {
    return names.map((name) => {
      const client = test.connect(name, version, options);
      client.subscribe(share, qos);
      return client;
    });
  }

  test("gives each message to one member, in turn", () => {
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

  test.each([0, 1, 2] as const)("splits a run at QoS %p evenly, and loses nothing", (qos) => {
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

  test("is one group for each name and filter, and stands beside a plain subscription: two copies", () => {
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

  test("does not match topics that start with $ by a wildcard [MQTT-4.7.2-1]", () => {
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

  test("gives each member the QoS that it was granted [MQTT-4.8.2-3]", () => {
    const test = new TestBroker();
    const [one] = members(test, ["one"], 1);
    const [zero] = members(test, ["zero"], 0);
    const publisher = test.connect("publisher", version);
    publisher.publish("jobs/x", "1", { qos: 2 });
    publisher.publish("jobs/x", "2", { qos: 2, packetId: 2 });
    expect(one?.next("publish").qos).toBe(1);
    expect(zero?.next("publish").qos).toBe(0);
  });

  test("is taken up by who has room: a member that does not read, or acknowledge, holds nothing up", () => {
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

  test("waits in the queues of members that are connected when none has room", () => {
    const test = new TestBroker({ maxInflight: 1 });
    const [a, b] = members(test, ["a", "b"], 1);
    const [gone] = members(test, ["gone"], 1, staying);
    gone?.cut();
    const publisher = test.connect("publisher", version);
    for (let index = 0; index < 6; index++) publisher.publish("jobs/x", String(index), { qos: 1 });
    expect(["a", "b", "gone"].map((name) => test.broker.sessions.get(name)?.queue.length)).toEqual([2, 2, 0]);
    if (a !== undefined) acknowledge(a, 1);
    if (b !== undefined) acknowledge(b, 1);
    expect([a, b].map((client) => client?.messages().length)).toEqual([2, 2]);
  });

  test("waits for members that are away when nobody is connected, and all comes to the first that is back", () => {
    const test = new TestBroker();
    const all = members(test, ["a", "b"], 1, staying);
    for (const client of all) client.cut();
    const publisher = test.connect("publisher", version);
    for (let index = 0; index < 4; index++) publisher.publish("jobs/x", String(index), { qos: 1 });
    publisher.publish("jobs/x", "at most once");
    const back = ["a", "b"].map((name) => {
      const client = test.open(version);
      client.connect(name, staying);
      return client;
    });
    const [first, second] = back.map((client) => client.messages());
    expect(first?.sort()).toEqual(["jobs/x: 0", "jobs/x: 1", "jobs/x: 2", "jobs/x: 3"]);
    expect(second).toEqual([]);
    for (let index = 4; index < 6; index++) publisher.publish("jobs/x", String(index), { qos: 1 });
    expect(back.map((client) => client.messages().length)).toEqual([1, 1]);
  });

  test("waits for members that are away when nobody is connected, and goes to a new member", () => {
    const test = new TestBroker();
    for (const client of members(test, ["a", "b"], 1, staying)) client.cut();
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

  test("stays with members that are away as far as the one that is back has no room for it", () => {
    const test = new TestBroker({ maxInflight: 1, maxQueuedMessages: 2 });
    for (const client of members(test, ["a", "b"], 1, staying)) client.cut();
    const publisher = test.connect("publisher", version);
    for (let index = 0; index < 4; index++) publisher.publish("jobs/x", String(index), { qos: 1 });
    const [a, b] = ["a", "b"].map((name) => {
      const client = test.open(version);
      client.connect(name, staying);
      return client;
    });
    for (const client of [a, b]) if (client !== undefined) acknowledge(client, 1, 2, 3);
    const heard = [a, b].flatMap((client) => client?.messages() ?? []);
    expect(heard.sort()).toEqual(["jobs/x: 0", "jobs/x: 1", "jobs/x: 2", "jobs/x: 3"]);
    expect(test.broker.stats()).toMatchObject({ dropped_total: 0, queued_messages: 0 });
  });

  test.each([{ cleanStart: true }, staying])(
    "at QoS 1 goes on to another member when one is gone: %p",
    (options) => {
      const test = new TestBroker({ maxInflight: 2 });
      const [leaver] = members(test, ["leaver"], 1, options);
      const publisher = test.connect("publisher", version);
      for (let index = 0; index < 4; index++) publisher.publish("jobs/x", String(index), { qos: 1 });
      expect(leaver?.messages()).toHaveLength(2);
      const [heir] = members(test, ["heir"], 1);
      leaver?.cut();
      if (heir === undefined) throw new Error("no heir");
      const first = heir.take();
      // Not a second time by the same packet identifiers, and new to this client. [MQTT-3.3.1-1]
      expect(first.map((packet) => packet.type === "publish" && packet.dup)).toEqual([false, false]);
      acknowledge(heir, 1, 2);
      expect(heir.messages()).toEqual(["jobs/x: 2", "jobs/x: 3"]);
      expect(test.broker.stats().dropped_total).toBe(0);
      if (options === staying) {
        const back = test.open(version);
        back.connect("leaver", staying);
        expect(back.messages()).toEqual([]);
      }
    },
  );

  test("at QoS 2 a message that was sent goes to nobody else, one that only waited does [MQTT-4.8.2-5]", () => {
    const test = new TestBroker({ maxInflight: 2 });
    const [leaver] = members(test, ["leaver"], 2, { cleanStart: true });
    const publisher = test.connect("publisher", version);
    for (let index = 0; index < 3; index++) {
      publisher.publish("jobs/x", String(index), { qos: 2, packetId: index + 1 });
    }
    expect(leaver?.messages()).toEqual(["jobs/x: 0", "jobs/x: 1"]);
    leaver?.send({ type: "pubrec", version, packetId: 1, reasonCode: 0, properties: {} });
    const [heir] = members(test, ["heir"], 2);
    leaver?.cut();
    expect(heir?.messages()).toEqual(["jobs/x: 2"]);
  });

  test("at QoS 2 a message that was sent is completed with its member when it is back [MQTT-4.8.2-4]", () => {
    const test = new TestBroker();
    const [leaver] = members(test, ["leaver"], 2, staying);
    const [, other] = [leaver, ...members(test, ["other"], 2)];
    const publisher = test.connect("publisher", version);
    publisher.publish("jobs/x", "first", { qos: 2 });
    expect([leaver?.messages().length, other?.messages().length]).toEqual([1, 0]);
    leaver?.cut();
    expect(other?.messages()).toEqual([]);
    const back = test.open(version);
    back.connect("leaver", staying);
    const [, again] = back.take();
    expect(again).toMatchObject({ type: "publish", dup: true, packetId: 1 });
  });

  test("UNSUBSCRIBE: what was sent stays with the member, what waits goes on [MQTT-3.10.4-2] [MQTT-3.10.4-3]", () => {
    const test = new TestBroker({ maxInflight: 1 });
    const [leaver] = members(test, ["leaver"], 1);
    const publisher = test.connect("publisher", version);
    for (let index = 0; index < 3; index++) publisher.publish("jobs/x", String(index), { qos: 1 });
    const [heir] = members(test, ["heir"], 1);
    leaver?.take();
    leaver?.send({ type: "unsubscribe", version, packetId: 3, filters: [share], properties: {} });
    expect(leaver?.next("unsuback").reasonCodes).toEqual(version === 5 ? [0] : []);
    if (leaver !== undefined) acknowledge(leaver, 1);
    publisher.publish("jobs/x", "3", { qos: 1 });
    expect(leaver?.messages()).toEqual([]);
    if (heir !== undefined) for (const id of [1, 2, 3]) acknowledge(heir, id);
    expect(heir?.messages()).toEqual(["jobs/x: 1", "jobs/x: 2", "jobs/x: 3"]);
    heir?.cut();
    leaver?.cut();
    expect(test.broker.stats()).toMatchObject({ subscriptions: 0, dropped_total: 0 });
  });

  test("subscribing again changes the QoS and takes nothing away", () => {
    const test = new TestBroker();
    const [client] = members(test, ["a"], 0);
    client?.subscribe(share, 2);
    test.connect("b", version).publish("jobs/x", "1", { qos: 2 });
    expect(client?.next("publish").qos).toBe(2);
    expect(test.broker.stats().subscriptions).toBe(1);
  });

  test("a message that none can take is dropped, and counted", () => {
    const test = new TestBroker({ maxInflight: 1, maxQueuedMessages: 1 });
    members(test, ["a", "b"], 1);
    const publisher = test.connect("publisher", version);
    for (let index = 0; index < 6; index++) publisher.publish("jobs/x", String(index), { qos: 1 });
    expect(test.broker.stats()).toMatchObject({ dropped_queue_full_total: 2, queued_messages: 2 });
  });

  test("whoever may not subscribe to the filter may not share it either", () => {
    const mayNot = { maySubscribe: (_: unknown, filter: string) => filter !== "secret" };
    const client = new TestBroker({}, { access: mayNot }).connect("a", version);
    expect(client.subscribe("$share/g/secret")).toMatchObject({ reasonCodes: [version === 5 ? 0x87 : 0x80] });
    expect(client.subscribe("$share/g/open")).toMatchObject({ reasonCodes: [0] });
  });
});

describe("a filter that begins like a shared one and is none [MQTT-4.8.2-1] [MQTT-4.8.2-2]", () => {
  const wrong = ["$share", "$share/", "$share/g", "$share/g/", "$share//x", "$share/+/x", "$share/#"];

  test.each(wrong)("%s is malformed in MQTT 5", (filter) => {
    const client = new TestBroker().connect("a", 5);
    client.send(request(5, filter));
    expect(client.next("disconnect").reasonCode).toBe(Reason.MalformedPacket);
    expect(client.state).toBe("ended");
  });

  test.each(wrong)("%s is refused before MQTT 5, where it is correct", (filter) => {
    for (const version of [3, 4] as const) {
      expect(new TestBroker().connect("a", version).subscribe(filter)).toMatchObject({ reasonCodes: [0x80] });
    }
  });

  test("a name with a wildcard among other characters is malformed in every version [MQTT-4.7.1-2]", () => {
    for (const version of [3, 4, 5] as const) {
      const client = new TestBroker().connect("a", version);
      client.send(request(version, "$share/a+b/x"));
      expect(client.state).toBe("ended");
    }
  });
});

describe("a shared subscription in MQTT 5", () => {
  test("a message that goes on has the retain flag that it was published with, for a member that asks for it", () => {
    const test = new TestBroker();
    const first = test.connect("a", 5);
    first.subscribe("$share/g/x", 1);
    test.connect("publisher", 5).publish("x", "1", { qos: 1, retain: true });
    expect(first.next("publish").retain).toBe(false);
    const heir = test.connect("b", 5);
    heir.subscribe("$share/g/x", 1, { retainAsPublished: true });
    first.cut();
    expect(heir.next("publish").retain).toBe(true);
  });

  test("with no local is a protocol error [MQTT-3.8.3-4]", () => {
    const client = new TestBroker().connect("a", 5);
    client.send(request(5, "$share/g/x", { noLocal: true }));
    expect(client.next("disconnect").reasonCode).toBe(Reason.ProtocolError);
  });

  test("has its identifier [MQTT-3.3.4-3]", () => {
    const test = new TestBroker();
    const client = test.connect("a", 5);
    client.send({ ...request(5, "$share/g/x"), properties: { subscriptionIdentifiers: [7] } });
    client.take();
    test.connect("b", 5).publish("x", "1");
    expect(client.next("publish").properties.subscriptionIdentifiers).toEqual([7]);
  });

  test.each(["puback", "pubrec"] as const)(
    "%s with a failure: nobody else gets the message [MQTT-4.8.2-6]",
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

  test("goes past members that take no packet of that size, and is dropped when none does [MQTT-3.1.2-25]", () => {
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
