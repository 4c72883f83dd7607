import { expect, onTestFinished, test } from "bun:test";
import { Patience } from "../../src/net/timeout-queue.ts";
import { until } from "../support/until.ts";

function patience(limit: number) {
  const late: string[] = [];
  const waiting = new Patience<string>(limit, (one) => void late.push(one));
  onTestFinished(() => waiting.close());
  return { waiting, late };
}

test("who is not done in time is given up, the first to come first; who is done is not", async () => {
  const { waiting, late } = patience(20);
  for (const one of ["a", "b", "c"]) waiting.begin(one);
  expect(waiting.done("b")).toBe(true);
  expect(waiting.done("b")).toBe(false);
  await until(() => late.length === 2);
  expect(late).toEqual(["a", "c"]);
  expect(waiting.done("a")).toBe(false);
});

test("who comes later has the whole time, too", async () => {
  const { waiting, late } = patience(40);
  waiting.begin("early");
  await until(() => late.length === 1);
  const since = performance.now();
  waiting.begin("later");
  await until(() => late.length === 2);
  expect(performance.now() - since).toBeGreaterThanOrEqual(39);
});

test("nobody is given up after the close", async () => {
  const { waiting, late } = patience(5);
  const other = patience(15);
  waiting.begin("forgotten");
  other.waiting.begin("later");
  waiting.close();
  await until(() => other.late.length === 1);
  expect(late).toEqual([]);
});
