import { expect, test } from "bun:test";
import { TimerWheel } from "../../../../src/roles/mqtt/session/timer-wheel.ts";

test("each deadline fires once, not early, and at most a second late", () => {
  const timers = new TimerWheel(0);
  const done: string[] = [];
  for (const time of [1500, 2000, 2001, 700]) timers.at(time, () => done.push(`${time}`));
  for (let now = 0; now <= 4000; now += 250) {
    const before = done.length;
    timers.run(now);
    for (const time of done.slice(before)) {
      expect(now).toBeGreaterThanOrEqual(Number(time));
      expect(now - Number(time)).toBeLessThanOrEqual(1000);
    }
  }
  expect(done.toSorted()).toEqual(["1500", "2000", "2001", "700"]);
});

test("a cancelled deadline does not fire", () => {
  const timers = new TimerWheel(0);
  const done: number[] = [];
  const cancel = timers.at(1000, () => done.push(1));
  timers.at(1000, () => done.push(2));
  cancel();
  timers.run(5000);
  cancel();
  expect(done).toEqual([2]);
});

test("a deadline in the past fires at the next run", () => {
  const timers = new TimerWheel(10_000);
  const done: number[] = [];
  timers.run(20_000);
  timers.at(5000, () => done.push(1));
  timers.run(21_000);
  expect(done).toEqual([1]);
});

test("a deadline whose call throws leaves the others theirs, of this second and of later ones", () => {
  const errors: unknown[] = [];
  const timers = new TimerWheel(0, (error) => errors.push(error));
  const broken = new Error("a broken session");
  const done: string[] = [];
  timers.at(1000, () => done.push("one"));
  timers.at(1000, () => {
    throw broken;
  });
  timers.at(1000, () => done.push("three"));
  timers.at(2000, () => done.push("four"));
  timers.run(2000);
  expect([done, errors]).toEqual([["one", "three", "four"], [broken]]);
  timers.run(3000);
  expect(done).toHaveLength(3);
});
