import { expect, test } from "bun:test";
import { collectAfterReading } from "../../../src/server/run/collect-after-reading.ts";

const MiB = 1024 * 1024;

test("what a reading has left is collected in a later turn where it is much, whatever was there before", async () => {
  const collected: string[] = [];
  const after = (what: string, before: number, now: number) =>
    collectAfterReading(
      before * MiB,
      () => now * MiB,
      () => collected.push(what),
    );
  after("a large one", 0, 100);
  after("a small one", 0, 20);
  after("a small one beside much else", 190, 200);
  after("a large one beside much else", 190, 290);
  expect(collected).toEqual([]);
  await new Promise((resolve) => setTimeout(resolve, 0));
  expect(collected).toEqual(["a large one", "a large one beside much else"]);
});
