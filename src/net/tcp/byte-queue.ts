import { freeBuffer, type Lease } from "./buffers.ts";

/** One `write` to a socket gets one block, so a block is about as large as a socket's send buffer. */
const blockSize = 64 * 1024;

interface Block {
  readonly bytes: Uint8Array;
  start: number;
  end: number;
  /** Set for borrowed bytes, which are sent from where they are. */
  readonly lease: Lease | undefined;
}

/** Bytes that wait for a socket, first in, first out. Blocks are freed as they empty. */
export class ByteQueue {
  readonly #blocks: Block[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Copies `bytes`, and the caller may reuse them at once; with a lease they are held and not copied. */
  append(bytes: Uint8Array, lease?: Lease): void {
    if (bytes.length === 0) return;
    this.#length += bytes.length;
    if (lease === undefined) {
      this.#copy(bytes);
      return;
    }
    lease.hold();
    this.#blocks.push({ bytes, start: 0, end: bytes.length, lease });
  }

  #copy(bytes: Uint8Array): void {
    const fitted = this.#fill(bytes);
    if (fitted === bytes.length) return;
    const rest = fitted === 0 ? bytes : bytes.subarray(fitted);
    const block = new Uint8Array(Math.max(blockSize, rest.length));
    block.set(rest);
    this.#blocks.push({ bytes: block, start: 0, end: rest.length, lease: undefined });
  }

  /** Fills up the last block. @returns how many of `bytes` fitted */
  #fill(bytes: Uint8Array): number {
    const last = this.#blocks.at(-1);
    if (last === undefined || last.lease !== undefined) return 0;
    const fitted = Math.min(bytes.length, last.bytes.length - last.end);
    if (fitted === 0) return 0;
    last.bytes.set(fitted === bytes.length ? bytes : bytes.subarray(0, fitted), last.end);
    last.end += fitted;
    return fitted;
  }

  /** The bytes at the front, without copying; empty when the queue is. Valid until the next call. */
  front(): Uint8Array {
    const block = this.#blocks[0];
    return block === undefined ? new Uint8Array(0) : block.bytes.subarray(block.start, block.end);
  }

  /** Removes `count` bytes from the front, at most those that `front` gave. */
  consume(count: number): void {
    const block = this.#blocks[0];
    if (block === undefined) return;
    block.start += count;
    this.#length -= count;
    if (block.start < block.end) return;
    this.#blocks.shift();
    freeBlock(block);
  }

  clear(): void {
    this.#length = 0;
    for (const block of this.#blocks.splice(0)) freeBlock(block);
  }
}

function freeBlock({ bytes, lease }: Block): void {
  if (lease === undefined) freeBuffer(bytes);
  else lease.release();
}
