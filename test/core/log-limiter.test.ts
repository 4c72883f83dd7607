import { expect, test } from "bun:test";
import { LogLimiter } from "../../src/core/log-limiter.ts";

test("a line is logged once for each key and minute, and the next says how many were left out", () => {
  let now = 0;
  const limiter = new LogLimiter(() => now);
  expect(limiter.take("a")).toBe("");
  expect(limiter.take("a")).toBeUndefined();
  expect(limiter.take("a")).toBeUndefined();
  expect(limiter.take("b")).toBe(" (2 more such lines were left out before)");
  now = 59_999;
  expect(limiter.take("a")).toBeUndefined();
  now = 60_000;
  expect(limiter.take("a")).toBe(" (1 more such lines were left out before)");
});

test("strangers with many keys get a hundred lines a minute together", () => {
  const limiter = new LogLimiter(() => 0);
  const logged = Array.from({ length: 10_000 }, (_, index) => limiter.take(`address ${index}`));
  expect(logged.filter((more) => more !== undefined)).toHaveLength(100);
});
