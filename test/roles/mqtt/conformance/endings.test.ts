import { describe, expect, test } from "bun:test";
import { isFailure, Reason } from "../../../../src/protocol/mqtt/reason.ts";
import { TestBroker } from "../support/test-broker.ts";
import { connectPacket, hex, versions } from "./kit.ts";

const payload = new TextEncoder().encode("gone");
const will = { topic: "will", payload, qos: 0, retain: false, properties: {} } as const;

/** Invalid packets on an open connection: the bytes in MQTT 3.1.1, those in MQTT 5, and the reason code. */
const violations: Readonly<Record<string, readonly [four: string, five: string, reason: number]>> = {
  "a second CONNECT [MQTT-3.1.0-2]": [
    "10 0d 0004 4d515454 04 02 003c 0001 61",
    "10 0e 0004 4d515454 05 02 003c 00 0001 61",
    Reason.ProtocolError,
  ],
  "a CONNACK": ["20 02 00 00", "20 03 00 00 00", Reason.ProtocolError],
  "a SUBACK": ["90 03 0001 00", "90 04 0001 00 00", Reason.ProtocolError],
  "an UNSUBACK": ["b0 02 0001", "b0 04 0001 00 00", Reason.ProtocolError],
  "a PINGRESP": ["d0 00", "d0 00", Reason.ProtocolError],
  "the packet type 0": ["00 00", "00 00", Reason.MalformedPacket],
  "DISCONNECT with flags [MQTT-3.14.1-1] [MQTT-2.1.3-1]": ["e1 00", "e1 00", Reason.MalformedPacket],
  "PINGREQ with flags [MQTT-2.1.3-1]": ["c2 00", "c2 00", Reason.MalformedPacket],
  "PUBACK with flags [MQTT-2.1.3-1]": ["42 02 0001", "42 02 0001", Reason.MalformedPacket],
  "PUBREL without its flags [MQTT-3.6.1-1]": ["60 02 0001", "60 02 0001", Reason.MalformedPacket],
  "SUBSCRIBE without its flags [MQTT-3.8.1-1]": [
    "80 06 0001 0001 61 00",
    "80 07 0001 00 0001 61 00",
    Reason.MalformedPacket,
  ],
  "UNSUBSCRIBE without its flags [MQTT-3.10.1-1]": [
    "a0 05 0001 0001 61",
    "a0 06 0001 00 0001 61",
    Reason.MalformedPacket,
  ],
  "SUBSCRIBE to nothing [MQTT-3.8.3-2]": ["82 02 0001", "82 03 0001 00", Reason.ProtocolError],
  "UNSUBSCRIBE from nothing [MQTT-3.10.3-2]": ["a2 02 0001", "a2 03 0001 00", Reason.ProtocolError],
  "SUBSCRIBE with reserved bits [MQTT-3.8.3-5] [MQTT-3.8.3-4 of 3.1.1]": [
    "82 06 0001 0001 61 80",
    "82 07 0001 00 0001 61 80",
    Reason.MalformedPacket,
  ],
  "SUBSCRIBE at QoS 3 [MQTT-3.8.3-4 of 3.1.1]": [
    "82 06 0001 0001 61 03",
    "82 07 0001 00 0001 61 03",
    Reason.MalformedPacket,
  ],
  "SUBSCRIBE with the identifier 0 [MQTT-2.2.1-3]": [
    "82 06 0000 0001 61 00",
    "82 07 0000 00 0001 61 00",
    Reason.ProtocolError,
  ],
  "UNSUBSCRIBE with the identifier 0 [MQTT-2.2.1-3]": [
    "a2 05 0000 0001 61",
    "a2 06 0000 00 0001 61",
    Reason.ProtocolError,
  ],
  "PUBLISH with the identifier 0 [MQTT-2.2.1-3]": [
    "32 05 0001 61 0000",
    "32 06 0001 61 0000 00",
    Reason.ProtocolError,
  ],
  "PUBACK with the identifier 0": ["40 02 0000", "40 02 0000", Reason.ProtocolError],
  "PUBLISH at QoS 3 [MQTT-3.3.1-4]": ["36 05 0001 61 0001", "36 06 0001 61 0001 00", Reason.MalformedPacket],
  "PUBLISH at QoS 0 with DUP [MQTT-3.3.1-2]": ["38 03 0001 61", "38 04 0001 61 00", Reason.MalformedPacket],
  "a length of five bytes [MQTT-1.5.5-1]": ["30 ff ff ff ff 01", "30 ff ff ff ff 01", Reason.MalformedPacket],
};

