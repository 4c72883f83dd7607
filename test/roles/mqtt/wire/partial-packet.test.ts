import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { encode } from "../../../../src/protocol/mqtt/encode.ts";
import { PartialPacket } from "../../../../src/roles/mqtt/wire/partial-packet.ts";

const packetOf = (size: number): Buffer => {
  const payload = Buffer.alloc(size, "x");
  const flags = { dup: false, qos: 0, retain: false } as const;
  return Buffer.from(encode({ type: "publish", version: 4, ...flags, topic: "t", payload, properties: {} }));
};

describe("a partial packet", () => {
  test("is whole after any pieces, and takes nothing of the next packet", () => {
    const pieces = fc.array(fc.integer({ min: 1, max: 400 }), { maxLength: 20 });
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2000 }), pieces, (size, pieceLengths) => {
        const lengths = [...pieceLengths];
        const packet = packetOf(size);
        const stream = Buffer.concat([packet, packetOf(3)]);
        const partial = new PartialPacket();
        const first = Math.min(lengths.shift() ?? 1, packet.length - 1);
        partial.append(stream, 0, first);
        expect(partial.isWhole).toBe(false);
        let at = first;
        while (!partial.isWhole) {
          const piece = stream.subarray(at, at + (lengths.shift() ?? stream.length));
          at += partial.fill(piece, 0, 10_000);
        }
        expect(at).toBe(packet.length);
        expect(partial.bytes.subarray(0, partial.length).equals(packet)).toBe(true);
      }),
    );
  });

  test("refuses a packet above the limit as soon as its header is there [MQTT-3.2.2-15]", () => {
    const packet = packetOf(100_000);
    const partial = new PartialPacket();
    partial.append(packet, 0, 2);
    expect(() => partial.fill(packet, 2, 90_000)).toThrow("at most 90000 are taken");
  });

  test("takes little memory for a packet that promises much and sends little", () => {
    const packet = packetOf(64 * 1024 * 1024);
    const partial = new PartialPacket();
    partial.append(packet, 0, 1000);
    expect(partial.bytes.length).toBeLessThan(5 * 1024 * 1024);
    partial.fill(packet, 1000, Number.POSITIVE_INFINITY);
    expect(partial.isWhole).toBe(true);
    expect(partial.bytes.length).toBe(packet.length);
  });
});
