import { describe, expect, test } from "bun:test";
import type { Version } from "../../../../src/protocol/mqtt/packet.ts";
import { TestBroker } from "../support/test-broker.ts";

/** CONNECT options of a session that outlives its connection, in each version. */
const lasting = (version: Version) => ({
  cleanStart: false,
  properties: version === 5 ? { sessionExpiryInterval: 3600 } : {},
});

const ack = (type: "puback" | "pubrec" | "pubrel" | "pubcomp", version: Version, packetId: number) => ({
  type,
  version,
  packetId,
  reasonCode: 0,
  properties: {},
});

for (const version of [3, 4, 5] as const) {
  describe(`version ${version}`, () => {
    test("a clean session leaves nothing behind [MQTT-3.1.2-4]", () => {
      const test = new TestBroker();
      const client = test.connect("a", version);
      client.subscribe("a", 1);
      client.cut();
      expect(test.broker.stats()).toMatchObject({ sessions: 0, subscriptions: 0, connections: 0 });
    });

    test("a persistent session keeps its subscriptions, and QoS 1 and 2 messages in order [MQTT-3.1.2-5]", () => {
      const test = new TestBroker();
      const client = test.connect("a", version, lasting(version));
      client.subscribe("#", 2);
      client.cut();
      const publisher = test.connect("b");
      publisher.publish("t", "lost", { qos: 0 });
      for (const [index, text] of ["one", "two", "three"].entries()) {
        publisher.publish("t", text, { qos: index === 1 ? 2 : 1, packetId: index + 1 });
      }
      const back = test.open(version);
      back.connect("a", lasting(version));
      const [connack, ...messages] = back.take();
      expect(connack).toMatchObject({ type: "connack", sessionPresent: version !== 3 }); // [MQTT-3.2.2-3]
      expect(messages.map((packet) => packet.type === "publish" && packet.qos)).toEqual([1, 2, 1]);
      expect(messages.map((packet) => packet.type === "publish" && packet.dup)).toEqual([
        false,
        false,
        false,
      ]);
    });

    test("unacknowledged packets are sent again with DUP and their identifiers [MQTT-4.4.0-1]", () => {
      const test = new TestBroker();
      const client = test.connect("a", version, lasting(version));
      client.subscribe("#", 2);
      const publisher = test.connect("b");
      for (const [index, qos] of ([1, 2, 2, 1] as const).entries()) {
        publisher.publish("t", `m${index}`, { qos, packetId: index + 1 });
      }
      const ids = client.take().map((packet) => (packet.type === "publish" ? (packet.packetId ?? 0) : 0));
      client.send(ack("pubrec", version, ids[1] ?? 0), ack("puback", version, ids[3] ?? 0));
      expect(client.next("pubrel").packetId).toBe(ids[1] ?? 0);
      client.cut();
      const back = test.open(version);
      back.connect("a", lasting(version));
      const again = back.take().slice(1);
      expect(again).toMatchObject([
        { type: "publish", packetId: ids[0], dup: true, qos: 1 }, // [MQTT-3.3.1-1]
        { type: "pubrel", packetId: ids[1] },
        { type: "publish", packetId: ids[2], dup: true, qos: 2 },
      ]);
      back.send(ack("puback", version, ids[0] ?? 0), ack("pubcomp", version, ids[1] ?? 0));
      back.send(ack("pubrec", version, ids[2] ?? 0));
      back.send(ack("pubcomp", version, ids[2] ?? 0));
      expect(back.connection.session?.inflight.size).toBe(0);
    });

    test("a QoS 2 message sent again after a reconnect is delivered once [MQTT-4.3.3-10]", () => {
      const test = new TestBroker();
      const subscriber = test.connect("s", version);
      subscriber.subscribe("t");
      test.connect("a", version, lasting(version)).publish("t", "once", { qos: 2, packetId: 8 });
      const back = test.open(version);
      back.connect("a", lasting(version));
      back.take();
      back.publish("t", "once", { qos: 2, packetId: 8, dup: true });
      back.send(ack("pubrel", version, 8));
      expect(subscriber.messages()).toEqual(["t: once"]);
    });

    test("a clean start deletes the stored session [MQTT-3.1.2-4] [MQTT-3.2.2-2]", () => {
      const test = new TestBroker();
      const client = test.connect("a", version, lasting(version));
      client.subscribe("a", 1);
      client.cut();
      const back = test.open(version);
      back.connect("a", { ...lasting(version), cleanStart: true });
      expect(back.next("connack").sessionPresent).toBe(false);
      expect(test.broker.stats().subscriptions).toBe(0);
    });

    test("the inflight window and the queue limit the messages that wait for a client", () => {
      const test = new TestBroker({ maxInflight: 2, maxQueuedMessages: 3 });
      const client = test.connect("a", version);
      client.subscribe("t", 1);
      const publisher = test.connect("b");
      publisher.send(
        ...[1, 2, 3, 4, 5, 6, 7].map((packetId) =>
          publisher.message("t", `m${packetId}`, { qos: 1, packetId }),
        ),
      );
      const first = client
        .take()
        .flatMap((packet) => (packet.type === "publish" ? [packet.packetId ?? 0] : []));
      expect(first).toEqual([1, 2]);
      expect(test.broker.stats().dropped_total).toBe(2);
      client.send(...first.map((packetId) => ack("puback", version, packetId)));
      expect(client.messages()).toEqual(["t: m3", "t: m4"]);
      client.send(ack("puback", version, 3), ack("puback", version, 4));
      expect(client.messages()).toEqual(["t: m5"]);
    });
  });
}

