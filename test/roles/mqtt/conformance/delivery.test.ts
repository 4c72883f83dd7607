import { describe, expect, test } from "bun:test";
import { Reason } from "../../../../src/protocol/mqtt/reason.ts";
import { TestBroker, type TestClient } from "../support/test-broker.ts";
import { ack, lasting, publishes, versions } from "./kit.ts";

/** A subscriber to everything with a persistent session, and a publisher. */
function pair(version: 3 | 4 | 5, config: Record<string, unknown> = {}) {
  const broker = new TestBroker(config);
  const subscriber = broker.connect("subscriber", version, lasting(version));
  subscriber.subscribe("#", 2);
  const publisher = broker.connect("publisher", version);
  return { broker, subscriber, publisher };
}

/** Breaks the subscriber's connection and reconnects. @returns the new client, and what it received after CONNACK */
function reconnect(client: TestClient) {
  client.cut();
  const back = client.test.open(client.version);
  back.connect("subscriber", lasting(client.version));
  const [connack, ...rest] = back.take();
  expect(connack).toMatchObject({ type: "connack", sessionPresent: client.version !== 3 });
  return { back, rest };
}

const idOf = (client: TestClient) => client.next("publish").packetId ?? 0;

// Identifiers are the same in every version, and there are many.
test("an identifier in use is skipped when the identifiers wrap around [MQTT-2.2.1-4]", () => {
  const { broker, subscriber, publisher } = pair(5, { maxInflight: 65_535 });
  publisher.publish("t", "kept", { qos: 2 });
  const kept = idOf(subscriber);
  const ids = new Set<number>();
  // 64 times 1024 messages use every identifier once, and two of them again.
  for (let round = 0; round < 64; round++) {
    const burst = Array.from({ length: 1024 }, (_, index) =>
      publisher.message("t", "", { qos: 1, packetId: index + 1 }),
    );
    publisher.send(...burst);
    const used = publishes(subscriber).map(({ packetId = 0 }) => packetId);
    subscriber.send(...used.map((id) => ack("puback", 5, id)));
    for (const id of used) ids.add(id);
    publisher.take();
  }
  expect([ids.has(0), ids.has(kept), Math.max(...ids)]).toEqual([false, false, 65_535]);
  expect(ids.size).toBe(65_534);
  expect(broker.broker.sessions.get("subscriber")?.inflight.size).toBe(1);
});

