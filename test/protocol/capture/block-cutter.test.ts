import { expect, test } from "bun:test";
import { BlockCutter } from "../../../src/protocol/capture/block-cutter.ts";
import { CaptureError } from "../../../src/protocol/capture/capture-error.ts";
import {
  enhancedPacket,
  interfaceDescription,
  interfaceStatistics,
  sectionHeader,
} from "../../../src/protocol/capture/pcapng-writer.ts";

const at = { seconds: 1_700_000_000, nanoseconds: 5 };
const packet = (text: string, index = 0) =>
  enhancedPacket({ interface: index, ...at, bytes: Buffer.from(text), originalLength: text.length });
const described = (name: string) => interfaceDescription({ linkType: 101, name, snapLength: 0 });
const lost = (index: number, dropped: number) => interfaceStatistics(index, at, { received: 9, dropped });

const blocks = [
  sectionHeader("distsrv", "a comment"),
  described("echo"),
  packet("one"),
  lost(0, 2),
  described("mqtt"),
  packet("two", 1),
  lost(1, 40),
  lost(0, 3),
];
const file = Buffer.concat(blocks);
/** Where each block ends. */
const ends = blocks.map((_, index) => Buffer.concat(blocks.slice(0, index + 1)).length);

test.each([1, 3, 7, 64, file.length])(
  "in pieces of %d bytes it gives whole blocks, all in the end, and counts them",
  (size) => {
    const cutter = new BlockCutter();
    const out: Uint8Array[] = [];
    let length = 0;
    for (let from = 0; from < file.length; from += size) {
      // Overwritten afterwards, because a chunk is its owner's again; a Buffer, whose slice is no copy.
      const piece = Buffer.from(file.subarray(from, from + size));
      const whole = cutter.cut(piece);
      out.push(new Uint8Array(whole));
      length += whole.length;
      piece.fill(0xee);
      expect([0, ...ends]).toContain(length);
      expect(cutter.pending).toBe(Math.min(from + size, file.length) - length);
    }
    expect(Buffer.concat(out)).toEqual(file);
    expect(cutter).toMatchObject({ packets: 2, dropped: 43, pending: 0 });
  },
);

test("after the last packet that is wanted it gives nothing", () => {
  const cutter = new BlockCutter(1);
  expect(cutter.cut(file).length).toBe(ends[2]!);
  expect(cutter).toMatchObject({ packets: 1, isFull: true });
  expect(cutter.cut(packet("three")).length).toBe(0);
});

test("what is no pcapng, and a block that distsrv does not write, are refused", () => {
  expect(() => new BlockCutter().cut(Buffer.from("<html><body>"))).toThrow(CaptureError);
  const cutter = new BlockCutter();
  cutter.cut(blocks[0]!);
  expect(() => cutter.cut(Uint8Array.of(6, 0, 0, 0, 13, 0, 0, 0))).toThrow("A block of 13 bytes");
});
