import { describe, expect, test } from "bun:test";
import { encode } from "../../../../src/protocol/mqtt/encode.ts";
import { isReasonOf, Reason } from "../../../../src/protocol/mqtt/reason.ts";
import { reachesAllBut, TestBroker, type TestClient } from "../support/test-broker.ts";
import {
  ack,
  connectPacket,
  disconnectPacket,
  hex,
  publishes,
  subscribeTo,
  unsubscribeFrom,
  versions,
} from "./kit.ts";

const refusing = { mayPublish: () => false, reach: () => "none" as const };

describe.each(versions)("version %d", (version) => {
  test("each QoS gets its acknowledgement, with the identifier of the PUBLISH [MQTT-3.3.4-1] [MQTT-2.2.1-5] [MQTT-4.3.3-8] [MQTT-4.3.3-11]", () => {
    const broker = new TestBroker();
    const client = broker.connect("a", version);
    broker.connect("b", version).subscribe("t");
    client.publish("t", "x");
    expect(client.take()).toEqual([]);
    client.publish("t", "x", { qos: 1, packetId: 0x1234 });
    expect(client.take()).toEqual([ack("puback", version, 0x1234)]);
    client.publish("t", "x", { qos: 2, packetId: 0xffff });
    expect(client.take()).toEqual([ack("pubrec", version, 0xffff)]);
    client.send(ack("pubrel", version, 0xffff));
    expect(client.take()).toEqual([ack("pubcomp", version, 0xffff)]);
  });

  test("SUBSCRIBE and UNSUBSCRIBE are answered with their identifiers, even when nothing changes [MQTT-2.2.1-6] [MQTT-3.8.4-1] [MQTT-3.8.4-2] [MQTT-3.10.4-4] [MQTT-3.10.4-5]", () => {
    const client = new TestBroker().connect("a", version);
    client.send(subscribeTo(version, ["a"], 1, 0x100));
    expect(client.next("suback")).toMatchObject({ packetId: 0x100, reasonCodes: [1] });
    client.send(subscribeTo(version, ["a"], 1, 0xffff));
    expect(client.next("suback")).toMatchObject({ packetId: 0xffff, reasonCodes: [1] });
    client.send(unsubscribeFrom(version, ["nobody/has/it"], 7));
    expect(client.next("unsuback").packetId).toBe(7);
  });

  test("several filters work as several packets, with one answer and codes in order [MQTT-3.8.4-5] [MQTT-3.9.3-1] [MQTT-3.10.4-6] [MQTT-3.11.3-1]", () => {
    const broker = new TestBroker({}, { permissions: { reach: reachesAllBut("secret") } });
    const client = broker.connect("a", version);
    const subscribe = subscribeTo(version, ["a", "secret", "b", "a"]);
    const subscriptions = subscribe.subscriptions.map((each, index) => ({
      ...each,
      qos: ([0, 1, 1, 2] as const)[index] ?? 0,
    }));
    client.send({ ...subscribe, subscriptions });
    const refused = version === 5 ? Reason.NotAuthorized : 0x80;
    expect(client.next("suback").reasonCodes).toEqual([0, refused, 1, 2]); // [MQTT-3.8.4-7]
    expect(broker.broker.stats().subscriptions).toBe(2);
    client.send(unsubscribeFrom(version, ["b", "nothing", "a", "a"]));
    const codes = [0, Reason.NoSubscriptionExisted, 0, Reason.NoSubscriptionExisted];
    expect(client.next("unsuback").reasonCodes).toEqual(version === 5 ? codes : []);
    expect(broker.broker.stats().subscriptions).toBe(0);
  });

  test("each SUBACK code is the granted QoS, and messages are sent at it [MQTT-3.8.4-7] [MQTT-3.8.4-8]", () => {
    const broker = new TestBroker();
    const publisher = broker.connect("publisher", version);
    for (const granted of [0, 1, 2] as const) {
      const client = broker.connect(`c${granted}`, version);
      expect(client.subscribe("t", granted)).toMatchObject({ reasonCodes: [granted] });
      for (const qos of [0, 1, 2] as const) publisher.publish("t", "x", { qos, packetId: qos + 1 });
      publisher.send(ack("pubrel", version, 3));
      const got: number[] = publishes(client).map(({ qos }) => qos);
      expect(got).toEqual([0, Math.min(1, granted), Math.min(2, granted)]);
    }
  });

  test("every refusal has a reason code that its packet may have [MQTT-3.2.2-8] [MQTT-3.4.2-1] [MQTT-3.5.2-1] [MQTT-3.6.2-1] [MQTT-3.7.2-1] [MQTT-3.9.3-2] [MQTT-3.11.3-2] [MQTT-3.9.3-2 of 3.1.1]", () => {
    const answers = everyAnswer(version);
    const types = new Set<string>(answers.map(({ type }) => type));
    expect([...types].sort()).toEqual([
      "connack",
      ...(version === 5 ? ["disconnect"] : []),
      ...["puback", "pubcomp", "pubrec", "pubrel", "suback", "unsuback"],
    ]);
    for (const answer of answers) {
      const codes =
        "reasonCodes" in answer ? answer.reasonCodes : "reasonCode" in answer ? [answer.reasonCode] : [];
      for (const code of codes) {
        if (version === 5)
          expect([answer.type, code, isReasonOf(answer.type, code)]).toEqual([answer.type, code, true]);
        else if (answer.type === "suback") expect([0, 1, 2, 0x80]).toContain(code);
        else if (answer.type === "connack") expect([0, 1, 2, 3, 4, 5]).toContain(code);
        else expect(code).toBe(0);
      }
    }
  });

  test("PINGREQ is answered [MQTT-3.12.4-1]", () => {
    const client = new TestBroker().connect("a", version);
    client.sendBytes(hex("c000 c000"));
    expect(client.take().map(({ type }) => type)).toEqual(["pingresp", "pingresp"]);
  });

  test("a client that may not publish or subscribe gets the code of its version [MQTT-3.3.5-2 of 3.1.1]", () => {
    const broker = new TestBroker({}, { permissions: refusing });
    const other = broker.connect("other", version);
    const client = broker.connect("a", version);
    client.publish("t", "x", { qos: 1, packetId: 1 });
    client.publish("t", "x", { qos: 2, packetId: 2 });
    const reason = version === 5 ? Reason.NotAuthorized : 0;
    expect(client.take()).toEqual([ack("puback", version, 1, reason), ack("pubrec", version, 2, reason)]);
    client.send(subscribeTo(version, ["t"]));
    expect(client.next("suback").reasonCodes).toEqual([version === 5 ? Reason.NotAuthorized : 0x80]);
    expect(other.take()).toEqual([]);
  });
});

