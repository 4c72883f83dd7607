import { expect, test } from "bun:test";
import { Percentiles } from "../../../src/protocol/conversation/percentiles.ts";
import { Random } from "../../support/random.ts";

test("percentiles are within one per cent of those of the sorted values, however they are spread", () => {
  const random = new Random(11);
  for (const spread of [1, 1000, 1e6, 1e9]) {
    const times = new Percentiles();
    const values = Array.from({ length: 5000 }, () => 1 + random.below(spread) * random.below(50));
    for (const value of values) times.add(value);
    values.sort((one, other) => one - other);
    for (const share of [0.01, 0.5, 0.9, 0.99, 1]) {
      const rank = Math.ceil(share * values.length);
      const isShared = rank === share * values.length && rank < values.length;
      const exact = (values[rank - 1]! + values[isShared ? rank : rank - 1]!) / 2;
      expect(Math.abs(times.at(share)! - exact)).toBeLessThanOrEqual(0.0101 * exact);
    }
    expect([times.min, times.max, times.count]).toEqual([values[0]!, values.at(-1)!, 5000]);
  }
});

test("two merged are as if all had been added to one, and nothing has no percentile", () => {
  const [one, other, both] = [new Percentiles(), new Percentiles(), new Percentiles()];
  expect(both.at(0.5)).toBeUndefined();
  for (let value = 0; value < 100; value++) {
    (value % 3 === 0 ? one : other).add(value);
    both.add(value);
  }
  one.merge(other);
  expect(one.count).toBe(100);
  expect([one.min, one.max, one.sum]).toEqual([both.min, both.max, both.sum]);
  for (const share of [0.1, 0.5, 0.99]) expect(one.at(share)).toBeCloseTo(both.at(share)!, 6);
});

test.each([
  [[5.6, 2.4], 4],
  [[3, 1, 2], 2],
  [[4, 1, 2, 3], 2.5],
  [[7], 7],
])("the median of %j is %p", (values, median) => {
  const times = new Percentiles();
  for (const value of values) times.add(value * 1e6);
  expect(times.at(0.5)).toBeCloseTo(median * 1e6, 0);
});