describe("the lifetime of a session", () => {
  test("is its session expiry interval in MQTT 5 [MQTT-3.1.2-23]", () => {
    const test = new TestBroker();
    test.connect("a", 5, { properties: { sessionExpiryInterval: 60 } }).cut();
    test.clock.advance(59_000);
    expect(test.broker.stats().sessions).toBe(1);
    test.clock.advance(3000);
    expect(test.broker.stats().sessions).toBe(0);
  });

  test("continues when the client reconnects in time", () => {
    const test = new TestBroker();
    const options = { cleanStart: false, properties: { sessionExpiryInterval: 60 } };
    test.connect("a", 5, options).cut();
    test.clock.advance(30_000);
    test.connect("a", 5, options);
    test.clock.advance(3_600_000);
    expect(test.broker.stats().sessions).toBe(1);
  });

  test("may be changed by DISCONNECT, unless it was 0 [MQTT-3.14.2-2]", () => {
    const test = new TestBroker();
    const disconnect = (sessionExpiryInterval: number) =>
      ({ type: "disconnect", version: 5, reasonCode: 0, properties: { sessionExpiryInterval } }) as const;
    const shorter = test.connect("a", 5, { properties: { sessionExpiryInterval: 60 } });
    shorter.send(disconnect(0));
    expect(test.broker.stats().sessions).toBe(0);
    const fromNothing = test.connect("b", 5);
    fromNothing.send(disconnect(60));
    expect(fromNothing.next("disconnect").reasonCode).toBe(0x82);
    expect(test.broker.stats().sessions).toBe(0);
  });

  test("is limited by maxSessionExpiry, whatever the client requests", () => {
    const test = new TestBroker({ maxSessionExpiry: "10s" });
    test.connect("a", 4, { cleanStart: false }).cut();
    test.connect("b", 5, { properties: { sessionExpiryInterval: 0xffffffff } }).cut();
    test.clock.advance(12_000);
    expect(test.broker.stats().sessions).toBe(0);
  });
});

test("an MQTT 5 client's receive maximum is the inflight window [MQTT-3.3.4-9]", () => {
  const test = new TestBroker();
  const client = test.connect("a", 5, { properties: { receiveMaximum: 1 } });
  client.subscribe("t", 2);
  const publisher = test.connect("b");
  for (const packetId of [1, 2]) publisher.publish("t", `m${packetId}`, { qos: 2, packetId });
  expect(client.messages()).toEqual(["t: m1"]);
  client.send(ack("pubrec", 5, 1));
  expect(client.messages()).toEqual([]);
  client.send(ack("pubcomp", 5, 1));
  expect(client.messages()).toEqual(["t: m2"]);
});

test.each([1000, undefined])("a receive maximum of %p is bounded by maxInflight", (receiveMaximum) => {
  const test = new TestBroker({ maxInflight: 3 });
  const properties = receiveMaximum === undefined ? {} : { receiveMaximum };
  const client = test.connect("a", 5, { properties });
  client.subscribe("t", 1);
  const publisher = test.connect("b");
  for (let packetId = 1; packetId <= 10; packetId++) publisher.publish("t", "x", { qos: 1, packetId });
  expect(client.messages()).toHaveLength(3);
  client.send(ack("puback", 5, 1));
  expect(client.messages()).toHaveLength(1);
});

