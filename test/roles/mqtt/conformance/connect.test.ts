import { describe, expect, test } from "bun:test";
import { encode } from "../../../../src/protocol/mqtt/encode.ts";
import type { Will } from "../../../../src/protocol/mqtt/packet.ts";
import { Reason } from "../../../../src/protocol/mqtt/reason.ts";
import { TestBroker } from "../support/test-broker.ts";
import {
  ack,
  connectPacket,
  disconnectPacket,
  hex,
  lasting,
  publishes,
  subscribeTo,
  versions,
} from "./kit.ts";

const payload = new TextEncoder().encode("gone");
const will: Will = { topic: "will", payload, qos: 1, retain: false, properties: {} };

/** The flags and the payload of an MQTT 3.1.1 CONNECT; in MQTT 5 the properties come in between. */
const wrongFlags: Readonly<Record<string, readonly [flags: string, payload: string]>> = {
  "with the reserved flag [MQTT-3.1.2-3]": ["03", "0001 61"],
  "with a will QoS and no will [MQTT-3.1.2-11]": ["0a", "0001 61"],
  "with will retain and no will [MQTT-3.1.2-13]": ["22", "0001 61"],
  "with a will at QoS 3 [MQTT-3.1.2-12]": ["1e", "0001 61 W 0001 74 0001 6d"],
  "with a will and no will topic [MQTT-3.1.2-9]": ["06", "0001 61 W"],
  "with a will and no will payload [MQTT-3.1.2-9]": ["06", "0001 61 W 0001 74"],
  "with a user name flag and no user name [MQTT-3.1.2-17]": ["82", "0001 61"],
  "with a user name and no flag for it [MQTT-3.1.2-16]": ["02", "0001 61 0001 75"],
  "with a password flag and no password [MQTT-3.1.2-19]": ["c2", "0001 61 0001 75"],
  "with a password and no flag for it [MQTT-3.1.2-18]": ["82", "0001 61 0001 75 0001 70"],
  "without a client identifier [MQTT-3.1.3-3]": ["02", ""],
};

function forgedConnect(version: 4 | 5, flags: string, rest: string): Buffer {
  const properties = version === 5 ? "00" : "";
  const list = hex(`0004 4d515454 0${version} ${flags} 003c ${properties} ${rest.replace("W", properties)}`);
  return Buffer.concat([Buffer.from([0x10, list.length]), list]);
}

describe.each([4, 5] as const)("version %d: a CONNECT", (version) => {
  test.each(Object.entries(wrongFlags))(
    "%s closes the connection, and no client is accepted [MQTT-3.1.4-1] [MQTT-3.1.4-1 of 3.1.1]",
    (_, [flags, rest]) => {
      const broker = new TestBroker();
      const client = broker.open(version);
      client.sendBytes(
        Buffer.concat([forgedConnect(version, flags, rest), encode(client.message("t", "x"))]),
      );
      expect(client.state).toBe("ended");
      const answers = client.take();
      if (version === 4) expect(answers).toEqual([]);
      for (const answer of answers) expect(answer).toMatchObject({ type: "connack", sessionPresent: false });
      expect(broker.broker.stats()).toMatchObject({ sessions: 0, messages_received_total: 0 });
    },
  );
});

test("a password without a user name is valid in MQTT 5 only [MQTT-3.1.2-22 of 3.1.1]", () => {
  const [four, five] = ([4, 5] as const).map((version) => {
    const client = new TestBroker().open(version);
    client.sendBytes(forgedConnect(version, "42", "0001 61 0001 70"));
    return client;
  });
  expect([four?.take(), four?.state]).toEqual([[], "ended"]);
  expect(five?.next("connack").reasonCode).toBe(0);
});

