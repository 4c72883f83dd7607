import { expect, test } from "bun:test";
import { Deadlines } from "../../../../src/roles/mqtt/session/timer-wheel.ts";

test("each deadline fires once, not early, and at most a second late", () => {
  const deadlines = new Deadlines(0);
  const done: string[] = [];
  for (const time of [1500, 2000, 2001, 700]) deadlines.at(time, () => done.push(`${time}`));
  for (let now = 0; now <= 4000; now += 250) {
    const before = done.length;
    deadlines.run(now);
    for (const time of done.slice(before)) {
      expect(now).toBeGreaterThanOrEqual(Number(time));
      expect(now - Number(time)).toBeLessThanOrEqual(1000);
    }
  }
  expect(done.toSorted()).toEqual(["1500", "2000", "2001", "700"]);
});

test("a cancelled deadline does not fire", () => {
  const deadlines = new Deadlines(0);
  const done: number[] = [];
  const cancel = deadlines.at(1000, () => done.push(1));
  deadlines.at(1000, () => done.push(2));
  cancel();
  deadlines.run(5000);
  cancel();
  expect(done).toEqual([2]);
});

test("a deadline in the past fires at the next run", () => {
  const deadlines = new Deadlines(10_000);
  const done: number[] = [];
  deadlines.run(20_000);
  deadlines.at(5000, () => done.push(1));
  deadlines.run(21_000);
  expect(done).toEqual([1]);
});
