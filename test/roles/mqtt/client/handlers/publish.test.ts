import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { TrafficEvent } from "../../../../../src/core/traffic.ts";
import { ServiceTraffic } from "../../../../../src/observe/service-traffic.ts";
import { encode } from "../../../../../src/protocol/mqtt/encode.ts";
import type { Version } from "../../../../../src/protocol/mqtt/packet.ts";
import { Reason } from "../../../../../src/protocol/mqtt/reason.ts";
import { TestBroker, type TestClient } from "../../support/test-broker.ts";

const versions: readonly Version[] = [3, 4, 5];
const ack = (type: "puback" | "pubrec" | "pubrel" | "pubcomp", version: Version, packetId: number) => ({
  type,
  version,
  packetId,
  reasonCode: 0,
  properties: {},
});

function pair(publisherVersion: Version, subscriberVersion: Version) {
  const test = new TestBroker();
  const subscriber = test.connect("subscriber", subscriberVersion);
  const publisher = test.connect("publisher", publisherVersion);
  return { test, subscriber, publisher };
}

for (const from of versions) {
  for (const to of versions) {
    describe(`from version ${from} to version ${to}`, () => {
      for (const qos of [0, 1, 2] as const) {
        for (const granted of [0, 1, 2] as const) {
          test(`a QoS ${qos} message is delivered to a QoS ${granted} subscription at the lower of the two`, () => {
            const { subscriber, publisher } = pair(from, to);
            expect(subscriber.subscribe("sister/+", granted)).toMatchObject({ reasonCodes: [granted] });
            publisher.publish("sister/temp", "Suhu: 28°C", { qos, packetId: 77 });
            const message = subscriber.next("publish");
            expect(message).toMatchObject({ topic: "sister/temp", dup: false, retain: false });
            expect(message.qos).toBe(Math.min(qos, granted) as 0 | 1 | 2); // [MQTT-3.8.4-8]
            expect(new TextDecoder().decode(message.payload)).toBe("Suhu: 28°C");
          });
        }
      }

      test("messages in one chunk are delivered in order, each with its own identifier [MQTT-4.6.0-6]", () => {
        const { subscriber, publisher } = pair(from, to);
        subscriber.subscribe("#", 1);
        const texts = ["one", "two", "six", "four", "five"];
        publisher.send(
          ...texts.map((text, index) => publisher.message("a", text, { qos: 1, packetId: index + 1 })),
        );
        const received = subscriber.take();
        expect(received.map((packet) => packet.type === "publish" && packet.packetId)).toEqual([
          1, 2, 3, 4, 5,
        ]);
        const payloads = received.map(
          (packet) => packet.type === "publish" && String(Buffer.from(packet.payload)),
        );
        expect(payloads).toEqual(texts);
        expect(publisher.take().map((packet) => packet.type === "puback" && packet.packetId)).toEqual([
          1, 2, 3, 4, 5,
        ]);
      });
    });
  }
}

for (const version of versions) {
  describe(`version ${version}`, () => {
    test("QoS 1 is acknowledged with its identifier [MQTT-4.3.2-4]", () => {
      const { subscriber, publisher } = pair(version, version);
      subscriber.subscribe("a", 1);
      publisher.publish("a", "x", { qos: 1, packetId: 513 });
      expect(publisher.take()).toEqual([ack("puback", version, 513)]);
    });

    test("QoS 2 is delivered once, however often it is sent before PUBREL [MQTT-4.3.3-10]", () => {
      const { subscriber, publisher } = pair(version, version);
      subscriber.subscribe("a", 0);
      publisher.publish("a", "once", { qos: 2, packetId: 5 });
      publisher.publish("a", "once", { qos: 2, packetId: 5, dup: true });
      expect(publisher.take()).toEqual([ack("pubrec", version, 5), ack("pubrec", version, 5)]);
      publisher.send(ack("pubrel", version, 5));
      expect(publisher.take()).toEqual([ack("pubcomp", version, 5)]);
      expect(subscriber.messages()).toEqual(["a: once"]);
      publisher.publish("a", "the next", { qos: 2, packetId: 5 });
      expect(subscriber.messages()).toEqual(["a: the next"]);
    });

    test("QoS 2 is delivered in four steps [MQTT-4.3.3-1]", () => {
      const { subscriber, publisher } = pair(version, version);
      subscriber.subscribe("a", 2);
      publisher.publish("a", "x", { qos: 2, packetId: 5 });
      const packetId = subscriber.next("publish").packetId ?? 0;
      subscriber.send(ack("pubrec", version, packetId));
      expect(subscriber.take()).toEqual([ack("pubrel", version, packetId)]);
      expect(subscriber.connection.session?.inflight.size).toBe(1);
      subscriber.send(ack("pubcomp", version, packetId));
      expect(subscriber.connection.session?.inflight.size).toBe(0);
      expect(subscriber.take()).toEqual([]);
    });

    test("the publisher's DUP flag is not forwarded [MQTT-3.3.1-3]", () => {
      const { subscriber, publisher } = pair(version, version);
      subscriber.subscribe("a", 1);
      publisher.publish("a", "x", { qos: 1, packetId: 3, dup: true });
      expect(subscriber.next("publish").dup).toBe(false);
    });

    test("packets split at any byte are reassembled", () => {
      const { subscriber, publisher } = pair(version, version);
      subscriber.subscribe("#", 0);
      const messages = [
        publisher.message("a", "first"),
        publisher.message("b/c", "second", { qos: 1 }),
        publisher.message("long", "x".repeat(300)),
      ];
      const bytes = Buffer.concat(messages.map((message) => encode(message)));
      const cuts = fc.array(fc.nat({ max: bytes.length }), { maxLength: 6 });
      fc.assert(
        fc.property(cuts, (at) => {
          const places = [0, ...at.sort((one, other) => one - other), bytes.length];
          for (const [index, place] of places.entries()) {
            if (index > 0) publisher.sendBytes(bytes.subarray(places[index - 1], place));
          }
          expect(subscriber.messages()).toEqual(["a: first", "b/c: second", `long: ${"x".repeat(300)}`]);
        }),
        { numRuns: 60 },
      );
    });
  });
}

