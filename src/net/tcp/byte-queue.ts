import { freeBuffer, type Lease } from "./buffers.ts";

/** A block is what one `write` to a socket gets, so it is about what a socket's send buffer takes at once. */
const blockSize = 64 * 1024;

interface Block {
  readonly bytes: Uint8Array;
  start: number;
  end: number;
  /** Of bytes that are not ours: they are read where they lie. */
  readonly lease: Lease | undefined;
}

/** Bytes waiting for a socket: put in at the back, taken from the front. Blocks are freed as they empty. */
export class ByteQueue {
  readonly #blocks: Block[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Copies `bytes`, and the caller may reuse them at once; with a lease they are held instead. */
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
    const room = this.#fill(bytes);
    if (room === bytes.length) return;
    const rest = room === 0 ? bytes : bytes.subarray(room);
    const block = new Uint8Array(Math.max(blockSize, rest.length));
    block.set(rest);
    this.#blocks.push({ bytes: block, start: 0, end: rest.length, lease: undefined });
  }

  /** @returns how many of `bytes` found room in the last block */
  #fill(bytes: Uint8Array): number {
    const last = this.#blocks.at(-1);
    if (last === undefined || last.lease !== undefined) return 0;
    const room = Math.min(bytes.length, last.bytes.length - last.end);
    if (room === 0) return 0;
    last.bytes.set(room === bytes.length ? bytes : bytes.subarray(0, room), last.end);
    last.end += room;
    return room;
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
    if (block.start < block.end) return;
    this.#blocks.shift();
    letGo(block);
  }

  clear(): void {
    this.#length = 0;
    for (const block of this.#blocks.splice(0)) letGo(block);
  }
}

function letGo({ bytes, lease }: Block): void {
  if (lease === undefined) freeBuffer(bytes);
  else lease.release();
}
