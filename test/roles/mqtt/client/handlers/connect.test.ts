import { describe, expect, test } from "bun:test";
import type { Version } from "../../../../../src/protocol/mqtt/packet.ts";
import { Reason } from "../../../../../src/protocol/mqtt/reason.ts";
import { TestBroker } from "../../support/test-broker.ts";

const hex = (text: string): Uint8Array => Buffer.from(text.replaceAll(" ", ""), "hex");
const versions: readonly Version[] = [3, 4, 5];

for (const version of versions) {
  describe(`version ${version}`, () => {
    test("a client is accepted, and its PINGREQ answered [MQTT-3.2.0-1] [MQTT-3.12.4-1]", () => {
      const client = new TestBroker().connect("a", version);
      client.send({ type: "pingreq", version });
      expect(client.take()).toEqual([{ type: "pingresp", version }]);
    });

    test("DISCONNECT closes the connection [MQTT-3.14.4-2]", () => {
      const client = new TestBroker().connect("a", version);
      client.send({ type: "disconnect", version, reasonCode: 0, properties: {} });
      expect(client.state).toBe("ended");
      expect(client.test.broker.stats()).toMatchObject({ connections: 0, sessions: 0 });
    });

    test("a packet before CONNECT closes the connection without an answer [MQTT-3.1.0-1]", () => {
      const client = new TestBroker().open(version);
      client.send({ type: "pingreq", version });
      expect(client.state).toBe("ended");
      expect(client.take()).toEqual([]);
    });

    test("a second CONNECT closes the connection [MQTT-3.1.0-2]", () => {
      const client = new TestBroker().connect("a", version);
      client.connect("a");
      expect(client.state).toBe("ended");
      const reasons = version === 5 ? [Reason.ProtocolError] : [];
      expect(client.take().map((packet) => "reasonCode" in packet && packet.reasonCode)).toEqual(reasons);
    });

    test("a second connection takes over the client identifier [MQTT-3.1.4-3]", () => {
      const test = new TestBroker();
      const first = test.connect("a", version);
      const second = test.connect("a", version);
      expect(first.state).toBe("ended");
      const reasons = version === 5 ? [Reason.SessionTakenOver] : [];
      expect(first.take().map((packet) => "reasonCode" in packet && packet.reasonCode)).toEqual(reasons);
      second.send({ type: "pingreq", version });
      expect(second.next("pingresp")).toBeDefined();
      expect(test.broker.stats()).toMatchObject({ connections: 1, sessions: 1 });
    });

    test("a refused client gets the code of its version [MQTT-3.2.2-7]", () => {
      const test = new TestBroker({}, { access: { authenticate: () => Reason.NotAuthorized } });
      const client = test.open(version);
      client.connect("a");
      expect(client.next("connack").reasonCode).toBe(version === 5 ? Reason.NotAuthorized : 5);
      expect(client.state).toBe("ended");
      expect(test.broker.stats().sessions).toBe(0);
    });

    test("packets that arrive before CONNACK are processed after it", async () => {
      const decision = Promise.withResolvers<number>();
      const test = new TestBroker({}, { access: { authenticate: () => decision.promise } });
      const client = test.open(version);
      client.connect("a");
      client.send({ type: "pingreq", version });
      expect(client.take()).toEqual([]);
      expect(client.isPaused).toBe(true);
      decision.resolve(Reason.Success);
      await decision.promise;
      test.clock.settle();
      expect(client.take().map(({ type }) => type)).toEqual(["connack", "pingresp"]);
      expect(client.isPaused).toBe(false);
    });

    test("a client silent for 1.5 times its keep alive is disconnected [MQTT-3.1.2-22]", () => {
      const test = new TestBroker();
      const client = test.connect("a", version, { keepAlive: 10 });
      test.clock.advance(10_000);
      client.send({ type: "pingreq", version });
      test.clock.advance(15_000);
      expect(client.state).toBe("open");
      test.clock.advance(500);
      expect(client.state).toBe("ended");
    });

    test("the keep alive runs from when the client is let in, however long that took", async () => {
      const decision = Promise.withResolvers<number>();
      const test = new TestBroker({}, { access: { authenticate: () => decision.promise } });
      const client = test.open(version);
      client.connect("a", { keepAlive: 10 });
      test.clock.advance(9000);
      decision.resolve(Reason.Success);
      await decision.promise;
      test.clock.settle();
      expect(client.next("connack").reasonCode).toBe(0);
      test.clock.advance(15_000);
      expect(client.state).toBe("open");
      test.clock.advance(500);
      expect(client.state).toBe("ended");
    });

    test("a client without a keep alive may be silent for any time", () => {
      const test = new TestBroker({ sysInterval: 0 });
      const client = test.connect("a", version, { keepAlive: 0 });
      test.clock.advance(86_400_000);
      expect(client.state).toBe("open");
    });
  });
}

describe("client identifiers", () => {
  test("an empty identifier is not allowed in MQTT 3.1", () => {
    const client = new TestBroker().open(3);
    client.connect("");
    expect(client.next("connack").reasonCode).toBe(2);
    expect(client.state).toBe("ended");
  });

  test("an empty identifier needs a clean session in MQTT 3.1.1 [MQTT-3.1.3-8 of 3.1.1]", () => {
    const test = new TestBroker();
    const refused = test.open(4);
    refused.connect("", { cleanStart: false });
    expect(refused.next("connack").reasonCode).toBe(2);
    expect(refused.state).toBe("ended");
    test.connect("", 4, { cleanStart: true });
    expect(test.broker.stats().sessions).toBe(1);
  });

  test("an MQTT 5 client without one gets an assigned identifier [MQTT-3.1.3-6] [MQTT-3.2.2-16]", () => {
    const test = new TestBroker();
    const names = [1, 2].map(() => {
      const client = test.open(5);
      client.connect("");
      return client.next("connack").properties.assignedClientIdentifier;
    });
    expect(new Set(names).size).toBe(2);
    expect([...test.broker.sessions.keys()]).toEqual(names.map(String));
  });
});

