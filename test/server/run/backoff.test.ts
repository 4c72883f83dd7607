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
