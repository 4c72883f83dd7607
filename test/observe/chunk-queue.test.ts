import { expect, test } from "bun:test";
import { ChunkQueue } from "../../src/observe/chunk-queue.ts";

test("blocks come out in their order, those that fit into a chunk together", () => {
  const queue = new ChunkQueue(8);
  for (const text of ["abc", "def", "ghij", "a larger block..", "kl"]) queue.push(Buffer.from(text));
  const taken: string[] = [];
  for (let chunk = queue.take(); chunk !== undefined; chunk = queue.take())
    taken.push(Buffer.from(chunk).toString());
  expect(taken).toEqual(["abcdef", "ghij", "a larger block..", "kl"]);
});

test("the block is copied, and a chunk that is given back is used again", () => {
  const queue = new ChunkQueue(8);
  const block = Buffer.from("abc");
  queue.push(block);
  block.fill(0);
  const first = queue.take()!;
  expect(Buffer.from(first).toString()).toBe("abc");
  // What was taken is not written over before it is given back.
  queue.push(Buffer.from("xyz"));
  expect(Buffer.from(first).toString()).toBe("abc");
  queue.release(first.subarray(1));
  expect(Buffer.from(queue.take()!).toString()).toBe("xyz");
  queue.push(Buffer.from("q"));
  expect(queue.take()!.buffer).toBe(first.buffer);
});
