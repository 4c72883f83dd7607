import { describe, expect, test } from "bun:test";
import type { Version } from "../../../../../src/protocol/mqtt/packet.ts";
import { Reason } from "../../../../../src/protocol/mqtt/reason.ts";
import { TestBroker, type TestClient } from "../../support/test-broker.ts";

const hex = (text: string) => Buffer.from(text.replaceAll(" ", ""), "hex");

function bridge(test: TestBroker, version: Version): TestClient {
  const client = test.open(version);
  client.connect("br", { isBridge: true });
  expect(client.next("connack").reasonCode).toBe(0);
  return client;
}

test("a bridge of Mosquitto is let in as it says by default", () => {
  const client = new TestBroker().open(4);
  client.sendBytes(hex("10 0e 00 04 4d 51 54 54 84 02 00 00 00 02 62 72"));
  expect(client.next("connack")).toMatchObject({ reasonCode: 0, sessionPresent: false });
  expect(client.connection.isBridge).toBe(true);
});

describe.each([3, 4, 5] as const)("version %d", (version) => {
  test("a bridge gets no message back that it has published itself, others do", () => {
    const test = new TestBroker();
    const client = bridge(test, version);
    client.subscribe("#", 1);
    const other = test.connect("other", version);
    other.subscribe("#");
    client.publish("a", "from the bridge");
    expect(client.messages()).toEqual([]);
    expect(other.messages()).toEqual(["a: from the bridge"]);
    other.publish("a", "from another");
    expect(client.messages()).toEqual(["a: from another"]);
  });

  test("a bridge gets the retain flag as it was published, so that its broker retains the message, too", () => {
    const test = new TestBroker();
    const client = bridge(test, version);
    client.subscribe("#");
    const other = test.connect("other", version);
    other.publish("a", "kept", { retain: true });
    other.publish("a", "not kept");
    expect(client.take().map((packet) => packet.type === "publish" && packet.retain)).toEqual([true, false]);
  });

  test("a shared subscription of a bridge is taken", () => {
    expect(bridge(new TestBroker(), version).subscribe("$share/g/a", 1)).toMatchObject({ reasonCodes: [1] });
  });
});

test.each([
  [0x86, 5, Reason.UnsupportedProtocolVersion],
  [0x82, 4, 1],
  [0x80, 4, 1],
  [0xff, 5, Reason.UnsupportedProtocolVersion],
] as const)("a bridge of level 0x%x is refused in words of version %d", (level, version, code) => {
  const client = new TestBroker().open(version);
  client.sendBytes(Buffer.concat([hex("10 0e 0004 4d515454"), Buffer.of(level), hex("02 0000 0002 6272")]));
  expect(client.next("connack").reasonCode).toBe(code);
  expect(client.state).toBe("ended");
});

test("CONNACK of MQTT 3.1 has no session present flag: the byte is reserved there", () => {
  const test = new TestBroker();
  for (const expected of [
    [3, false],
    [4, true],
    [5, true],
  ] as const) {
    const [version, sessionPresent] = expected;
    const options = { cleanStart: false, properties: version === 5 ? { sessionExpiryInterval: 100 } : {} };
    test.connect(`v${version}`, version, options).cut();
    const again = test.open(version);
    again.connect(`v${version}`, options);
    expect(again.next("connack")).toMatchObject({ reasonCode: 0, sessionPresent });
  }
});

test("a remaining length in a longer form than needed is only a mistake in MQTT 5 [MQTT-1.5.5-1]", () => {
  const test = new TestBroker();
  const watcher = test.connect("watcher", 4);
  watcher.subscribe("#", 1);
  const old = test.connect("old", 4);
  old.sendBytes(hex("32 87 00 0001 61 0007 68 69"));
  old.sendBytes(hex("c0 80 00"));
  expect(old.take().map(({ type }) => type)).toEqual(["puback", "pingresp"]);
  expect(watcher.messages()).toEqual(["a: hi"]);
  old.sendBytes(Buffer.concat([hex("32 07 0001 61 0008 68 69"), hex("32 87 00 0001 61 0009 68 6f")]));
  expect(old.take().map(({ type }) => type)).toEqual(["puback", "puback"]);
  const received = watcher.take();
  expect(
    received.map((packet) => packet.type === "publish" && Buffer.from(packet.payload).toString()),
  ).toEqual(["hi", "ho"]);
  const modern = test.connect("modern", 5);
  modern.sendBytes(hex("30 85 00 0001 61 00 68"));
  expect(modern.next("disconnect").reasonCode).toBe(Reason.MalformedPacket);
});

test("a session may be kept for ever, if the configuration says so", () => {
  const test = new TestBroker({ maxSessionExpiry: "forever" });
  test.connect("a", 4, { cleanStart: false }).cut();
  test.clock.pause(40 * 86_400_000);
  expect(test.broker.sessions.has("a")).toBe(true);
});
