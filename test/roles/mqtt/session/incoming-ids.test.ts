import { expect, test } from "bun:test";
import fc from "fast-check";
import { IncomingIds } from "../../../../src/roles/mqtt/session/incoming-ids.ts";

const id = fc.oneof(
  fc.integer({ min: 1, max: 65_535 }),
  // Around the ends of chunks, where one is left for the next.
  fc.constantFrom(1, 1023, 1024, 1025, 2047, 2048, 65_534, 65_535),
);
const steps = fc.array(fc.record({ kind: fc.constantFrom("add", "delete", "take all", "has"), id }), {
  maxLength: 200,
});

test("a set of packet identifiers equals a Set, in the order of the numbers", () => {
  fc.assert(
    fc.property(steps, (all) => {
      const ids = new IncomingIds();
      const model = new Set<number>();
      for (const { kind, id } of all) {
        if (kind === "add") {
          ids.add(id);
          model.add(id);
        } else if (kind === "delete") expect(ids.delete(id)).toBe(model.delete(id));
        else if (kind === "take all") {
          for (const one of [...model]) expect(ids.delete(one)).toBe(model.delete(one));
        }
        expect(ids.has(id)).toBe(model.has(id));
        expect(ids.size).toBe(model.size);
      }
      expect([...ids]).toEqual([...model].sort((one, other) => one - other));
    }),
    { numRuns: 300 },
  );
});

test("identifiers that a client uses in turn, one at a time, can all be used again and again", () => {
  const ids = new IncomingIds();
  for (let round = 0; round < 3; round++) {
    for (let next = 1; next <= 65_535; next++) {
      ids.add(next);
      if (!ids.has(next) || !ids.delete(next) || ids.has(next)) throw new Error(`${next} is wrong`);
    }
  }
  expect([ids.size, [...ids]]).toEqual([0, []]);
});
