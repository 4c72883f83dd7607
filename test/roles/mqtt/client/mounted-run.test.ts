import { describe, expect, test } from "bun:test";
import { encode } from "../../../../src/protocol/mqtt/encode.ts";
import { Frame } from "../../../../src/protocol/mqtt/frame.ts";
import type { Publish, Version } from "../../../../src/protocol/mqtt/packet.ts";
import { MountedRun } from "../../../../src/roles/mqtt/client/mounted-run.ts";

const message = (more: Partial<Publish> = {}): Publish => ({
  ...{ type: "publish", version: 5, topic: "t", qos: 0, retain: false, dup: false, properties: {} },
  payload: new Uint8Array(2),
  ...(more.qos && { packetId: 7 }),
  ...more,
});

/** So many of it, behind another packet. */
function run(packet: Publish, count: number, { prefix = "p/", most = 10_000 } = {}) {
  const before = encode({ type: "pingreq", version: packet.version });
  const one = encode(packet);
  const bytes = Buffer.concat([before, ...Array.from({ length: count }, () => one)]);
  const frame = new Frame();
  frame.read(bytes, before.length, bytes.length);
  const { version } = packet;
  const input = { bytes, start: before.length, frame, limit: bytes.length, version };
  const mounted = new MountedRun(new TextEncoder().encode(prefix), input, most);
  const copy = encode({ ...packet, topic: prefix + packet.topic });
  const copies = mounted.copies.length / copy.length;
  expect(mounted.copies).toEqual(Buffer.concat(Array.from({ length: copies }, () => copy)));
  for (let index = 0; index <= copies; index++)
    expect(mounted.cameAt(index * copy.length)).toBe(before.length + index * one.length);
  return copies;
}

describe("messages below a prefix are copied together", () => {
  test.each<[Version]>([[3], [4], [5]])("that are published together (protocol level %d)", (version) => {
    expect(run(message({ version }), 500)).toBe(500);
    expect(run(message({ version, qos: 1 }), 50)).toBe(50);
  });

  test("as far as their copies are not too many bytes, however long the prefix is", () => {
    const size = encode(message({ topic: "p/t" })).length;
    expect(run(message(), 5000)).toBe(Math.floor(16_384 / size));
    expect(run(message(), 5000, { prefix: `${"x".repeat(5000)}/` })).toBe(3);
    expect(run(message(), 5000, { prefix: `${"x".repeat(60_000)}/` })).toBe(1);
  });

  test("as far as that is worth it", () => {
    for (const most of [1, 20]) expect(run(message(), 500, { most })).toBe(most);
  });

  test("and not what is published by itself", () => {
    expect(run(message({ retain: true }), 50)).toBe(1);
    for (const qos of [0, 1] as const)
      expect(run(message({ qos, properties: { contentType: "a" } }), 50)).toBe(1);
  });
});
