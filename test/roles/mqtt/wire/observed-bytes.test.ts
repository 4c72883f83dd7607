import { expect, test } from "bun:test";
import { ObservedBytes } from "../../../../src/roles/mqtt/wire/observed-bytes.ts";

const chunk = Buffer.from("0123456789");

test("a copy stays what it was while the bytes are written over, and its memory is used again", () => {
  const observed = new ObservedBytes();
  const bytes = Buffer.from(chunk);
  const first = observed.copy(bytes, 2, 9);
  bytes.fill("x");
  expect(first.toString("latin1", 0, 7)).toBe("2345678");
  observed.giveBack(first);
  const second = observed.copy(chunk, 0, 3);
  expect(second).toBe(first);
  expect(second.toString("latin1", 0, 3)).toBe("012");
});

test("a chunk that is read while another one is has a copy of its own", () => {
  const observed = new ObservedBytes();
  const outer = observed.copy(chunk, 0, 5);
  const inner = observed.copy(chunk, 5, 10);
  expect([outer.toString(), inner.toString()]).toEqual(["01234", "56789"]);
  observed.giveBack(inner);
  observed.giveBack(outer);
});

test("what a larger chunk than any other has needed is given up", () => {
  const observed = new ObservedBytes();
  const large = observed.copy(Buffer.alloc(2 * 1024 * 1024), 0, 2 * 1024 * 1024);
  observed.giveBack(large);
  expect(observed.copy(chunk, 0, 4)).not.toBe(large);
});
