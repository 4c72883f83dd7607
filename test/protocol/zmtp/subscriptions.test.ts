import { expect, test } from "bun:test";
import fc from "fast-check";
import { Subscriptions } from "../../../src/protocol/zmtp/subscriptions.ts";

test("a message is for everybody who subscribes to a beginning of it, once, as a plain search finds them", () => {
  // Few prefixes, so that they are removed as well as added.
  const prefix = fc.string({ unit: fc.constantFrom("a", "\xff"), maxLength: 2 });
  const step = fc.record({ isAdded: fc.boolean(), prefix, who: fc.integer({ min: 0, max: 1 }) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), prefix, (steps, message) => {
      const subscriptions = new Subscriptions<number>();
      const plain = new Set<string>();
      for (const { isAdded, prefix, who } of steps) {
        if (isAdded) subscriptions.add(prefix, who);
        else subscriptions.remove(prefix, who);
        if (isAdded) plain.add(`${who}${prefix}`);
        else plain.delete(`${who}${prefix}`);
      }
      const expected = [0, 1, 2, 3].filter((who) =>
        [...plain].some((key) => key.startsWith(String(who)) && message.startsWith(key.slice(1))),
      );
      expect([...subscriptions.matching(Buffer.from(message, "latin1"))].sort()).toEqual(expected);
    }),
  );
});

test("who unsubscribes takes no other prefix of the same length along", () => {
  const subscriptions = new Subscriptions<string>();
  for (const who of ["one", "two"]) subscriptions.add("a", who);
  for (const prefix of ["b", "c"]) subscriptions.add(prefix, prefix);
  const matching = (message: string) => [...subscriptions.matching(Buffer.from(message))].sort();
  subscriptions.remove("a", "one");
  expect([matching("a"), matching("b"), matching("c")]).toEqual([["two"], ["b"], ["c"]]);
  subscriptions.remove("a", "two");
  subscriptions.remove("b", "b");
  expect([matching("a"), matching("b"), matching("c")]).toEqual([[], [], ["c"]]);
});
