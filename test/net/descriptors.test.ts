import { expect, test } from "bun:test";
import { closeSync, openSync } from "node:fs";
import { descriptorLimit, nextDescriptor, openDescriptors } from "../../src/net/descriptors.ts";

test("the limit is what the shell says, and a file gets the next descriptor", () => {
  // What another test has left may be closed at any moment, in a thread of the runtime's.
  for (let attempt = 1; ; attempt++) {
    const before = openDescriptors();
    const next = nextDescriptor();
    const file = openSync("/dev/null", "r");
    const after = openDescriptors();
    closeSync(file);
    if (before === openDescriptors() || attempt === 20) {
      expect([file, after]).toEqual([next, (before ?? 0) + 1]);
      break;
    }
  }
  const shell = Bun.spawnSync(["sh", "-c", "ulimit -n"]).stdout.toString().trim();
  expect(String(descriptorLimit())).toBe(shell);
});
