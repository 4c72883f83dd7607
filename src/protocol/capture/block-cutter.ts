import { uint32Reader } from "./byte-order.ts";
import { CaptureError } from "./capture-error.ts";
import { BlockType, frameLength, maxBlock, StatisticsOption } from "./pcapng-format.ts";
import { readOptions } from "./pcapng-options.ts";

const read = uint32Reader.little;
const noBytes = new Uint8Array(0);

/**
 * Cuts a stream of a pcapng file, as `pcapng-writer.ts` makes it, at the ends of its blocks, so that what has come of it
 * is a whole file at any time. It runs in a browser, too, which has no Buffer.
 */
export class BlockCutter {
  #rest: Uint8Array = noBytes;
  #packets = 0;
  /** By the number of the interface. */
  readonly #drops = new Map<number, number>();
  #hasBegun = false;
  readonly #limit: number;

  /** @param limit packets after which nothing is given out any more */
  constructor(limit = Number.POSITIVE_INFINITY) {
    this.#limit = limit;
  }

  /** Packets given out so far. */
  get packets(): number {
    return this.#packets;
  }

  /** Packets that were left out, as far as the file says so. */
  get dropped(): number {
    let sum = 0;
    for (const count of this.#drops.values()) sum += count;
    return sum;
  }

  get isFull(): boolean {
    return this.#packets >= this.#limit;
  }

  /** Bytes of a block whose end has not come. */
  get pending(): number {
    return this.#rest.length;
  }

  /**
   * @returns the whole blocks, which may be none; they may lie in the chunk
   * @throws {CaptureError} for what is no such file
   */
  cut(chunk: Uint8Array): Uint8Array {
    const bytes = this.#rest.length === 0 ? chunk : joined(this.#rest, chunk);
    let at = 0;
    while (!this.isFull && bytes.length - at >= 8) {
      const type = read(bytes, at);
      const length = read(bytes, at + 4);
      this.#check(type, length);
      if (bytes.length - at < length) break;
      if (type === BlockType.EnhancedPacket) this.#packets++;
      if (type === BlockType.InterfaceStatistics) this.#statistics(bytes, at + 8, at + length - 4);
      at += length;
    }
    // A copy, because the chunk is its owner's again.
    this.#rest = new Uint8Array(bytes.subarray(at));
    return bytes.subarray(0, at);
  }

  /** Each counts from the start of the recording, so the last of an interface is the one. */
  #statistics(bytes: Uint8Array, at: number, end: number): void {
    const drops = readOptions(bytes, at + 12, end, read).int64(StatisticsOption.InterfaceDrops);
    if (drops !== undefined) this.#drops.set(read(bytes, at), Number(drops));
  }

  #check(type: number, length: number): void {
    if (!this.#hasBegun && type !== BlockType.Section)
      throw new CaptureError(
        `This is no pcapng: it begins with ${type.toString(16)}, and not with a section's a0d0d0a`,
        0,
      );
    this.#hasBegun = true;
    if (length < frameLength || length > maxBlock || length % 4 !== 0)
      throw new CaptureError(`A block of ${length} bytes is none that distsrv writes`, 0);
  }
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(first.length + second.length);
  bytes.set(first);
  bytes.set(second, first.length);
  return bytes;
}
