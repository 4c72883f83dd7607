import { expect, test } from "bun:test";
import { setInstant, unitsPerSecond } from "../../../src/protocol/capture/timestamp.ts";

const resolutions = { second: 0, milli: 3, micro: 6, nano: 9, pico: 12, "2^-10": 0x8a, "2^-32": 0xa0 };

for (const [name, resolution] of Object.entries(resolutions)) {
  test(`a count of ${name} units is the instant that bigint arithmetic gives`, () => {
    const units = unitsPerSecond(resolution)!;
    for (const seconds of [0n, 1n, 1_795_000_000n]) {
      for (const rest of [0n, 1n, BigInt(units) / 3n, BigInt(units) - 1n]) {
        if (rest < 0n || rest >= BigInt(units)) continue;
        const count = seconds * BigInt(units) + rest;
        if (count >= 1n << 64n) continue;
        const to = { seconds: 0, nanoseconds: 0 };
        const [high, low] = [Number(count >> 32n), Number(count & 0xffffffffn)];
        setInstant(to, high, low, { unitsPerSecond: units, offset: 5 });
        expect(to).toEqual({
          seconds: Number(seconds) + 5,
          nanoseconds: Number((rest * 1_000_000_000n) / BigInt(units)),
        });
      }
    }
  });
}

test("no clock counts in units of 10^-19 s", () => {
  expect(unitsPerSecond(19)).toBeUndefined();
});
