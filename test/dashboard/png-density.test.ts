import { expect, test } from "bun:test";
import { crc32 } from "node:zlib";
import { withDensity } from "../../src/dashboard/page/wire/png-density.ts";

test("a PNG says its dots per inch behind its header, and nothing else changes", () => {
  const png = Uint8Array.from({ length: 80 }, (_, at) => at);
  const whole = Buffer.from(withDensity(png, 288));
  expect(whole.subarray(0, 33)).toEqual(Buffer.from(png.subarray(0, 33)));
  expect(whole.subarray(54)).toEqual(Buffer.from(png.subarray(33)));
  const chunk = whole.subarray(33, 54);
  expect(chunk.readUInt32BE(0)).toBe(9);
  expect(chunk.toString("latin1", 4, 8)).toBe("pHYs");
  expect([chunk.readUInt32BE(8), chunk.readUInt32BE(12), chunk[16]]).toEqual([11339, 11339, 1]);
  expect(chunk.readUInt32BE(17)).toBe(crc32(chunk.subarray(4, 17)));
});
