import { expect, test } from "bun:test";
import { backoff } from "../../../src/server/run/backoff.ts";

test("pauses grow to their ceiling, and start over after a calm time", () => {
  let clock = 0;
  const pauses = backoff({ now: () => clock });
  const seen = Array.from({ length: 10 }, () => {
    const pause = pauses.next();
    clock += pause + 10;
    return pause;
  });
  expect(seen).toEqual([100, 200, 400, 800, 1600, 3200, 6400, 12800, 25600, 30000]);
  clock += 61_000;
  expect(pauses.next()).toBe(100);
});

test("a run of a minute is calm; the pause before it does not count", () => {
  let clock = 0;
  const pauses = backoff({ now: () => clock });
  const failAfter = (running: number, pause: number) => {
    clock += pause + running;
    return pauses.next();
  };
  let pause = pauses.next();
  while (pause < 30_000) pause = failAfter(10, pause);
  expect(failAfter(31_000, pause)).toBe(30_000);
  expect(failAfter(60_000, pause)).toBe(30_000);
  expect(failAfter(60_001, pause)).toBe(100);
});
