import { PacketBlocks } from "../protocol/capture/packet-blocks.ts";
import type { ItemQueue } from "./queued-writer.ts";

/** Chunks that are kept to be used again when nothing waits: more are needed only while the disk is slow. */
const keptChunks = 4;

/** Blocks of whole words, one behind the other in chunks that are used again. */
export class ChunkQueue implements ItemQueue<Uint8Array> {
  readonly #size: number;
  readonly #chunks: PacketBlocks[] = [];
  readonly #free: PacketBlocks[] = [];
  /** The last one that was taken. */
  #taken: PacketBlocks | undefined;

  /** @param size of a chunk; a larger block has one of its own */
  constructor(size: number) {
    this.#size = size;
  }

  sizeOf({ length }: Uint8Array): number {
    return length;
  }

  push(block: Uint8Array): void {
    this.room(block.length).append(block);
  }

  /** Where so many bytes of blocks can be written behind the others, before anything else is asked of the queue. */
  room(bytes: number): PacketBlocks {
    const last = this.#chunks.at(-1);
    return last !== undefined && bytes <= last.free ? last : this.#add(bytes);
  }

  take(): Uint8Array | undefined {
    this.#taken = this.#chunks.shift();
    // Memory that was never touched costs more than what is written to it.
    if (this.#chunks.length === 0 && this.#free.length > keptChunks) this.#free.length = keptChunks;
    return this.#taken?.written;
  }

  release({ buffer }: Uint8Array): void {
    const chunk = this.#taken;
    this.#taken = undefined;
    if (chunk?.bytes.buffer !== buffer || buffer.byteLength !== this.#size) return;
    chunk.clear();
    this.#free.push(chunk);
  }

  #add(needed: number): PacketBlocks {
    const free = needed <= this.#size ? this.#free.pop() : undefined;
    const chunk = free ?? new PacketBlocks(new Uint8Array(Math.max(needed, this.#size)));
    this.#chunks.push(chunk);
    return chunk;
  }
}
