import type { Place } from "../conversation/place.ts";

const noBytes: Buffer = Buffer.alloc(0);

/** Bytes of one side that are not a whole message yet. */
export class ByteGatherer {
  #held: Buffer = noBytes;
  #length = 0;
  /** The packet in which what is held began. */
  firstPacket: number | undefined;

  get length(): number {
    return this.#length;
  }

  /** What is held, with `bytes` after it. */
  add(bytes: Buffer, place: Place): Buffer {
    this.firstPacket ??= place.packet;
    if (this.#length === 0) return bytes;
    this.#append(bytes);
    return this.#held.subarray(0, this.#length);
  }

  /** Holds the rest, which begins in `place`, or earlier where nothing was taken. */
  keep(rest: Buffer, place: Place, isUntouched: boolean): void {
    if (rest.length === 0) {
      this.clear();
      return;
    }
    if (!isUntouched) this.firstPacket = place.packet;
    if (isUntouched && this.#length === rest.length) return;
    // A copy: what it lies in is somebody else's, or the front of this one.
    const own = Buffer.from(rest);
    this.#held = own;
    this.#length = own.length;
  }

  clear(): void {
    this.#held = noBytes;
    this.#length = 0;
    this.firstPacket = undefined;
  }

  /** Memory doubles, so that a message in a thousand segments is not copied a thousand times. */
  #append(bytes: Buffer): void {
    const end = this.#length + bytes.length;
    if (end > this.#held.length) {
      const larger = Buffer.alloc(Math.max(end, this.#held.length * 2));
      this.#held.copy(larger, 0, 0, this.#length);
      this.#held = larger;
    }
    bytes.copy(this.#held, this.#length);
    this.#length = end;
  }
}
