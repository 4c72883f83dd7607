import { expect, test } from "bun:test";
import type { Instant } from "../../../src/protocol/capture/frame.ts";
import { PacketBlocks, packetBlockSize } from "../../../src/protocol/capture/packet-blocks.ts";
import { enhancedPacket } from "../../../src/protocol/capture/pcapng-writer.ts";

/** A packet of so many bytes, written in place. */
function add(blocks: PacketBlocks, time: Instant, length: number): void {
  const at = blocks.add(3, "out", time, length);
  blocks.bytes.fill(length & 255, at, at + length);
}

test("they are what the writer of single blocks makes, whatever was there before", () => {
  const times = [0, 1, 65_535, 65_536, 1_764_316_800, 2 ** 32 - 1];
  const blocks = new PacketBlocks(new Uint8Array(2048));
  for (const length of [0, 1, 2, 3, 4, 1500]) {
    for (const seconds of times) {
      const time = { seconds, nanoseconds: 999_999_999 };
      const bytes = new Uint8Array(length).fill(length & 255);
      blocks.bytes.fill(0xee);
      blocks.clear();
      add(blocks, time, length);
      const alone = enhancedPacket({ interface: 3, way: "out", bytes, originalLength: length, ...time });
      expect(blocks.written).toEqual(alone);
    }
  }
});

test("the time is the number of nanoseconds, in two halves", () => {
  const blocks = new PacketBlocks(new Uint8Array(2048));
  for (const [seconds, nanoseconds] of [
    [1_764_316_800, 123_456_789],
    [4_294_967_295, 999_999_999],
    [70_000, 0],
  ] as const) {
    blocks.clear();
    add(blocks, { seconds, nanoseconds }, 4);
    const { view } = blocks;
    const time = (BigInt(view.getUint32(12, true)) << 32n) | BigInt(view.getUint32(16, true));
    expect(time).toBe(BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds));
  }
});

test("they lie behind each other and behind what was made elsewhere, each as long as was said", () => {
  const blocks = new PacketBlocks(new Uint8Array(1024));
  const time = { seconds: 1, nanoseconds: 0 };
  blocks.append(Uint8Array.of(1, 2, 3, 4));
  for (const length of [0, 1, 2, 3, 4, 5]) {
    const before = blocks.length;
    add(blocks, time, length);
    expect(blocks.length - before).toBe(packetBlockSize(length));
    expect(blocks.view.getUint32(before + 4, true)).toBe(packetBlockSize(length));
  }
  expect(blocks.free).toBe(1024 - blocks.length);
  expect(blocks.written.subarray(0, 4)).toEqual(Uint8Array.of(1, 2, 3, 4));
  expect(blocks.words.buffer).toBe(blocks.bytes.buffer);
});
