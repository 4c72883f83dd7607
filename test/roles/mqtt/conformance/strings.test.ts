import { describe, expect, test } from "bun:test";
import { encode } from "../../../../src/protocol/mqtt/encode.ts";
import type { Packet, Version } from "../../../../src/protocol/mqtt/packet.ts";
import { TestBroker } from "../support/test-broker.ts";
import { connectPacket, forged, subscribeTo, unsubscribeFrom, versions } from "./kit.ts";

const mark = "~~~";
const payload = new TextEncoder().encode("x");
const publish = { type: "publish", dup: false, qos: 0, retain: false, payload } as const;

/** A packet for every string field that a client can send. */
function places(version: Version): Record<string, Packet> {
  const will = { topic: mark, payload, qos: 0, retain: false, properties: {} } as const;
  return {
    "the client identifier [MQTT-3.1.3-4]": connectPacket(version, mark),
    "the will topic [MQTT-3.1.3-11]": connectPacket(version, "c", { will }),
    "the user name [MQTT-3.1.3-12]": connectPacket(version, "c", { username: mark, password: payload }),
    "the topic of PUBLISH [MQTT-3.3.2-1]": { ...publish, version, topic: mark, properties: {} },
    "a filter of SUBSCRIBE [MQTT-3.8.3-1]": subscribeTo(version, ["a", mark]),
    "a filter of UNSUBSCRIBE [MQTT-3.10.3-1]": unsubscribeFrom(version, ["a", mark]),
    ...(version === 5 && ofMqtt5),
  };
}

const labelled = (properties: object): Packet => ({ ...publish, version: 5, topic: "t", properties });
const ofMqtt5: Record<string, Packet> = {
  "the response topic [MQTT-3.3.2-13]": labelled({ responseTopic: mark }),
  "the content type [MQTT-3.3.2-19]": labelled({ contentType: mark }),
  "the name of a user property [MQTT-1.5.7-1]": labelled({ userProperties: [[mark, "value"]] }),
  "the value of a user property [MQTT-1.5.7-1]": labelled({ userProperties: [["name", mark]] }),
  "a reason string": { type: "disconnect", version: 5, reasonCode: 4, properties: { reasonString: mark } },
  "the authentication method": connectPacket(5, "c", { properties: { authenticationMethod: mark } }),
};

const wrong = {
  "invalid UTF-8 [MQTT-1.5.4-1]": "c3287e",
  "a surrogate [MQTT-1.5.4-1]": "eda080",
  "a truncated character": "7e7ee2",
  "an overlong slash": "7ec0af",
  "U+0000 [MQTT-1.5.4-2]": "7e007e",
};

describe.each(versions)("version %d", (version) => {
  for (const [place, packet] of Object.entries(places(version))) {
    test.each(Object.entries(wrong))(`${place} with %s closes the connection`, (_, bytes) => {
      const broker = new TestBroker();
      const other = broker.connect("other", version);
      other.subscribe("#");
      const client = packet.type === "connect" ? broker.open(version) : broker.connect("c", version);
      client.sendBytes(forged(packet, mark, bytes));
      expect(client.state).toBe("ended");
      expect(client.take().every(({ type }) => type === "disconnect" || type === "connack")).toBe(true);
      expect([other.state, other.take()]).toEqual(["open", []]);
    });

    test(`${place} with any other Unicode character is accepted`, () => {
      const broker = new TestBroker();
      const client = packet.type === "connect" ? broker.open(version) : broker.connect("c", version);
      // A byte order mark, a private-use character and a noncharacter are valid. [MQTT-1.5.4-3]
      for (const bytes of ["efbbbf", "ee8080", "efbfbf"]) {
        const made = forged(packet, mark, bytes);
        if (packet.type === "connect") broker.open(version).sendBytes(made);
        else client.sendBytes(made);
      }
      expect(client.state).toBe(packet.type === "disconnect" ? "ended" : "open");
      expect(broker.log.filter((line) => line.startsWith("error") || line.includes("UTF-8"))).toEqual([]);
    });
  }

  test("a topic may have 65,535 bytes, and a string cannot be longer [MQTT-4.7.3-3]", () => {
    const broker = new TestBroker({ maxTopicLength: 65_535 });
    const client = broker.connect("a", version);
    const topic = `${"é".repeat(32_767)}e`;
    client.subscribe(topic);
    client.publish(topic, "x");
    expect(client.messages()).toEqual([`${topic}: x`]);
    expect(() => encode(client.message(`${topic}e`, "x"))).toThrow(RangeError);
  });
});