describe.each(versions)("version %d", (version) => {
  test("QoS 0 is sent without DUP and identifier, and never again [MQTT-4.3.1-1] [MQTT-2.2.1-2]", () => {
    const { subscriber, publisher } = pair(version);
    publisher.publish("t", "x");
    const message = subscriber.next("publish");
    expect([message.qos, message.dup, message.packetId]).toEqual([0, false, undefined]);
    expect(reconnect(subscriber).rest).toEqual([]);
  });

  test("QoS 1 is sent without DUP, and again after each reconnect until PUBACK [MQTT-4.3.2-1] [MQTT-4.3.2-2] [MQTT-4.3.2-3] [MQTT-3.3.1-1]", () => {
    const { subscriber, publisher } = pair(version);
    publisher.publish("t", "x", { qos: 1 });
    const first = subscriber.next("publish");
    expect([first.qos, first.dup]).toEqual([1, false]);
    expect(first.packetId).toBeGreaterThan(0);
    const again = reconnect(subscriber);
    expect(again.rest).toEqual([{ ...first, dup: true }]);
    const third = reconnect(again.back);
    expect(third.rest).toEqual([{ ...first, dup: true }]);
    third.back.send(ack("puback", version, first.packetId ?? 0));
    expect(reconnect(third.back).rest).toEqual([]);
  });

  test("QoS 2 is sent without DUP, and again until PUBREC; then PUBREL until PUBCOMP [MQTT-4.3.3-1] [MQTT-4.3.3-2] [MQTT-4.3.3-3] [MQTT-4.3.3-4] [MQTT-4.3.3-5] [MQTT-4.3.3-6]", () => {
    const { subscriber, publisher } = pair(version);
    publisher.publish("t", "x", { qos: 2 });
    const first = subscriber.next("publish");
    const packetId = first.packetId ?? 0;
    expect([first.qos, first.dup]).toEqual([2, false]);
    const second = reconnect(subscriber);
    expect(second.rest).toEqual([{ ...first, dup: true }]);
    second.back.send(ack("pubrec", version, packetId));
    expect(second.back.take()).toEqual([ack("pubrel", version, packetId)]);
    const third = reconnect(second.back);
    expect(third.rest).toEqual([ack("pubrel", version, packetId)]);
    third.back.send(ack("pubrec", version, packetId));
    expect(third.back.take()).toEqual([ack("pubrel", version, packetId)]);
    third.back.send(ack("pubcomp", version, packetId));
    expect(reconnect(third.back).rest).toEqual([]);
  });

  test("nothing is sent again on the same connection, however late the client answers [MQTT-4.4.0-1]", () => {
    const { broker, subscriber, publisher } = pair(version);
    publisher.publish("t", "x", { qos: 1, packetId: 1 });
    publisher.publish("t", "y", { qos: 2, packetId: 2 });
    expect(publishes(subscriber).length).toBe(2);
    broker.clock.advance(500_000);
    expect(subscriber.take()).toEqual([]);
  });

  test("after PUBACK and after PUBCOMP, the publisher's identifier is a new message, with DUP or without [MQTT-4.3.2-5] [MQTT-4.3.3-12]", () => {
    const { subscriber, publisher } = pair(version);
    publisher.publish("t", "1", { qos: 1, packetId: 5 });
    publisher.publish("t", "2", { qos: 1, packetId: 5, dup: true });
    publisher.publish("t", "3", { qos: 2, packetId: 5 });
    publisher.publish("t", "3", { qos: 2, packetId: 5, dup: true });
    publisher.publish("t", "ignored", { qos: 2, packetId: 5 });
    publisher.send(ack("pubrel", version, 5));
    publisher.publish("t", "4", { qos: 2, packetId: 5, dup: true });
    expect(subscriber.messages()).toEqual(["t: 1", "t: 2", "t: 3", "t: 4"]);
  });

  test("a full inflight window holds back QoS 1 and 2 messages, and nothing else [MQTT-3.3.4-9] [MQTT-3.3.4-10] [MQTT-4.9.0-1] [MQTT-4.9.0-2] [MQTT-4.9.0-3]", () => {
    const { subscriber, publisher } = pair(version, { maxInflight: 2 });
    for (let packetId = 1; packetId <= 4; packetId++)
      publisher.publish("t", `${packetId}`, { qos: 2, packetId });
    expect(subscriber.messages()).toEqual(["t: 1", "t: 2"]);
    publisher.publish("t", "quick");
    expect(subscriber.messages()).toEqual(["t: quick"]);
    subscriber.send({ type: "pingreq", version });
    expect(subscriber.next("pingresp").type).toBe("pingresp");
    subscriber.publish("from", "x", { qos: 1, packetId: 77 });
    expect(subscriber.take()).toMatchObject([{ type: "puback", packetId: 77 }]);
    // PUBREC frees no quota yet: the message is still in flight.
    subscriber.send(ack("pubrec", version, 1));
    expect(subscriber.take()).toEqual([ack("pubrel", version, 1)]);
    subscriber.send(ack("pubcomp", version, 1));
    expect(subscriber.messages()).toEqual(["t: 3"]);
  });

  test("a message is added to the session of each subscriber, online or offline [MQTT-4.5.0-1] [MQTT-4.1.0-1]", () => {
    const { broker, subscriber, publisher } = pair(version);
    const offline = broker.connect("offline", version, lasting(version));
    offline.subscribe("t", 1);
    offline.cut();
    for (let packetId = 1; packetId <= 3; packetId++)
      publisher.publish("t", `${packetId}`, { qos: 1, packetId });
    expect(subscriber.messages()).toEqual(["t: 1", "t: 2", "t: 3"]);
    broker.clock.advance(300_000);
    const back = broker.open(version);
    back.connect("offline", lasting(version));
    expect(back.messages()).toEqual(["t: 1", "t: 2", "t: 3"]);
    broker.clock.advance(500_000);
    publisher.publish("t", "4", { qos: 1, packetId: 4 });
    expect(back.messages()).toEqual(["t: 4"]);
  });

  test("UNSUBSCRIBE lets messages in flight be completed [MQTT-3.10.4-3] [MQTT-3.10.4-2]", () => {
    const { subscriber, publisher } = pair(version);
    publisher.publish("t", "x", { qos: 2, packetId: 1 });
    publisher.publish("t", "y", { qos: 1, packetId: 2 });
    const ids = publishes(subscriber).map(({ packetId }) => packetId ?? 0);
    subscriber.send({ type: "unsubscribe", version, packetId: 9, filters: ["#"], properties: {} });
    subscriber.next("unsuback");
    publisher.publish("t", "z", { qos: 2, packetId: 3 });
    const { back, rest } = reconnect(subscriber);
    expect(rest.map((packet) => packet.type === "publish" && [packet.packetId, packet.dup])).toEqual(
      ids.map((id) => [id, true]),
    );
    back.send(ack("pubrec", version, ids[0] ?? 0), ack("puback", version, ids[1] ?? 0));
    expect(back.take()).toEqual([ack("pubrel", version, ids[0] ?? 0)]);
    back.send(ack("pubcomp", version, ids[0] ?? 0));
    expect(reconnect(back).rest).toEqual([]);
  });
});

