import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { Lease } from "../../../src/net/tcp/buffers.ts";
import { ByteQueue } from "../../../src/net/tcp/byte-queue.ts";

/** A lease that overwrites its bytes once they are not held, so that a later read is noticed. */
class TestLease implements Lease {
  holders = 0;

  constructor(readonly bytes: Uint8Array) {}

  hold(): void {
    this.holders++;
  }

  release(): void {
    this.holders--;
    if (this.holders === 0) this.bytes.fill(0xdd);
  }
}

/** Bytes that differ from those of any other seed nearby. */
const bytesOf = (length: number, seed: number): Uint8Array =>
  Uint8Array.from({ length }, (_, index) => (index * 31 + seed * 17) & 0xff);

const sizes = fc.oneof(
  fc.integer({ min: 0, max: 300 }),
  fc.integer({ min: 60_000, max: 70_000 }),
  fc.integer({ min: 100_000, max: 300_000 }),
);

const step = fc.oneof(
  fc.record({ kind: fc.constant("copy" as const), size: sizes }),
  fc.record({ kind: fc.constant("lend" as const), size: sizes }),
  fc.record({ kind: fc.constant("take" as const), size: sizes }),
);

describe("ByteQueue", () => {
  test("gives back what was put in, in order, however it is mixed; each lease is held until its last byte", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const queue = new ByteQueue();
        const leases: TestLease[] = [];
        let expected = Buffer.alloc(0);
        const take = (most: number) => {
          const front = queue.front();
          const count = Math.min(most, front.length);
          expect(Buffer.compare(front.subarray(0, count), expected.subarray(0, count))).toBe(0);
          queue.consume(count);
          expected = expected.subarray(count);
        };
        for (const [seed, { kind, size }] of steps.entries()) {
          const bytes = bytesOf(size, seed);
          if (kind === "take") take(size);
          else {
            expected = Buffer.concat([expected, bytes]);
            if (kind === "copy") {
              queue.append(bytes);
              bytes.fill(0xee); // it is the caller's again
            } else {
              const lease = new TestLease(bytes);
              leases.push(lease);
              queue.append(bytes, lease);
            }
          }
          expect(queue.length).toBe(expected.length);
        }
        while (queue.length > 0) take(Number.POSITIVE_INFINITY);
        expect(expected.length).toBe(0);
        expect(leases.every(({ holders }) => holders === 0)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  test("lets go of what it held when it is cleared", () => {
    const queue = new ByteQueue();
    const lease = new TestLease(new Uint8Array(10));
    queue.append(lease.bytes, lease);
    queue.append(lease.bytes.subarray(5), lease);
    queue.append(new Uint8Array(10));
    expect(lease.holders).toBe(2);
    queue.clear();
    expect(lease.holders).toBe(0);
    expect(queue.length).toBe(0);
    expect(queue.front().length).toBe(0);
  });

  test("holds nothing of an empty append", () => {
    const queue = new ByteQueue();
    const lease = new TestLease(new Uint8Array(0));
    queue.append(lease.bytes, lease);
    expect(lease.holders).toBe(0);
  });
});
