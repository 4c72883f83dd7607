import { expect, test } from "bun:test";
import { LoadAverage } from "../../../../src/roles/mqtt/broker/load-average.ts";

const values = (load: LoadAverage) => load.entries().map(([, value]) => Number(value));

test("averages reach a steady rate, the short one first", () => {
  const load = new LoadAverage(0);
  for (let second = 10; second <= 3600; second += 10) load.update(second * 5, 10);
  const [one, five, fifteen] = values(load);
  expect(one).toBeCloseTo(300, 1);
  expect(five).toBeCloseTo(300, 0);
  expect(fifteen).toBeGreaterThan(290);
});

test("averages do not depend on how often they are updated", () => {
  const [often, seldom] = [new LoadAverage(0), new LoadAverage(0)];
  for (let second = 1; second <= 60; second++) often.update(second * 7, 1);
  seldom.update(420, 60);
  expect(values(often)).toEqual(values(seldom));
});

test("an initial count is not load, and an interval of zero causes no division by zero", () => {
  const load = new LoadAverage(1000);
  load.update(1000, 0);
  load.update(1000, 10);
  expect(values(load)).toEqual([0, 0, 0]);
});
