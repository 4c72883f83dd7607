import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { decode } from "../../../src/protocol/mqtt/decode.ts";
import { encode } from "../../../src/protocol/mqtt/encode.ts";
import { MqttError } from "../../../src/protocol/mqtt/errors.ts";
import type { Packet, Version } from "../../../src/protocol/mqtt/packet.ts";
import { anyPacket, packets } from "./arbitrary.ts";
import { otherReads, otherWrites, toOther } from "./other-codec.ts";

const versions: readonly Version[] = [3, 4, 5];
const runs = { numRuns: 100 };

// An AUTH of no bytes says success (section 3.15.2.1), and mqtt-packet cannot read it.
const isEmptyAuth = (packet: Packet) => packet.type === "auth" && encode(packet).length === 2;

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
