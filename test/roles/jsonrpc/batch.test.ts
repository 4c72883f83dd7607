import { expect, test } from "bun:test";
import type { JsonValue } from "../../../src/protocol/json/value.ts";
import { Batches } from "../../../src/roles/jsonrpc/batch.ts";

/** Calls that take half a millisecond, and are noted. */
function slow(calls: JsonValue[]) {
  return new Batches((call) => {
    const start = performance.now();
    while (performance.now() - start < 0.5);
    calls.push(call);
    return call === null ? undefined : String(call);
  });
}

const numbers = (count: number, start = 0) => Array.from({ length: count }, (_, index) => start + index);

test("a short batch is answered at once, and one of notifications alone not at all", () => {
  const batches = new Batches((call) => (call === null ? undefined : String(call)));
  expect(batches.run([1, null, 2], undefined)).toBe("[1,2]");
  expect(batches.run([null], undefined)).toBeUndefined();
});

test("long batches are answered in turn, each in its own order", async () => {
  const calls: JsonValue[] = [];
  const batches = slow(calls);
  const [first, second] = [batches.run(numbers(40), undefined), batches.run(numbers(40, 100), undefined)];
  expect(await first).toBe(`[${numbers(40).join(",")}]`);
  expect(await second).toBe(`[${numbers(40, 100).join(",")}]`);
  // The second one has begun long before the first one's end.
  expect(calls.indexOf(100)).toBeLessThan(calls.indexOf(20));
});

test("nothing is done any more for a client that has left", async () => {
  const calls: JsonValue[] = [];
  const batches = slow(calls);
  const client = new AbortController();
  const abandoned = batches.run(numbers(1000), client);
  client.abort();
  const next = batches.run([2000], undefined);
  expect(await next).toBe("[2000]");
  await abandoned;
  expect(calls.length).toBeLessThan(20);
});
