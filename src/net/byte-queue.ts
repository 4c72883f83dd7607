/** A block is what one `write` to a socket gets, so it is about what a socket's send buffer takes at once. */
const blockSize = 64 * 1024;

interface Block {
  readonly bytes: Uint8Array;
  start: number;
  end: number;
}

/** Bytes waiting for a socket: copied in at the back, taken from the front. Blocks are freed as they empty. */
export class ByteQueue {
  readonly #blocks: Block[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Copies `bytes`; the caller may reuse them at once. */
  append(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    const last = this.#blocks.at(-1);
    const room = last === undefined ? 0 : Math.min(bytes.length, last.bytes.length - last.end);
    if (last !== undefined && room > 0) {
      last.bytes.set(room === bytes.length ? bytes : bytes.subarray(0, room), last.end);
      last.end += room;
    }
    if (room < bytes.length) {
      const block = new Uint8Array(Math.max(blockSize, bytes.length - room));
      block.set(room === 0 ? bytes : bytes.subarray(room));
      this.#blocks.push({ bytes: block, start: 0, end: bytes.length - room });
    }
    this.#length += bytes.length;
  }

  /** The bytes at the front, without copying; empty when the queue is. Valid until the next call. */
  front(): Uint8Array {
    const block = this.#blocks[0];
    return block === undefined ? new Uint8Array(0) : block.bytes.subarray(block.start, block.end);
  }

  /** Forgets `count` bytes of those that `front` gave. */
  consume(count: number): void {
    const block = this.#blocks[0];
    if (block === undefined) return;
    block.start += count;
    this.#length -= count;
    if (block.start >= block.end) this.#blocks.shift();
  }

  clear(): void {
    this.#blocks.length = 0;
    this.#length = 0;
  }
}