describe("CONNACK of MQTT 5", () => {
  test("announces the broker's limits and features", () => {
    const client = new TestBroker({ receiveMaximum: 7, maxPacketSize: 5000, topicAliasMaximum: 3 }).open(5);
    client.connect("a");
    expect(client.next("connack").properties).toEqual({
      receiveMaximum: 7,
      maximumPacketSize: 5000,
      topicAliasMaximum: 3,
      sharedSubscriptionAvailable: true,
    });
  });

  test("announces a shorter session expiry and keep alive than requested [MQTT-3.2.2-21]", () => {
    const test = new TestBroker({ maxSessionExpiry: "1h", maxKeepAlive: "60s" });
    const client = test.open(5);
    client.connect("a", { keepAlive: 0, properties: { sessionExpiryInterval: 7200 } });
    expect(client.next("connack").properties).toMatchObject({
      sessionExpiryInterval: 3600,
      serverKeepAlive: 60,
    });
    test.clock.advance(90_500);
    expect(client.next("disconnect").reasonCode).toBe(Reason.KeepAliveTimeout);
  });

  test("refuses an unknown authentication method [MQTT-4.12.0-1]", () => {
    const client = new TestBroker().open(5);
    client.connect("a", { properties: { authenticationMethod: "SCRAM-SHA-1" } });
    expect(client.next("connack").reasonCode).toBe(Reason.BadAuthenticationMethod);
  });
});

describe("invalid clients", () => {
  test("an older protocol level is answered as MQTT 3, a newer one as MQTT 5 [MQTT-3.1.2-2]", () => {
    const test = new TestBroker();
    const older = test.open(4);
    older.sendBytes(hex("10 0e 0006 4d514973 6470 02 02 003c 0000"));
    expect(older.next("connack").reasonCode).toBe(1);
    const newer = test.open(5);
    newer.sendBytes(hex("10 0c 0004 4d515454 06 02 003c 0000"));
    expect(newer.next("connack").reasonCode).toBe(Reason.UnsupportedProtocolVersion);
    expect([older.state, newer.state]).toEqual(["ended", "ended"]);
  });

  test("another protocol is closed without an answer [MQTT-3.1.2-1]", () => {
    const client = new TestBroker().open(4);
    client.sendBytes(Buffer.from("GET / HTTP/1.1\r\n\r\n"));
    expect(client.state).toBe("ended");
    expect(client.take()).toEqual([]);
  });

  test("a connection that sends no CONNECT is closed after connectTimeout", () => {
    const test = new TestBroker({ connectTimeout: "2s" });
    const silent = test.open();
    const slow = test.open();
    slow.sendBytes(hex("10 0c 0004"));
    test.clock.advance(2000);
    expect(silent.state).toBe("open");
    test.clock.advance(500);
    expect([silent.state, slow.state]).toEqual(["ended", "ended"]);
  });

  test("a client that has been let in is not held to connectTimeout, even while it is not read", () => {
    const test = new TestBroker({ connectTimeout: "2s" });
    const client = test.connect("a");
    client.connection.hold();
    test.clock.advance(60_000);
    expect(client.state).toBe("open");
    client.connection.release();
    client.send({ type: "pingreq", version: 4 });
    expect(client.state).toBe("open");
  });

  test("a first packet larger than any CONNECT ends the connection, a later one does not", () => {
    const test = new TestBroker();
    const stranger = test.open();
    stranger.sendBytes(hex("10 81 80 20")); // 512 KiB + 1 and its header
    expect(stranger.state).toBe("ended");
    const client = test.connect("a");
    client.sendBytes(hex("30 81 80 20"));
    expect(client.state).toBe("open");
  });

  test("a malformed packet closes its own connection only, and earlier packets take effect", () => {
    const test = new TestBroker();
    const other = test.connect("other");
    other.subscribe("a");
    const culprit = test.connect("culprit", 5);
    culprit.sendBytes(hex("30 06 0001 61 00 6869" + "36 05 0001 61 0001"));
    expect(culprit.next("disconnect").reasonCode).toBe(Reason.MalformedPacket);
    expect(culprit.state).toBe("ended");
    expect(other.messages()).toEqual(["a: hi"]);
    expect(other.state).toBe("open");
  });

  test("a packet that only a server may send closes the connection", () => {
    const client = new TestBroker().connect("a", 5);
    client.send({ type: "suback", version: 5, packetId: 1, reasonCodes: [0], properties: {} });
    expect(client.next("disconnect").reasonCode).toBe(Reason.ProtocolError);
  });
});

test("a pause of the whole process does not count against keep alives", () => {
  const test = new TestBroker({ connectTimeout: "10s" });
  const client = test.connect("a", 4, { keepAlive: 10 });
  const stranger = test.open();
  test.clock.pause(3_600_000);
  expect([client.state, stranger.state]).toEqual(["open", "open"]);
  test.clock.advance(16_000);
  expect([client.state, stranger.state]).toEqual(["ended", "ended"]);
});

test("a stopping broker sends DISCONNECT to MQTT 5 clients", () => {
  const test = new TestBroker();
  const five = test.connect("five", 5);
  const four = test.connect("four", 4);
  test.broker.stop();
  expect(five.next("disconnect").reasonCode).toBe(Reason.ServerShuttingDown);
  expect(four.take()).toEqual([]);
  expect([five.state, four.state]).toEqual(["ended", "ended"]);
});