describe("MQTT 5", () => {
  test("a message in flight does not expire, and its handshake is completed [MQTT-4.3.3-7] [MQTT-4.3.3-13]", () => {
    const { broker, subscriber, publisher } = pair(5);
    const properties = { messageExpiryInterval: 10 };
    publisher.publish("t", "x", { qos: 2, packetId: 1, properties });
    const packetId = idOf(subscriber);
    broker.clock.advance(60_000);
    const { back, rest } = reconnect(subscriber);
    expect(rest).toMatchObject([{ type: "publish", packetId, dup: true }]);
    back.send(ack("pubrec", 5, packetId));
    expect(back.take()).toEqual([ack("pubrel", 5, packetId)]);
    publisher.send(ack("pubrel", 5, 1));
    expect(publisher.take().at(-1)).toEqual(ack("pubcomp", 5, 1));
  });

  test("a queued message's expiry interval counts down, and it is dropped when it expires [MQTT-3.3.2-5] [MQTT-3.3.2-6]", () => {
    const { broker, subscriber, publisher } = pair(5);
    subscriber.cut();
    publisher.publish("t", "long", { qos: 1, packetId: 1, properties: { messageExpiryInterval: 100 } });
    publisher.publish("t", "short", { qos: 1, packetId: 2, properties: { messageExpiryInterval: 10 } });
    publisher.publish("r", "kept", { retain: true, properties: { messageExpiryInterval: 40 } });
    broker.clock.advance(30_000);
    const { rest } = reconnect(subscriber);
    expect(rest).toMatchObject([{ topic: "t", properties: { messageExpiryInterval: 70 } }]);
    const late = broker.connect("late", 5);
    late.send({
      type: "subscribe",
      version: 5,
      packetId: 1,
      properties: {},
      subscriptions: [{ filter: "r", qos: 0, noLocal: false, retainAsPublished: false, retainHandling: 0 }],
    });
    expect(late.take()[1]).toMatchObject({ topic: "r", properties: { messageExpiryInterval: 10 } });
    broker.clock.advance(11_000);
    expect(broker.connect("later", 5).subscribe("r").type).toBe("suback");
  });

  test("parts of a second of the message expiry are rounded up, and it ends on time [MQTT-3.3.2-6]", () => {
    const { broker, subscriber, publisher } = pair(5);
    subscriber.cut();
    // A time at which now + 10000 - now is more than 10000 by some billionths: that is not another second.
    const now = 6385.4;
    broker.clock.advance(now);
    publisher.publish("t", "x", { qos: 2, packetId: 1, properties: { messageExpiryInterval: 10 } });
    const { message } = [...subscriber.connection.session!.queue][0]!;
    const left = [0, 1, 2499, 2500, 5001, 9001, 9999].map((time) => message.secondsLeft(now + time));
    expect(left).toEqual([10, 10, 8, 8, 5, 1, 1]);
    expect([9999, 10_001].map((time) => message.isExpired(now + time))).toEqual([false, true]);
    broker.clock.advance(9250);
    expect(reconnect(subscriber).rest).toMatchObject([{ properties: { messageExpiryInterval: 1 } }]);
  });

  test.each(["puback", "pubrec"] as const)(
    "a failure in %s completes the message: it is not sent again, and its quota is freed [MQTT-4.4.0-2]",
    (type) => {
      const { subscriber, publisher } = pair(5, { maxInflight: 1 });
      const qos = type === "puback" ? 1 : 2;
      publisher.publish("t", "1", { qos, packetId: 1 });
      publisher.publish("t", "2", { qos, packetId: 2 });
      const packetId = idOf(subscriber);
      subscriber.send(ack(type, 5, packetId, Reason.QuotaExceeded));
      expect(subscriber.messages()).toEqual(["t: 2"]);
      expect(reconnect(subscriber).rest).toMatchObject([{ type: "publish", dup: true }]);
    },
  );

  test("after a PUBREC with an error, the identifier is a new message [MQTT-4.3.3-9]", () => {
    let isAllowed = false;
    const broker = new TestBroker({}, { permissions: { mayPublish: () => isAllowed } });
    const other = broker.connect("other", 5);
    other.subscribe("#");
    const publisher = broker.connect("publisher", 5);
    publisher.publish("t", "no", { qos: 2, packetId: 1 });
    expect(publisher.take()).toEqual([ack("pubrec", 5, 1, Reason.NotAuthorized)]);
    isAllowed = true;
    publisher.publish("t", "yes", { qos: 2, packetId: 1 });
    expect(publisher.take()).toEqual([ack("pubrec", 5, 1)]);
    expect(other.messages()).toEqual(["t: yes"]);
  });

  test("a QoS 2 message beyond the receive maximum ends the connection with 0x93 [MQTT-3.3.4-7]", () => {
    const broker = new TestBroker({ receiveMaximum: 3 });
    const publisher = broker.connect("publisher", 5);
    for (let packetId = 1; packetId <= 3; packetId++) publisher.publish("t", "x", { qos: 2, packetId });
    publisher.publish("t", "x", { qos: 2, packetId: 2, dup: true });
    expect([publisher.take().length, publisher.state]).toEqual([4, "open"]);
    publisher.publish("t", "x", { qos: 2, packetId: 4 });
    expect(publisher.next("disconnect").reasonCode).toBe(Reason.ReceiveMaximumExceeded);
  });

  test("a message too large for the client counts as delivered, and the next ones are sent [MQTT-3.1.2-25] [MQTT-3.1.2-24]", () => {
    const broker = new TestBroker({ maxInflight: 1 });
    const small = broker.connect("small", 5, {
      properties: { maximumPacketSize: 40, sessionExpiryInterval: 60 },
    });
    small.subscribe("#", 2);
    const publisher = broker.connect("publisher", 5);
    for (const [index, text] of ["a", "b".repeat(50), "c", "d".repeat(33), "e"].entries()) {
      publisher.publish("t", text, { qos: ((index % 2) + 1) as 1 | 2, packetId: index + 1 });
    }
    const received: string[] = [];
    for (let round = 0; round < 8; round++) {
      for (const packet of small.take()) {
        if (packet.type === "pubrel") small.send(ack("pubcomp", 5, packet.packetId));
        if (packet.type !== "publish") continue;
        received.push(String(Buffer.from(packet.payload)));
        small.send(ack(packet.qos === 1 ? "puback" : "pubrec", 5, packet.packetId ?? 0));
      }
    }
    expect(received).toEqual(["a", "c", "d".repeat(33), "e"].filter((text) => text.length + 9 <= 40));
    expect(broker.broker.sessions.get("small")?.inflight.size).toBe(0);
  });

  test("the publisher's properties are forwarded unaltered and in order [MQTT-3.3.2-4] [MQTT-3.3.2-15] [MQTT-3.3.2-16] [MQTT-3.3.2-17] [MQTT-3.3.2-18] [MQTT-3.3.2-20]", () => {
    const properties = {
      payloadFormatIndicator: 1,
      contentType: "text/plain; charset=utf-8",
      responseTopic: "$answers/é",
      correlationData: new Uint8Array([0, 255, 0, 1]),
      userProperties: [
        ["k", "2"],
        ["k", "1"],
        ["", ""],
        ["a", "2"],
        ["k", "2"],
      ] as [string, string][],
    };
    for (const qos of [0, 1, 2] as const) {
      const { broker, subscriber, publisher } = pair(5);
      publisher.publish("t", "x", { qos, properties, retain: true });
      expect(subscriber.next("publish").properties).toEqual(properties);
      if (qos > 0) expect(reconnect(subscriber).rest).toMatchObject([{ properties }]);
      const late = broker.open(5);
      late.connect("late");
      late.send({
        type: "subscribe",
        version: 5,
        packetId: 1,
        properties: {},
        subscriptions: [{ filter: "#", qos: 2, noLocal: false, retainAsPublished: false, retainHandling: 0 }],
      });
      expect(late.take()[2]).toMatchObject({ retain: true, properties });
    }
  });
});
