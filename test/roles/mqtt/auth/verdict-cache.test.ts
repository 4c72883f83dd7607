import { expect, test } from "bun:test";
import { VerdictCache } from "../../../../src/roles/mqtt/auth/verdict-cache.ts";

const admission = (username: string, groups: readonly string[] = []) =>
  ({ reason: 0, username, grant: { by: "service", groups, rules: undefined } }) as const;

test("what was needed least recently makes room, whatever it takes", () => {
  const cache = new VerdictCache(3000);
  for (let i = 0; i < 5; i++) cache.set(String(i), admission(`user ${i}`), 0);
  expect(cache.get("0", 0)).toEqual(admission("user 0"));
  // As large as three of them.
  cache.set("large", admission("large", ["g".repeat(500)]), 0);
  const left = ["0", "1", "2", "3", "4", "large"].filter((digest) => cache.get(digest, 0) !== undefined);
  expect(left).toContain("0");
  expect(left).toContain("large");
  expect(left).not.toContain("1");
  for (let i = 0; i < 10_000; i++) cache.set(`many ${i}`, admission(`user ${i}`), 0);
  expect(cache.size).toBeLessThan(3000 / 300);
  expect(cache.get("many 9999", 0)).toBeDefined();
});

test("what is larger than all room is not kept, and takes nothing from those that come later", () => {
  const cache = new VerdictCache(2000);
  cache.set("huge", admission("huge", ["g".repeat(5000)]), 0);
  expect(cache.size).toBe(0);
  cache.set("a", admission("a"), 0);
  cache.set("a", admission("b"), 1);
  expect(cache.size).toBe(1);
  expect(cache.get("a", 1)).toEqual(admission("b"));
  expect(cache.get("a", 2)).toBeUndefined();
  cache.delete("a");
  cache.delete("a");
  expect(cache.size).toBe(0);
});

test("a digest is of one cache, and tells nothing of what it is made from", () => {
  const [one, other] = [new VerdictCache(1000), new VerdictCache(1000)];
  expect(one.digest("rahasia")).toBe(one.digest("rahasia"));
  expect(one.digest("rahasia")).not.toBe(other.digest("rahasia"));
  expect(one.digest("rahasia")).not.toBe(one.digest("rahasia "));
});