/** Invalid packets that exist in MQTT 5 only. */
const violationsOf5: Readonly<Record<string, readonly [bytes: string, reason: number]>> = {
  "AUTH with flags [MQTT-3.15.1-1]": ["f1 00", Reason.MalformedPacket],
  "AUTH with another packet's reason [MQTT-3.15.2-1]": ["f0 02 04 00", Reason.ProtocolError],
  "AUTH without a method in CONNECT [MQTT-4.12.0-6]": ["f0 06 19 04 15 0001 78", Reason.ProtocolError],
  "DISCONNECT with another packet's reason [MQTT-3.14.2-1]": ["e0 01 01", Reason.ProtocolError],
  "DISCONNECT with a session expiry after a CONNECT without [MQTT-3.14.2-2]": [
    "e0 07 00 05 11 00000009",
    Reason.ProtocolError,
  ],
  "PUBLISH with a subscription identifier [MQTT-3.3.4-6]": ["30 06 0001 61 02 0b01", Reason.ProtocolError],
  "PUBLISH with topic alias 0 [MQTT-3.3.2-8]": ["30 07 0001 61 03 230000", Reason.TopicAliasInvalid],
  "PUBLISH with a topic alias above the maximum [MQTT-3.2.2-17] [MQTT-3.3.2-9]": [
    "30 07 0001 61 03 230021",
    Reason.TopicAliasInvalid,
  ],
  "PUBLISH with a response topic that has wildcards [MQTT-3.3.2-14]": [
    "30 08 0001 61 04 080001 23",
    Reason.ProtocolError,
  ],
  "PUBLISH with a property length longer than need be [MQTT-1.5.5-1]": [
    "30 05 0001 61 8000",
    Reason.MalformedPacket,
  ],
  "SUBSCRIBE with retain handling 3": ["82 07 0001 00 0001 61 30", Reason.ProtocolError],
  "SUBSCRIBE with two identifiers": ["82 0b 0001 04 0b01 0b02 0001 61 00", Reason.ProtocolError],
};

describe.each(versions)("version %d", (version) => {
  const all = [
    ...Object.entries(violations).map(
      ([name, [four, five, reason]]) => [name, version === 5 ? five : four, reason] as const,
    ),
    ...(version === 5
      ? Object.entries(violationsOf5).map(([name, [bytes, reason]]) => [name, bytes, reason] as const)
      : []),
  ];

  test.each(all)(
    "%s closes its own connection only, with a reason in MQTT 5, and its will is published [MQTT-4.13.1-1] [MQTT-4.13.2-1] [MQTT-3.14.4-1] [MQTT-3.14.4-2]",
    (_, bytes, reason) => {
      const broker = new TestBroker();
      const other = broker.connect("other", version);
      other.subscribe("#");
      const culprit = broker.connect("culprit", version, { will });
      culprit.sendBytes(hex(bytes));
      expect(culprit.state).toBe("ended");
      const last = culprit.take();
      expect(last.map((packet) => packet.type === "disconnect" && packet.reasonCode)).toEqual(
        version === 5 ? [reason] : [],
      );
      culprit.sendBytes(hex("c000"));
      expect(culprit.take()).toEqual([]);
      expect(other.messages()).toEqual(["will: gone"]);
      expect([other.state, broker.broker.stats().connections]).toEqual(["open", 1]);
    },
  );

  test("a packet larger than maxPacketSize ends the connection before it has arrived completely [MQTT-3.2.2-15]", () => {
    const broker = new TestBroker({ maxPacketSize: 100 });
    const fits = broker.connect("fits", version);
    fits.publish("t", "x".repeat(100 - 2 - 3 - (version === 5 ? 1 : 0)));
    expect(fits.state).toBe("open");
    const client = broker.connect("large", version);
    client.sendBytes(hex("30 63 0001"));
    expect(client.state).toBe("ended");
    expect(client.take()).toMatchObject(
      version === 5 ? [{ type: "disconnect", reasonCode: Reason.PacketTooLarge }] : [],
    );
  });
});

describe("MQTT 5", () => {
  test("with topicAliasMaximum 0, a topic alias ends the connection [MQTT-3.2.2-18]", () => {
    const broker = new TestBroker({ topicAliasMaximum: 0 });
    const client = broker.open(5);
    client.connect("a");
    expect(client.next("connack").properties.topicAliasMaximum ?? 0).toBe(0);
    client.publish("t", "x", { properties: { topicAlias: 1 } });
    expect(client.next("disconnect").reasonCode).toBe(Reason.TopicAliasInvalid);
  });

  test("the server's DISCONNECT has a server's reason code and no session expiry [MQTT-3.14.2-1] [MQTT-3.14.2-2]", () => {
    const broker = new TestBroker();
    const properties = { sessionExpiryInterval: 60 };
    const idle = broker.connect("idle", 5, { keepAlive: 1, properties });
    broker.clock.advance(3000);
    const first = broker.connect("twin", 5, { properties });
    broker.open(5).send(connectPacket(5, "twin", { properties }));
    const faulty = broker.connect("faulty", 5, { properties });
    faulty.sendBytes(hex("00 00"));
    const last = broker.connect("last", 5, { properties });
    broker.broker.stop();
    const disconnects = [idle, first, faulty, last].map((client) => client.next("disconnect"));
    expect(disconnects.map(({ reasonCode }) => reasonCode)).toEqual([
      ...[
        Reason.KeepAliveTimeout,
        Reason.SessionTakenOver,
        Reason.MalformedPacket,
        Reason.ServerShuttingDown,
      ],
    ]);
    for (const { reasonCode, properties } of disconnects) {
      expect([isFailure(reasonCode), properties.sessionExpiryInterval]).toEqual([true, undefined]);
    }
  });

  test("a session ends when its expiry interval has passed, not sooner [MQTT-4.1.0-2] [MQTT-3.1.2-23]", () => {
    const broker = new TestBroker();
    const stay = { cleanStart: false, properties: { sessionExpiryInterval: 60 } };
    const presence = () => {
      const client = broker.open(5);
      client.connect("a", stay);
      const { sessionPresent } = client.next("connack");
      client.cut();
      return sessionPresent;
    };
    expect(presence()).toBe(false);
    broker.clock.advance(58_000);
    expect(presence()).toBe(true);
    broker.clock.advance(62_000);
    expect(presence()).toBe(false);
  });
});
