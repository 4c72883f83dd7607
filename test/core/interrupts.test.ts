import { expect, test } from "bun:test";
import { interrupts } from "../../src/core/interrupts.ts";

/** What signals at these times do. */
function happensAt(times: readonly number[]): string[] {
  const happened: string[] = [];
  let time = 0;
  const interrupt = interrupts({
    first: () => void happened.push(`${time} in order`),
    again: () => void happened.push(`${time} at once`),
    now: () => time,
  });
  for (time of times) interrupt();
  return happened;
}

test("the first Ctrl-C ends a program in order, and a second one at once", () => {
  expect(happensAt([5000])).toEqual(["5000 in order"]);
  expect(happensAt([5000, 5400])).toEqual(["5000 in order", "5400 at once"]);
});

test("the signal that timeout(1) sends twice is one", () => {
  expect(happensAt([5000, 5000, 5002])).toEqual(["5000 in order"]);
  expect(happensAt([5000, 5001, 5400])).toEqual(["5000 in order", "5400 at once"]);
});
