import { expect, test } from "bun:test";
import { collectAfterReading } from "../../../src/server/run/collect-after-reading.ts";

const MiB = 1024 * 1024;

test("a large heap is collected in a later turn, a small one is left to itself", async () => {
  const collected: string[] = [];
  collectAfterReading(
    () => 100 * MiB,
    () => collected.push("large"),
  );
  collectAfterReading(
    () => 20 * MiB,
    () => collected.push("small"),
  );
  expect(collected).toEqual([]);
  await new Promise((resolve) => setTimeout(resolve, 0));
  expect(collected).toEqual(["large"]);
});