test("any mix of messages is delivered complete and in order, whatever publish runs it makes", () => {
  const message = fc.record({
    topic: fc.constantFrom("a", "b", "c/d"),
    text: fc.constantFrom("", "same", "size", "longer than the others"),
    qos: fc.constantFrom<0 | 1 | 2>(0, 0, 0, 1, 2),
    retain: fc.constantFrom(false, false, false, true),
    properties: fc.constantFrom(
      {},
      {},
      { contentType: "t" },
      { topicAlias: 1 },
      { messageExpiryInterval: 60 },
    ),
  });
  const version = fc.constantFrom<Version>(4, 5);
  fc.assert(
    fc.property(fc.array(message, { maxLength: 40 }), version, version, (sent, from, to) => {
      const { subscriber, publisher } = pair(from, to);
      subscriber.subscribe("#", 2);
      const packets = sent.map(({ text, properties, ...rest }, index) =>
        publisher.message(rest.topic, text, {
          ...rest,
          ...(rest.qos > 0 && { packetId: index + 1 }),
          properties: from === 5 ? properties : {},
        }),
      );
      publisher.send(...packets);
      const received = subscriber.take();
      const seen = received.map((packet) => {
        if (packet.type !== "publish") throw new Error(`unexpected ${packet.type}`);
        const text = String(Buffer.from(packet.payload));
        return [packet.topic, text, packet.qos, packet.retain, packet.properties.contentType];
      });
      const expected = sent.map(({ topic, text, qos, properties }) => {
        const type =
          from === 5 && to === 5 && "contentType" in properties ? properties.contentType : undefined;
        return [topic, text, qos, false, type];
      });
      expect(seen).toEqual(expected);
      const ids = received.flatMap((packet) =>
        packet.type === "publish" && packet.qos > 0 ? [packet.packetId] : [],
      );
      expect(new Set(ids).size).toBe(ids.length); // [MQTT-2.2.1-4]
    }),
    { numRuns: 200 },
  );
});

