import type { Instant, Way } from "./frame.ts";
import { BlockType } from "./pcapng-format.ts";
import { setTime } from "./pcapng-writer.ts";

/** Before the packet: the block's type and length, interface, time, and both lengths of the packet. */
const headSize = 28;

/** After it: its direction, the end of the options, and the block's length again. */
const tailSize = 16;

const directionOption = 2;

/** What the block of a packet of so many bytes takes. */
export const packetBlockSize = (length: number): number => headSize + padded(length) + tailSize;

const padded = (length: number): number => (length + 3) & ~3;

/** Enhanced packet blocks of pcapng, one behind the other in memory of a fixed size. */
export class PacketBlocks {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly view: DataView;
  /** The same memory; each packet begins with a whole word. */
  readonly words: Uint32Array;
  #length = 0;

  /** @param bytes whole words */
  constructor(bytes: Uint8Array<ArrayBuffer>) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer);
    this.words = new Uint32Array(bytes.buffer);
  }

  /** How many bytes there are. */
  get length(): number {
    return this.#length;
  }

  /** Bytes for which there is room. */
  get free(): number {
    return this.bytes.length - this.#length;
  }

  get written(): Uint8Array {
    return this.bytes.subarray(0, this.#length);
  }

  clear(): void {
    this.#length = 0;
  }

  /** Copies blocks that were made elsewhere. */
  append(blocks: Uint8Array): void {
    this.bytes.set(blocks, this.#length);
    this.#length += blocks.length;
  }

  /**
   * There has to be room.
   * @returns where the packet has to be written, behind which are zeros up to the next whole word
   */
  add(index: number, way: Way, time: Instant, length: number): number {
    const size = packetBlockSize(length);
    const start = this.#length;
    this.#length += size;
    const { view } = this;
    view.setUint32(start, BlockType.EnhancedPacket, true);
    view.setUint32(start + 4, size, true);
    view.setUint32(start + 8, index, true);
    setTime(view, start + 12, time);
    view.setUint32(start + 20, length, true);
    view.setUint32(start + 24, length, true);
    const packet = start + headSize;
    const tail = start + size - tailSize;
    if (tail > packet + length) view.setUint32(tail - 4, 0);
    view.setUint16(tail, directionOption, true);
    view.setUint16(tail + 2, 4, true);
    view.setUint32(tail + 4, way === "in" ? 1 : 2, true);
    view.setUint32(tail + 8, 0);
    view.setUint32(tail + 12, size, true);
    return packet;
  }
}
