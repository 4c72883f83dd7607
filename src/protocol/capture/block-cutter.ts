import { CaptureError } from "./capture-error.ts";
import { BlockType } from "./pcapng.ts";

/** More than a packet with its options has. */
const maxBlock = 1024 * 1024;

/**
 * Cuts a stream of a pcapng file, as `pcapng-writer.ts` makes it, at the ends of its blocks, so that what has come of it
 * is a whole file at any time.
 */
export class BlockCutter {
  #rest: Buffer = Buffer.alloc(0);
  #packets = 0;
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

  get isFull(): boolean {
    return this.#packets >= this.#limit;
  }

  /** Bytes of a block whose end has not come. */
  get pending(): number {
    return this.#rest.length;
  }

  /** @returns the whole blocks, which may be none. @throws {CaptureError} for what is no such file */
  cut(chunk: Uint8Array): Uint8Array {
    const bytes = Buffer.concat([this.#rest, chunk]);
    let at = 0;
    while (!this.isFull && bytes.length - at >= 8) {
      const type = bytes.readUInt32LE(at);
      const length = bytes.readUInt32LE(at + 4);
      this.#check(type, length);
      if (bytes.length - at < length) break;
      if (type === BlockType.EnhancedPacket) this.#packets++;
      at += length;
    }
    this.#rest = bytes.subarray(at);
    return bytes.subarray(0, at);
  }

  #check(type: number, length: number): void {
    if (!this.#hasBegun && type !== BlockType.Section)
      throw new CaptureError(
        `This is no pcapng: it begins with ${type.toString(16)}, and not with a section's a0d0d0a`,
        0,
      );
    this.#hasBegun = true;
    if (length < 12 || length > maxBlock || length % 4 !== 0)
      throw new CaptureError(`A block of ${length} bytes is none that distsrv writes`, 0);
  }
}
