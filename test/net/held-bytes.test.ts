import { expect, test } from "bun:test";
import { HeldBytes } from "../../src/net/held-bytes.ts";

const holders = (...held: number[]) => held.map((held) => ({ held, accounted: 0 }));

test("past the limit those go who have been holding longest, and no more of them than needed", () => {
  const expelled: unknown[] = [];
  const held = new HeldBytes<{ held: number; accounted: number }>(100, (holder) => expelled.push(holder));
  const [first, second, third] = holders(40, 40, 40);
  for (const holder of [first!, second!]) held.update(holder);
  first!.held = 0; // an honest one: its message is complete
  held.update(first!);
  first!.held = 30;
  held.update(first!);
  expect(held.total).toBe(70);
  held.update(third!);
  expect(expelled).toEqual([second]);
  expect(held.total).toBe(70);
});

test("what was read meanwhile is counted before anybody has to go", () => {
  const expelled: unknown[] = [];
  const held = new HeldBytes<{ held: number; accounted: number }>(100, (holder) => expelled.push(holder));
  const [first, second] = holders(80, 80);
  held.update(first!);
  first!.held = 10;
  held.update(second!);
  expect(expelled).toEqual([]);
  expect(held.total).toBe(90);
  held.remove(second!);
  held.remove(second!);
  expect(held.total).toBe(10);
});
