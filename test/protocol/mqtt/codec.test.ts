import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { decode } from "../../../src/protocol/mqtt/decode.ts";
import { encode } from "../../../src/protocol/mqtt/encode.ts";
import { MqttError } from "../../../src/protocol/mqtt/errors.ts";
import type { Packet, Version } from "../../../src/protocol/mqtt/packet.ts";
import { anyPacket, anyUserProperties, packets } from "./arbitrary.ts";
import { otherReads, otherWrites, toOther } from "./other-codec.ts";

const versions: readonly Version[] = [3, 4, 5];
const runs = { numRuns: 100 };

// An AUTH of no bytes says success (section 3.15.2.1), and mqtt-packet cannot read it.
const isEmptyAuth = (packet: Packet) => packet.type === "auth" && encode(packet).length === 2;

// MQTT 5 allows a password without a name, and mqtt-packet cannot write it.
const isBarePassword = (packet: Packet) =>
  packet.type === "connect" && packet.password !== undefined && packet.username === undefined;

for (const version of versions) {
  describe(`version ${version}`, () => {
    for (const [name, packet] of Object.entries(packets(version))) {
      test(`${name} comes back as it was written`, () => {
        fc.assert(
          fc.property(packet, (ours) => {
            expect(decode(encode(ours), version)).toEqual(ours);
          }),
          runs,
        );
      });

      test(`${name} that mqtt-packet wrote is read`, () => {
        fc.assert(
          fc.property(packet, (ours) => {
            fc.pre(!isBarePassword(ours));
            expect(decode(otherWrites(toOther(ours), version), version)).toEqual(ours);
          }),
          runs,
        );
      });

      test(`${name} that we wrote is read by mqtt-packet`, () => {
        fc.assert(
          fc.property(packet, (ours) => {
            fc.pre(!isEmptyAuth(ours));
            expect(otherReads(encode(ours), version)).toMatchObject({ ...toOther(ours) });
          }),
          runs,
        );
      });
    }

    test("a packet cut short anywhere is refused, never misread", () => {
      fc.assert(
        fc.property(anyPacket(version), fc.nat(), (packet, at) => {
          const bytes = encode(packet);
          expect(() => decode(bytes.subarray(0, at % bytes.length), version)).toThrow(MqttError);
        }),
        { numRuns: 300 },
      );
    });

    test("a packet with any bytes changed is read or refused, and nothing else happens", () => {
      const change = fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { minLength: 1, maxLength: 4 });
      fc.assert(
        fc.property(anyPacket(version), change, (packet, changes) => {
          const bytes = encode(packet).slice();
          for (const [at, value] of changes) bytes[at % bytes.length] = value;
          try {
            decode(bytes, version);
          } catch (error) {
            expect(error).toBeInstanceOf(MqttError);
          }
        }),
        { numRuns: 1000 },
      );
    });
  });
}

describe("what mqtt-packet cannot say", () => {
  test("user properties keep their order and their doubles, in every packet [MQTT-3.3.2-18] [MQTT-3.1.3-10]", () => {
    fc.assert(
      fc.property(anyPacket(5), anyUserProperties, (packet, userProperties) => {
        if (!("properties" in packet)) return;
        const ours = { ...packet, properties: { ...packet.properties, userProperties } };
        expect(decode(encode(ours), 5)).toEqual(ours);
      }),
      { numRuns: 300 },
    );
  });

  test("an AUTH of no bytes says success", () => {
    const ours = { type: "auth", version: 5, reasonCode: 0, properties: {} } as const;
    expect(Buffer.from(encode(ours))).toEqual(Buffer.from([0xf0, 0]));
    expect(decode(encode(ours), 5)).toEqual(ours);
  });

  test("a CONNECT of MQTT 3.1 may announce a name and a password, and send neither", () => {
    const bytes = Buffer.from("100f00064d514973647003c2003c000161", "hex");
    const expected: Packet = {
      type: "connect",
      version: 3,
      clientId: "a",
      cleanStart: true,
      keepAlive: 60,
      properties: {},
    };
    expect(decode(bytes, 3)).toEqual(expected);
  });
});

// Each length of the length: the other codec must agree on where the payload begins and ends.
test.each([0, 127, 128, 16_383, 16_384, 2_097_151, 2_097_152])(
  "a PUBLISH whose payload has %d bytes is the same for both codecs",
  (length) => {
    for (const version of versions) {
      const packet: Packet = {
        ...{ type: "publish", version, dup: false, qos: 1, retain: true, topic: "t", packetId: 7 },
        ...{ payload: new Uint8Array(length).fill(length), properties: {} },
      };
      const bytes = encode(packet);
      expect(otherWrites(toOther(packet), version).equals(bytes)).toBe(true);
      expect(decode(bytes, version)).toEqual(packet);
      const read = otherReads(bytes, version);
      expect(read.cmd === "publish" && Buffer.from(read.payload).equals(packet.payload)).toBe(true);
    }
  },
);

test("every packet type of every version has been tried", () => {
  const wanted = [
    "connect",
    "connack",
    "publish",
    "puback",
    "pubrec",
    "pubrel",
    "pubcomp",
    "subscribe",
    "suback",
  ];
  const types = [...wanted, "unsubscribe", "unsuback", "pingreq", "pingresp", "disconnect"].sort();
  for (const version of versions) {
    const sample = Object.values(packets(version)).flatMap((packet) =>
      fc.sample(packet, { numRuns: 20, seed: 1 }),
    );
    const seen: string[] = [...new Set(sample.map(({ type }) => type))].sort();
    expect(seen).toEqual(version === 5 ? [...types, "auth"].sort() : types);
  }
});
