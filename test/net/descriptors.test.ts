import { expect, test } from "bun:test";
import { closeSync, openSync } from "node:fs";
import { descriptorLimit, nextDescriptor, openDescriptors } from "../../src/net/descriptors.ts";

test("the limit is what the shell says, and a file gets the next descriptor", () => {
  const shell = Bun.spawnSync(["sh", "-c", "ulimit -n"]).stdout.toString().trim();
  expect(String(descriptorLimit())).toBe(shell);
  const [next, open] = [nextDescriptor(), openDescriptors() ?? 0];
  const file = openSync("/dev/null", "r");
  expect(file).toBe(next);
  expect(openDescriptors()).toBe(open + 1);
  closeSync(file);
});