describe.each(versions)("version %d", (version) => {
  test("every field of CONNECT's payload is read in its order [MQTT-3.1.3-1] [MQTT-3.1.2-7]", () => {
    const seen: unknown[] = [];
    const authenticate = ({
      clientId,
      username,
      password,
    }: {
      clientId: string;
      username: string | undefined;
      password: Uint8Array | undefined;
    }) => {
      seen.push(clientId, username, String(Buffer.from(password ?? [])));
      return 0;
    };
    const broker = new TestBroker({}, { access: { authenticate } });
    const other = broker.connect("other", version);
    other.subscribe("#", 2);
    seen.length = 0;
    const client = broker.connect("me", version, {
      username: "user",
      password: new TextEncoder().encode("pass"),
      will,
    });
    expect(seen).toEqual(["me", "user", "pass"]);
    client.cut();
    expect(other.messages()).toEqual(["will: gone"]);
  });

  test.each(["a", "0", "Z", "0123456789abcdefghijklm", "nopqrstuvwxyzABCDEFGHIJ", "KLMNOPQRSTUVWXYZ"])(
    "the client identifier %s is accepted [MQTT-3.1.3-5]",
    (clientId) => {
      expect(new TestBroker().connect(clientId, version).state).toBe("open");
    },
  );

  test("an accepted client gets one CONNACK, before any queued message [MQTT-3.1.4-5] [MQTT-3.2.0-1] [MQTT-3.2.0-2] [MQTT-3.2.2-1]", () => {
    const broker = new TestBroker();
    const before = broker.connect("a", version, lasting(version));
    before.subscribe("#", 1);
    broker.clock.advance(10);
    before.connection.closed();
    broker.connect("b", version).publish("t", "waits", { qos: 1 });
    const client = broker.open(version);
    client.send(connectPacket(version, "a", lasting(version)), subscribeTo(version, ["more"]));
    const [first, ...rest] = client.take();
    expect(first).toMatchObject({ type: "connack", reasonCode: 0, sessionPresent: version !== 3 });
    expect(rest.map(({ type }) => type)).toEqual(["publish", "suback"]);
  });

  test("the client identifier selects the session, and clean start decides whether it is resumed [MQTT-3.1.3-2] [MQTT-3.1.4-4] [MQTT-3.1.2-6] [MQTT-3.2.2-3]", () => {
    const broker = new TestBroker();
    const present = (clientId: string, cleanStart: boolean) => {
      const { sessions } = broker.broker;
      const before = sessions.get(clientId);
      const client = broker.open(version);
      client.connect(clientId, { ...lasting(version), cleanStart });
      const isKept = before !== undefined && sessions.get(clientId) === before;
      // MQTT 3.1 has no such flag.
      expect(client.next("connack").sessionPresent).toBe(isKept && version !== 3);
      client.cut();
      return isKept;
    };
    expect([present("a", false), present("b", false), present("a", false)]).toEqual([false, false, true]);
    expect([present("b", true), present("A", false), present("a", false)]).toEqual([false, false, true]);
  });

  test("a refused client gets a CONNACK without a session, and what it sends is ignored [MQTT-3.1.4-2] [MQTT-3.1.4-6] [MQTT-3.2.2-6] [MQTT-3.2.2-7]", () => {
    const broker = new TestBroker(
      {},
      { access: { authenticate: ({ clientId }) => (clientId === "bad" ? Reason.NotAuthorized : 0) } },
    );
    const other = broker.connect("other", version);
    other.subscribe("#");
    const client = broker.open(version);
    client.send(
      connectPacket(version, "bad", { will }),
      { ...client.message("t", "x") },
      subscribeTo(version, ["#"]),
    );
    const reasonCode = version === 5 ? Reason.NotAuthorized : 5;
    expect(client.next("connack")).toMatchObject({ reasonCode, sessionPresent: false });
    client.publish("t", "y");
    expect([client.state, other.take(), client.take()]).toEqual(["ended", [], []]);
  });

  test("before MQTT 5 a refusal without a return code of its own closes the connection without CONNACK [MQTT-3.2.2-6 of 3.1.1]", () => {
    const broker = new TestBroker({}, { access: { authenticate: () => Reason.UnspecifiedError } });
    const client = broker.open(version);
    client.connect("a");
    const expected = version === 5 ? [{ type: "connack" }] : [];
    expect(client.take()).toMatchObject(expected);
    expect(client.state).toBe("ended");
  });

  test("a client that cannot be authenticated for the moment is refused and closed", async () => {
    const authenticate = () => Promise.reject(new Error("the directory is down"));
    const broker = new TestBroker({}, { access: { authenticate } });
    const client = broker.open(version);
    client.connect("a");
    await new Promise((resolve) => setImmediate(resolve));
    broker.clock.settle();
    expect(client.next("connack").reasonCode).toBe(version === 5 ? Reason.ServerUnavailable : 3);
    expect(client.state).toBe("ended");
  });

  test("nothing is sent before CONNECT, and no DISCONNECT before CONNACK [MQTT-3.14.0-1] [MQTT-3.1.0-1]", () => {
    for (const packet of [
      disconnectPacket(version),
      subscribeTo(version, ["#"]),
      ack("puback", version, 1),
    ]) {
      const client = new TestBroker().open(version);
      client.send(packet);
      expect([client.take(), client.state]).toEqual([[], "ended"]);
    }
  });

  test("the client's keep alive times out after one and a half times its length [MQTT-3.2.2-22] [MQTT-3.1.2-22]", () => {
    const broker = new TestBroker();
    const client = broker.connect("a", version, { keepAlive: 10 });
    broker.clock.advance(14_900);
    client.sendBytes(hex("c000"));
    expect(client.next("pingresp").type).toBe("pingresp");
    broker.clock.advance(14_900);
    expect(client.state).toBe("open");
    broker.clock.advance(1000);
    expect(client.state).toBe("ended");
  });

  test("a will is published once, with its QoS and its retain flag [MQTT-3.1.2-8] [MQTT-3.1.2-10] [MQTT-3.1.2-14] [MQTT-3.1.2-15]", () => {
    for (const qos of [0, 1, 2] as const) {
      for (const retain of [false, true]) {
        const broker = new TestBroker();
        const other = broker.connect("other", version);
        other.subscribe("#", 2);
        broker.connect("a", version, { will: { ...will, qos, retain } }).cut();
        expect(publishes(other)).toMatchObject([{ topic: "will", qos, retain: false }]);
        expect(broker.broker.stats().retained).toBe(retain ? 1 : 0);
        broker.connect("a", version).cut();
        expect(other.take()).toEqual([]);
      }
    }
  });

  test("without a will in CONNECT no will is published [MQTT-3.1.2-12 of 3.1.1]", () => {
    const broker = new TestBroker();
    const other = broker.connect("other", version);
    other.subscribe("#");
    broker.connect("a", version).cut();
    const culprit = broker.connect("b", version, { keepAlive: 1 });
    culprit.sendBytes(hex("c100"));
    expect(other.take()).toEqual([]);
  });

  test("DISCONNECT deletes the will, and nothing follows it [MQTT-3.14.4-3] [MQTT-3.14.4-1] [MQTT-3.14.4-2]", () => {
    const broker = new TestBroker();
    const other = broker.connect("other", version);
    other.subscribe("#");
    const client = broker.connect("a", version, { will });
    client.subscribe("t");
    client.send(disconnectPacket(version), client.message("t", "after"));
    other.publish("t", "later");
    expect([client.take(), client.state, other.messages()]).toEqual([[], "ended", ["t: later"]]);
  });
});

