import type { Lease } from "../../../net/tcp/buffers.ts";
import type { Link } from "./link.ts";

interface Write {
  readonly bytes: Uint8Array;
  readonly lease: Lease | undefined;
  /** The group of the store that it waits for. */
  group: number;
}

/** It is not known yet what a write waits for: its transaction is open. */
const unknownGroup = Number.POSITIVE_INFINITY;

/**
 * A connection's writes that nobody may see yet: those that overflow its buffer while a transaction is open, and those
 * that wait until the store has made durable what they tell.
 */
export class DeferredWrites {
  #writes: Write[] = [];
  /** In bytes. */
  length = 0;

  get isEmpty(): boolean {
    return this.#writes.length === 0;
  }

  /** Bytes that come with a lease are referred to, others are copied. */
  add(bytes: Uint8Array, lease: Lease | undefined, group = unknownGroup): void {
    lease?.hold();
    this.#writes.push({ bytes: lease === undefined ? new Uint8Array(bytes) : bytes, lease, group });
    this.length += bytes.length;
  }

  /** The transaction is over: all that was added in it waits for this group. */
  setGroup(group: number): void {
    for (let index = this.#writes.length - 1; index >= 0; index--) {
      const write = this.#writes[index]!;
      if (write.group !== unknownGroup) return;
      write.group = group;
    }
  }

  /** Writes, in their order, what does not wait any more. @returns whether anything was written */
  writeTo(link: Link, isDurable: (group: number) => boolean): boolean {
    const writes = this.#writes;
    let count = 0;
    while (count < writes.length && isDurable(writes[count]!.group)) count++;
    this.#writes = writes.slice(count);
    for (const { bytes, lease } of writes.slice(0, count)) {
      this.length -= bytes.length;
      link.write(bytes, lease);
      lease?.release();
    }
    return count > 0;
  }

  clear(): void {
    for (const { lease } of this.#writes) lease?.release();
    this.#writes = [];
    this.length = 0;
  }
}
