import type { ItemQueue } from "./queued-writer.ts";

interface Chunk {
  readonly bytes: Uint8Array;
  length: number;
}

/** Chunks that are kept to be used again: more are needed only while the disk is slow. */
const keptChunks = 4;

/** Blocks of bytes, copied one behind the other into chunks that are used again. */
export class ChunkQueue implements ItemQueue<Uint8Array> {
  readonly #size: number;
  readonly #chunks: Chunk[] = [];
  readonly #free: Uint8Array[] = [];

  /** @param size of a chunk; a larger block has one of its own */
  constructor(size: number) {
    this.#size = size;
  }

  sizeOf({ length }: Uint8Array): number {
    return length;
  }

  push(block: Uint8Array): void {
    const last = this.#chunks.at(-1);
    const chunk =
      last !== undefined && last.length + block.length <= last.bytes.length ? last : this.#add(block.length);
    chunk.bytes.set(block, chunk.length);
    chunk.length += block.length;
  }

  take(): Uint8Array | undefined {
    const chunk = this.#chunks.shift();
    return chunk?.bytes.subarray(0, chunk.length);
  }

  release(taken: Uint8Array): void {
    if (this.#free.length >= keptChunks || taken.buffer.byteLength !== this.#size) return;
    this.#free.push(new Uint8Array(taken.buffer));
  }

  #add(needed: number): Chunk {
    const bytes =
      needed <= this.#size ? (this.#free.pop() ?? new Uint8Array(this.#size)) : new Uint8Array(needed);
    const chunk = { bytes, length: 0 };
    this.#chunks.push(chunk);
    return chunk;
  }
}
