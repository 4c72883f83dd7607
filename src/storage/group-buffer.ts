import { groupSize, headSize } from "./group.ts";
import { segmentHeaderSize } from "./segment.ts";

/** A buffer is kept from one group to the next up to this size. */
const maxKept = 4 * 1024 * 1024;
const minSize = 64 * 1024;

/** In front of the body there is room for the group's head, and for the header of a segment that it is the first of. */
const bodyStart = segmentHeaderSize + headSize;

/** The body of a group, while it grows. Who writes into it reserves room first. */
export class GroupBuffer {
  bytes: Buffer = Buffer.allocUnsafeSlow(minSize);
  /** Where the next byte goes. */
  at = bodyStart;

  get isEmpty(): boolean {
    return this.at === bodyStart;
  }

  /** Of the body, in bytes. */
  get length(): number {
    return this.at - bodyStart;
  }

  /** Where the group's head is. */
  get start(): number {
    return segmentHeaderSize;
  }

  /** What the group takes in a file. */
  get size(): number {
    return groupSize(this.length);
  }

  /** Makes room for so many bytes behind `at`. */
  reserve(length: number): void {
    // A few more, for the zeros that align the end.
    const needed = this.at + length + 8;
    if (needed <= this.bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.bytes.length * 2));
    this.bytes.copy(larger, 0, 0, this.at);
    this.bytes = larger;
  }

  clear(): void {
    this.at = bodyStart;
    if (this.bytes.length > maxKept) this.bytes = Buffer.allocUnsafeSlow(minSize);
  }
}
