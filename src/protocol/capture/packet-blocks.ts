import type { Instant, Way } from "./frame.ts";
import { BlockType } from "./pcapng-format.ts";
import { setTime } from "./pcapng-writer.ts";

/** Before the packet: the block's type and length, interface, time, and both lengths of the packet. */
const headSize = 28;

/** After it: its direction, the end of the options, and the block's length again. */
const tailSize = 16;

const directionOption = 2;

/** Memory that one large message has needed is not kept for ever. */
const keptSize = 256 * 1024;

/** Enhanced packet blocks of pcapng, one behind the other in memory that is used again. */
export class PacketBlocks {
  bytes = new Uint8Array(keptSize);
  view = new DataView(this.bytes.buffer);
  /** The same memory; each packet begins with a whole word. */
  words = new Uint32Array(this.bytes.buffer);
  #length = 0;

  /** Valid until `clear` or `add`. */
  get written(): Uint8Array {
    return this.bytes.subarray(0, this.#length);
  }

  clear(): void {
    this.#length = 0;
    if (this.bytes.length > keptSize) this.#use(new Uint8Array(keptSize));
  }

  /** @returns where the packet has to be written, behind which are zeros up to the next whole word */
  add(index: number, way: Way, time: Instant, length: number): number {
    const padded = (length + 3) & ~3;
    const size = headSize + padded + tailSize;
    const start = this.#length;
    this.#length += size;
    if (this.#length > this.bytes.length) this.#grow();
    const { view } = this;
    view.setUint32(start, BlockType.EnhancedPacket, true);
    view.setUint32(start + 4, size, true);
    view.setUint32(start + 8, index, true);
    setTime(view, start + 12, time);
    view.setUint32(start + 20, length, true);
    view.setUint32(start + 24, length, true);
    const packet = start + headSize;
    const tail = packet + padded;
    if (padded > length) view.setUint32(tail - 4, 0);
    view.setUint16(tail, directionOption, true);
    view.setUint16(tail + 2, 4, true);
    view.setUint32(tail + 4, way === "in" ? 1 : 2, true);
    view.setUint32(tail + 8, 0);
    view.setUint32(tail + 12, size, true);
    return packet;
  }

  #grow(): void {
    const { bytes } = this;
    // A multiple of four, so that it is whole words.
    const larger = new Uint8Array(2 ** Math.ceil(Math.log2(this.#length)));
    larger.set(bytes);
    this.#use(larger);
  }

  #use(bytes: Uint8Array<ArrayBuffer>): void {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer);
    this.words = new Uint32Array(bytes.buffer);
  }
}