describe("the same topic again and again", () => {
  const repeat = (count: number, client: TestClient) =>
    Array.from({ length: count }, (_, index) => client.message("a", `n${index % 10}`));

  test("is counted as if each message came alone", () => {
    for (const version of versions) {
      const [together, alone] = [pair(version, version), pair(version, version)];
      for (const { subscriber } of [together, alone]) subscriber.subscribe("#");
      const messages = repeat(700, together.publisher);
      together.publisher.send(...messages);
      for (const message of messages) alone.publisher.send(message);
      expect(together.subscriber.messages()).toEqual(alone.subscriber.messages());
      expect(together.test.broker.stats()).toEqual(alone.test.broker.stats());
    }
  });

  test("is observed as if each message came alone", () => {
    for (const rate of [0, 3, 1000]) {
      const observe = (send: (client: TestClient) => void) => {
        const seen: string[] = [];
        let left = 0;
        const observer = {
          rates: { message: rate },
          observe: (event: TrafficEvent) => void seen.push(event.kind),
          sampledOut: (_: string, __: string, count: number) => {
            left += count;
          },
        };
        const traffic = new ServiceTraffic("mqtt", new Set([observer]));
        const publisher = new TestBroker({}, { traffic }).connect("publisher");
        send(publisher);
        traffic.reportSampledOut();
        return [seen.length, left];
      };
      const together = observe((client) => client.send(...repeat(50, client)));
      const alone = observe((client) => {
        for (const message of repeat(50, client)) client.send(message);
      });
      expect(together).toEqual(alone);
      expect(together[0]! + together[1]!).toBe(rate === 0 ? 0 : 52); // CONNECT and CONNACK, too
    }
  });

  test("is throttled as if each message came alone", () => {
    const publisher = new TestBroker({ maxPublishRate: 10 }).connect("publisher");
    publisher.send(...repeat(30, publisher));
    expect(publisher.test.broker.stats().messages_received_total).toBe(10);
  });

  test("ends with the first message that is different or wrong", () => {
    const { subscriber, publisher } = pair(4, 4);
    subscriber.subscribe("#");
    const wrong = Buffer.from([0x38, 5, 0, 1, 0x61, 0x6e, 0x30]); // DUP at QoS 0
    publisher.sendBytes(Buffer.concat([...repeat(3, publisher).map((one) => encode(one)), wrong]));
    expect(subscriber.messages()).toEqual(["a: n0", "a: n1", "a: n2"]);
    expect(publisher.state).not.toBe("open");
  });
});

describe("MQTT 5", () => {
  const properties = {
    payloadFormatIndicator: 1,
    contentType: "text/plain",
    responseTopic: "answers",
    correlationData: new Uint8Array([1, 2]),
    userProperties: [
      ["b", "1"],
      ["a", "2"],
      ["b", "3"],
    ] as [string, string][],
  };

  test("properties are forwarded unaltered and in order [MQTT-3.3.2-17] [MQTT-3.3.2-18]", () => {
    const { subscriber, publisher } = pair(5, 5);
    subscriber.subscribe("a");
    publisher.publish("a", "x", { properties: { ...properties, topicAlias: 3, messageExpiryInterval: 60 } });
    expect(subscriber.next("publish").properties).toEqual({ ...properties, messageExpiryInterval: 60 });
  });

  test("properties are not sent to an older client", () => {
    const { subscriber, publisher } = pair(5, 4);
    subscriber.subscribe("a");
    publisher.publish("a", "x", { properties });
    publisher.publish("a", "y", { properties });
    expect(subscriber.messages()).toEqual(["a: x", "a: y"]);
  });

  test("a topic alias stands for its topic until it is reassigned [MQTT-3.3.2-12]", () => {
    const { subscriber, publisher } = pair(5, 5);
    subscriber.subscribe("#");
    publisher.publish("a", "1", { properties: { topicAlias: 1 } });
    publisher.publish("", "2", { properties: { topicAlias: 1 } });
    publisher.publish("b", "3", { properties: { topicAlias: 1 } });
    publisher.publish("", "4", { properties: { topicAlias: 1 } });
    expect(subscriber.messages()).toEqual(["a: 1", "a: 2", "b: 3", "b: 4"]);
  });

  test("a topic alias is local to its connection, and is not forwarded [MQTT-3.3.2-7]", () => {
    const { subscriber, publisher } = pair(5, 5);
    subscriber.subscribe("#");
    publisher.publish("a", "1", { properties: { topicAlias: 1, contentType: "t" } });
    expect(subscriber.next("publish").properties).toEqual({ contentType: "t" });
  });

  test("messages of equal size are no publish run when their properties differ", () => {
    const { subscriber, publisher } = pair(5, 4);
    subscriber.subscribe("#");
    const withProperty = publisher.message("a", "abcd", { properties: { contentType: "t" } });
    publisher.send(withProperty, publisher.message("a", "abcdefgh"), publisher.message("a", "ABCDEFGH"));
    expect(subscriber.messages()).toEqual(["a: abcd", "a: abcdefgh", "a: ABCDEFGH"]);
  });

  test("a topic alias above the maximum, or an unassigned one, is an error [MQTT-3.3.2-9]", () => {
    const test = new TestBroker({ topicAliasMaximum: 2 });
    const beyond = test.connect("beyond", 5);
    beyond.publish("a", "x", { properties: { topicAlias: 3 } });
    expect(beyond.next("disconnect").reasonCode).toBe(Reason.TopicAliasInvalid);
    const unknown = test.connect("unknown", 5);
    unknown.publish("", "x", { properties: { topicAlias: 1 } });
    expect(unknown.next("disconnect").reasonCode).toBe(Reason.ProtocolError);
  });

  test("a subscription identifier from a client is an error [MQTT-3.3.4-6]", () => {
    const client = new TestBroker().connect("a", 5);
    client.publish("a", "x", { properties: { subscriptionIdentifiers: [1] } });
    expect(client.next("disconnect").reasonCode).toBe(Reason.ProtocolError);
  });

  test("the acknowledgement says when there are no matching subscribers", () => {
    const client = new TestBroker().connect("a", 5);
    client.publish("a", "x", { qos: 1 });
    expect(client.next("puback").reasonCode).toBe(Reason.NoMatchingSubscribers);
    client.publish("a", "x", { qos: 2 });
    expect(client.next("pubrec").reasonCode).toBe(Reason.NoMatchingSubscribers);
  });

  test("more QoS 2 messages in flight than the receive maximum are an error [MQTT-3.3.4-7]", () => {
    const client = new TestBroker({ receiveMaximum: 2 }).connect("a", 5);
    for (const packetId of [1, 2, 3]) client.publish("a", "x", { qos: 2, packetId });
    expect(client.take().map((packet) => "reasonCode" in packet && packet.reasonCode)).toEqual([
      Reason.NoMatchingSubscribers,
      Reason.NoMatchingSubscribers,
      Reason.ReceiveMaximumExceeded,
    ]);
  });

  test("a client gets no packet larger than its maximum packet size [MQTT-3.1.2-25]", () => {
    const test = new TestBroker();
    const small = test.connect("small", 5, { properties: { maximumPacketSize: 30 } });
    const publisher = test.connect("publisher");
    for (const filter of ["q0", "q1"]) small.subscribe(filter, 1);
    for (const qos of [0, 1] as const) {
      publisher.publish(`q${qos}`, "x".repeat(30), { qos });
      publisher.publish(`q${qos}`, "fits", { qos });
    }
    expect(small.messages()).toEqual(["q0: fits", "q1: fits"]);
    expect(test.broker.stats().dropped_total).toBe(2);
  });

  test("PUBREC with an error ends the delivery [MQTT-4.3.3-4]", () => {
    const { subscriber, publisher } = pair(4, 5);
    subscriber.subscribe("a", 2);
    publisher.publish("a", "x", { qos: 2 });
    const { packetId = 0 } = subscriber.next("publish");
    subscriber.send({ ...ack("pubrec", 5, packetId), reasonCode: Reason.QuotaExceeded });
    expect(subscriber.take()).toEqual([]);
    expect(subscriber.connection.session?.inflight.size).toBe(0);
  });

  test("acknowledgements of messages that were never sent are answered with an error", () => {
    const client = new TestBroker().connect("a", 5);
    client.send(ack("puback", 5, 9), ack("pubcomp", 5, 9));
    expect(client.take()).toEqual([]);
    client.send(ack("pubrec", 5, 9), ack("pubrel", 5, 9));
    expect(client.take()).toMatchObject([
      { type: "pubrel", packetId: 9, reasonCode: Reason.PacketIdentifierNotFound },
      { type: "pubcomp", packetId: 9, reasonCode: Reason.PacketIdentifierNotFound },
    ]);
  });
});

