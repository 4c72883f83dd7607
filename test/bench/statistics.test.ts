import { describe, expect, test } from "bun:test";
import { median, pairwise, spread } from "./statistics.ts";

describe("the statistics of the bench", () => {
  test("the median is the middle value of the sorted values", () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([10, 2, 4, 100])).toBe(7);
    expect(median([3])).toBe(3);
  });

  test("the median of no values is an error", () => {
    expect(() => median([])).toThrow("no median");
  });

  test("a spread is the median, the minimum and the maximum", () => {
    expect(spread([30, 10, 20])).toEqual({ median: 20, min: 10, max: 30 });
  });

  test("ratios are computed between neighbours, so a slow phase of both changes nothing", () => {
    expect(pairwise([100, 10, 100], [50, 5, 50])).toEqual({ median: 2, min: 2, max: 2 });
    expect(() => pairwise([1, 2], [1])).toThrow("2 values cannot be paired with 1");
  });
});
