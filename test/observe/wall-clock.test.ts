import { expect, test } from "bun:test";
import { wallClock } from "../../src/observe/wall-clock.ts";

test("it goes with the steady clock, and follows the system's where that is set or the steady one has stood", () => {
  const at = { steady: 0, system: 1_000_000 };
  const now = wallClock(
    () => at.steady,
    () => at.system,
  );
  expect(now()).toBe(1_000_000);
  Object.assign(at, { steady: 10.25, system: 1_000_010 });
  expect(now()).toBe(1_000_010.25);
  // The machine has slept.
  Object.assign(at, { steady: 11.25, system: 9_000_000 });
  expect(now()).toBe(9_000_000);
  Object.assign(at, { steady: 12.75, system: 9_000_001 });
  expect(now()).toBe(9_000_001.5);
});