describe("a PUBLISH that is not allowed", () => {
  const permissions = { mayPublish: (topic: string) => topic !== "secret" };

  function setup(version: Version): { subscriber: TestClient; publisher: TestClient } {
    const test = new TestBroker({}, { permissions });
    const subscriber = test.connect("subscriber");
    subscriber.subscribe("#");
    return { subscriber, publisher: test.connect("publisher", version) };
  }

  test("is refused with a reason in MQTT 5, and silently dropped before [MQTT-3.3.5-2]", () => {
    for (const version of [4, 5] as const) {
      const { subscriber, publisher } = setup(version);
      publisher.publish("secret", "x", { qos: 1 });
      publisher.publish("open", "y", { qos: 1 });
      publisher.publish("secret", "z");
      const codes = publisher.take().map((packet) => "reasonCode" in packet && packet.reasonCode);
      expect(codes).toEqual([version === 5 ? Reason.NotAuthorized : 0, 0]);
      expect(subscriber.messages()).toEqual(["open: y"]);
    }
  });

  test("to a $SYS topic is dropped, whatever access says", () => {
    const test = new TestBroker({ sysInterval: 0 }, { permissions: { mayPublish: () => true } });
    const subscriber = test.connect("subscriber");
    subscriber.subscribe("$SYS/#");
    test.connect("publisher").publish("$SYS/broker/uptime", "0");
    expect(subscriber.messages()).toEqual([]);
    // Without rules nobody blames them.
    expect(test.log.filter((line) => line.includes("$SYS/broker/uptime"))).toEqual([
      expect.stringMatching(
        /^info Refused .*: it may not publish to \$SYS\/broker\/uptime, which is the broker's own$/,
      ),
    ]);
  });
});