/** Every answer that a client can get from the broker, refusals first. */
function everyAnswer(version: 3 | 4 | 5) {
  const broker = new TestBroker(
    {},
    {
      access: {
        ...refusing,
        authenticate: ({ clientId }) => (clientId === "no" ? Reason.BadUserNameOrPassword : 0),
      },
    },
  );
  const refused = broker.open(version);
  refused.send(connectPacket(version, "no"));
  const client = broker.connect("a", version);
  sendEveryRequest(client, version);
  const open = new TestBroker();
  const allowed = open.connect("allowed", version);
  sendEveryRequest(allowed, version);
  allowed.send(disconnectPacket(version), connectPacket(version, "x"));
  return [...refused.take(), ...client.take(), ...allowed.take()];
}

function sendEveryRequest(client: TestClient, version: 3 | 4 | 5): void {
  client.publish("t", "x", { qos: 1, packetId: 1 });
  client.publish("t", "x", { qos: 2, packetId: 2 });
  client.send(ack("pubrel", version, 2), ack("pubrel", version, 99), ack("pubrec", version, 98));
  client.send(ack("puback", version, 97), ack("pubcomp", version, 96));
  client.send(subscribeTo(version, ["s", "#"]), unsubscribeFrom(version, ["s", "nothing"]));
  client.publish("s/+", "x");
}

describe("an MQTT 5 client's maximum packet size", () => {
  const sizes = [5, 8, 12, 16, 20, 24, 28, 32, 48, 64, 96];

  test.each(sizes)(
    "is %d: no answer is larger than the client accepts [MQTT-3.1.2-24]",
    (maximumPacketSize) => {
      for (const access of [{}, refusing]) {
        const client = new TestBroker({}, { access }).open(5);
        client.send(connectPacket(5, "a", { properties: { maximumPacketSize } }));
        sendEveryRequest(client, 5);
        for (const answer of client.take())
          expect(encode(answer).length).toBeLessThanOrEqual(maximumPacketSize);
      }
    },
  );

  test("may leave out a DISCONNECT's reason string, but not its reason code [MQTT-3.14.2-3]", () => {
    const client = new TestBroker().connect("a", 5, { properties: { maximumPacketSize: 20 } });
    client.sendBytes(hex("c1 00"));
    const { reasonCode, properties } = client.next("disconnect");
    expect([reasonCode, properties]).toEqual([Reason.MalformedPacket, {}]);
  });

  test("that is too small for a CONNACK ends the connection", () => {
    const client = new TestBroker().open(5);
    client.send(connectPacket(5, "a", { properties: { maximumPacketSize: 4 } }));
    expect([client.take(), client.state]).toEqual([[], "ended"]);
  });
});
