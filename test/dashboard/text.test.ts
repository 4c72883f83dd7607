import { describe, expect, test } from "bun:test";
import { bytes, clock, duration, short } from "../../src/dashboard/page/text/format.ts";
import { bytesOfBase64, hexDump, hexLines } from "../../src/dashboard/page/text/hex.ts";
import { tones } from "../../src/dashboard/page/wire/palette.ts";
import { fit, textWidth } from "../../src/dashboard/page/wire/text-width.ts";

describe("the hex view", () => {
  test("shows offset, bytes with a gap in the middle, and text with dots", () => {
    const lines = hexLines(new TextEncoder().encode("Suhu: 28°C\r\nlebih panjang"));
    expect(lines).toEqual([
      { offset: "0000", hex: "53 75 68 75 3a 20 32 38  c2 b0 43 0d 0a 6c 65 62", ascii: "Suhu: 28..C..leb" },
      { offset: "0010", hex: "69 68 20 70 61 6e 6a 61  6e 67", ascii: "ih panjang" },
    ]);
  });

  test("shows eight a line where there is little room, and no more than it is asked for", () => {
    expect(hexLines(new Uint8Array(100), 8, 20).map(({ hex }) => hex.length)).toEqual([23, 23, 11]);
  });

  test("as text has its columns in place", () => {
    expect(hexDump(bytesOfBase64("aGFsbw=="))).toBe(`0000  68 61 6c 6f${" ".repeat(37)}  halo`);
  });
});

test("numbers are short and say their unit", () => {
  expect([0, 0.25, 9.876, 42.44, 1234, 5_600_000].map(short)).toEqual([
    "0",
    "0.25",
    "9.88",
    "42.4",
    "1.23 k",
    "5.6 M",
  ]);
  expect([12, 1500, 2_000_000].map(bytes)).toEqual(["12 B", "1.5 kB", "2 MB"]);
  expect([5, 65, 3700, 90_000].map(duration)).toEqual(["5 s", "1 min 5 s", "1 h 1 min", "1 d 1 h"]);
  expect(clock(new Date(2026, 0, 1, 3, 4, 5, 6).getTime())).toBe("03:04:05.006");
});

test("a text is cut to its room, and left alone when it fits", () => {
  expect(fit("halo", 13, 100)).toBe("halo");
  const cut = fit("PUBLISH sister/temp qos 1", 13, 80);
  expect(cut).toEndWith("…");
  expect(textWidth(cut, 13)).toBeLessThanOrEqual(80);
});

test("every colour of a service can be read on white (WCAG: at least 4.5)", () => {
  const channel = (value: number) => (value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
  const contrasts = tones.map((tone) => {
    const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) =>
      channel(Number.parseInt(tone.slice(at, at + 2), 16) / 255),
    );
    return 1.05 / (0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05);
  });
  expect(Math.min(...contrasts)).toBeGreaterThan(4.5);
});
