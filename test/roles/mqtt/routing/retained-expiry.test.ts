import { expect, test } from "bun:test";
import { RetainedExpiry } from "../../../../src/roles/mqtt/routing/retained-expiry.ts";

interface Value {
  readonly name: string;
  readonly expiresAt: number;
}

/** Values that are searched one in a slice, the way they were added. */
function setup(...expiries: readonly number[]) {
  const values: Value[] = [];
  const evicted: string[] = [];
  const expiry = new RetainedExpiry<Value>({
    *all() {
      for (const value of [...values]) {
        yield value;
        yield undefined;
      }
    },
    expiryOf: ({ expiresAt }) => expiresAt,
    remove: (value) => {
      evicted.push(value.name);
      values.splice(values.indexOf(value), 1);
    },
  });
  const add = (name: string, expiresAt: number) => {
    values.push({ name, expiresAt });
    expiry.added(expiresAt);
  };
  for (const [index, expiresAt] of expiries.entries()) add(`v${index}`, expiresAt);
  return { expiry, add, evicted, values };
}

test("nothing is searched for before the first may expire", () => {
  const { expiry, evicted } = setup(100, 50, 70);
  expect(expiry.evict(49)).toBe(false);
  expect([expiry.evict(50), evicted]).toEqual([true, ["v1"]]);
  expect([expiry.evict(69), expiry.evict(70), evicted]).toEqual([false, true, ["v1", "v2"]]);
});

test("a search goes on where it stopped, and finds in the next round what was added during it", () => {
  const { expiry, add, evicted } = setup(10, 90, 90, 90, 90, 90, 90, 10);
  // A try takes five slices.
  expect([expiry.evict(10), evicted]).toEqual([true, ["v0"]]);
  add("late", 20);
  expect([expiry.evict(10), evicted]).toEqual([true, ["v0", "v7"]]);
  expect(expiry.evict(19)).toBe(false);
  for (let tries = 0; tries < 3; tries++) expiry.evict(20);
  expect(evicted).toEqual(["v0", "v7", "late"]);
});