test("messages that are sent again respect a smaller inflight window [MQTT-3.3.4-9]", () => {
  const test = new TestBroker();
  const options = { cleanStart: false, properties: { sessionExpiryInterval: 3600 } };
  const client = test.connect("a", 5, options);
  client.subscribe("t", 1);
  const publisher = test.connect("b");
  const publish = (packetId: number) => publisher.publish("t", `m${packetId}`, { qos: 1, packetId });
  for (const packetId of [1, 2, 3]) publish(packetId);
  client.cut();
  publish(4);
  const back = test.open(5);
  back.connect("a", { cleanStart: false, properties: { ...options.properties, receiveMaximum: 2 } });
  expect(back.messages()).toEqual(["t: m1", "t: m2"]);
  publish(5);
  expect(back.messages()).toEqual([]);
  back.send(ack("puback", 5, 1));
  expect(back.messages()).toEqual(["t: m3"]);
  back.send(ack("puback", 5, 2), ack("puback", 5, 3));
  expect(back.messages()).toEqual(["t: m4", "t: m5"]);
});

test("at maxSessions a new client is refused while all are connected, a known one is accepted", () => {
  const test = new TestBroker({ maxSessions: 2 });
  test.connect("a", 4, { cleanStart: false });
  test.connect("b");
  for (const [version, code] of [
    [4, 3],
    [5, 0x97],
  ] as const) {
    const client = test.open(version);
    client.connect("c");
    expect(client.next("connack").reasonCode).toBe(code);
    expect(client.state).toBe("ended");
  }
  test.connect("a", 4, { cleanStart: false });
  expect(test.broker.stats().sessions).toBe(2);
});

test("an identifier is not reused while its message is in flight [MQTT-2.2.1-4]", () => {
  const test = new TestBroker({ maxInflight: 65_535 });
  const client = test.connect("a");
  client.subscribe("t", 1);
  const publisher = test.connect("b");
  const burst = Array.from({ length: 1000 }, (_, index) =>
    publisher.message("t", "x", { qos: 1, packetId: index + 1 }),
  );
  let stuck = 0;
  for (let round = 0; round < 70; round++) {
    publisher.send(...burst);
    const ids = client.take().flatMap((packet) => (packet.type === "publish" ? [packet.packetId ?? 0] : []));
    if (round === 0) stuck = ids.shift() ?? 0;
    expect(ids).not.toContain(stuck);
    client.send(...ids.map((packetId) => ack("puback", 4, packetId)));
  }
  expect(client.connection.session?.inflight.size).toBe(1);
});

test("a message that expired in the queue is not sent [MQTT-3.3.2-5]", () => {
  const test = new TestBroker();
  const options = { cleanStart: false, properties: { sessionExpiryInterval: 3600 } };
  const client = test.connect("a", 5, options);
  client.subscribe("t", 1);
  client.cut();
  const publisher = test.connect("b", 5);
  publisher.publish("t", "short", { qos: 1, properties: { messageExpiryInterval: 5 } });
  publisher.publish("t", "long", { qos: 1, properties: { messageExpiryInterval: 50 } });
  test.clock.advance(10_000);
  const back = test.open(5);
  back.connect("a", options);
  expect(back.take().slice(1)).toMatchObject([{ properties: { messageExpiryInterval: 40 } }]);
});

test("at maxSessions a new client replaces the session that has been offline longest", () => {
  const test = new TestBroker({ maxSessions: 3 });
  const persistent = { cleanStart: false };
  test.connect("connected", 4, persistent);
  const first = test.connect("first", 4, persistent);
  const second = test.connect("second", 4, persistent);
  first.cut();
  second.cut();
  test.connect("first", 4, persistent).cut(); // reconnected, so second is offline longest now
  test.connect("new");
  expect([...test.broker.sessions.keys()].sort()).toEqual(["connected", "first", "new"]);
});

test("at maxSessions a client that is back is not replaced, however long it was offline before", () => {
  const test = new TestBroker({ maxSessions: 2 });
  const persistent = { cleanStart: false };
  test.connect("back", 4, persistent).cut();
  test.clock.advance(1000);
  test.connect("away", 4, persistent).cut();
  const back = test.connect("back", 4, persistent);
  test.connect("new");
  expect([...test.broker.sessions.keys()].sort()).toEqual(["back", "new"]);
  back.publish("t", "x", { qos: 1 });
  expect(back.next("puback").packetId).toBe(1);
});