describe("MQTT 3.1.1", () => {
  test.each([3, 4] as const)(
    "version %d: an empty identifier needs a clean session [MQTT-3.1.3-7 of 3.1.1] [MQTT-3.1.3-8 of 3.1.1] [MQTT-3.1.3-9 of 3.1.1]",
    (version) => {
      const client = new TestBroker().open(version);
      client.connect("", { cleanStart: false });
      expect(client.next("connack")).toMatchObject({ reasonCode: 2, sessionPresent: false });
      expect(client.state).toBe("ended");
    },
  );

  test.each([0, 1, 2, 6, 0x7f])(
    "the protocol level %d is refused, with code 1 for a client older than MQTT 5 [MQTT-3.1.2-2 of 3.1.1] [MQTT-3.1.2-2]",
    (level) => {
      const client = new TestBroker().open(level > 5 ? 5 : 4);
      client.sendBytes(
        Buffer.concat([hex("10 0d 0004 4d515454"), Buffer.from([level]), hex("02 003c 0001 61")]),
      );
      expect(client.next("connack").reasonCode).toBe(level > 5 ? Reason.UnsupportedProtocolVersion : 1);
      expect(client.state).toBe("ended");
    },
  );
});

describe("MQTT 5", () => {
  test("an assigned identifier is unique, is sent in CONNACK, and selects its session [MQTT-3.1.3-6] [MQTT-3.1.3-7] [MQTT-3.2.2-16]", () => {
    const broker = new TestBroker();
    const ids = Array.from({ length: 50 }, () => {
      const client = broker.open(5);
      client.connect("", lasting(5));
      return client.next("connack").properties.assignedClientIdentifier ?? "";
    });
    expect(new Set(ids).size).toBe(50);
    broker.connect("other", 5).publish("t", "x");
    const back = broker.open(5);
    back.connect(ids[7] ?? "", lasting(5));
    const { sessionPresent, properties } = back.next("connack");
    expect([sessionPresent, properties.assignedClientIdentifier]).toEqual([true, undefined]);
  });

  test.each([true, false, undefined])(
    "response information is not sent, whether requested (%p) or not [MQTT-3.1.2-28]",
    (requestResponseInformation) => {
      const client = new TestBroker().open(5);
      const properties = requestResponseInformation === undefined ? {} : { requestResponseInformation };
      client.connect("a", { properties });
      expect(client.next("connack").properties.responseInformation).toBeUndefined();
    },
  );

  test("a client that requests no problem information gets it in CONNACK and DISCONNECT only [MQTT-3.1.2-29]", () => {
    const broker = new TestBroker({}, { permissions: { mayPublish: () => false, reach: () => "none" } });
    const client = broker.connect("a", 5, { properties: { requestProblemInformation: false } });
    client.publish("t", "x", { qos: 1, packetId: 1 });
    client.publish("t", "x", { qos: 2, packetId: 2 });
    client.send(ack("pubrel", 5, 9), ack("pubrec", 5, 9), subscribeTo(5, ["t"]));
    const answers = client.take();
    expect(answers.map(({ type }) => type)).toEqual(["puback", "pubrec", "pubcomp", "pubrel", "suback"]);
    for (const answer of answers) {
      const { reasonString, userProperties } = "properties" in answer ? answer.properties : {};
      expect([reasonString, userProperties]).toEqual([undefined, undefined]);
    }
  });

  test("an empty list of properties has the length 0 [MQTT-2.2.2-1]", () => {
    const broker = new TestBroker();
    const client = broker.open(5);
    client.sendBytes(hex("10 0e 0004 4d515454 05 02 0000 00 0001 61"));
    expect(client.next("connack").reasonCode).toBe(0);
    client.sendBytes(hex("82 07 0001 00 0001 74 00  30 05 0001 74 00 78"));
    const [suback, message] = client.take();
    expect(suback).toEqual({ type: "suback", version: 5, packetId: 1, reasonCodes: [0], properties: {} });
    expect(message).toMatchObject({ type: "publish", topic: "t", properties: {} });
    // Without the property length the packet is malformed.
    client.sendBytes(hex("82 06 0001 0001 74 00"));
    expect(client.state).toBe("ended");
  });

  test("a will keeps its properties, and its user properties their order [MQTT-3.1.3-10]", () => {
    const broker = new TestBroker();
    const other = broker.connect("other", 5);
    other.subscribe("#");
    const properties = {
      contentType: "text/plain",
      responseTopic: "r",
      correlationData: new Uint8Array([1, 0, 2]),
      payloadFormatIndicator: 1,
      userProperties: [
        ["z", "1"],
        ["a", "2"],
        ["z", "3"],
      ] as [string, string][],
    };
    broker.connect("a", 5, { will: { ...will, properties } }).cut();
    expect(other.next("publish").properties).toEqual(properties);
  });
});
