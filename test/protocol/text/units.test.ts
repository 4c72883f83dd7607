import { expect, test } from "bun:test";
import { formatDuration, formatSize } from "../../../src/protocol/text/units.ts";

test.each([
  [0, "0 B"],
  [999, "999 B"],
  [1500, "1.5 kB"],
  [999_600, "1.0 MB"],
  [210_000_000, "210 MB"],
])("%d bytes read %s", (bytes, text) => {
  expect(formatSize(bytes)).toBe(text);
});

test.each([
  [0.412, "0.41 ms"],
  [3.44, "3.4 ms"],
  [250, "250 ms"],
  [1500, "1.5 s"],
  [10_000, "10 s"],
  [300_000, "5 min"],
  [7_200_000, "2 h"],
  [129_600_000, "36 h"],
  [604_800_000, "7 d"],
])("%d ms reads %s", (milliseconds, text) => {
  expect(formatDuration(milliseconds)).toBe(text);
});
