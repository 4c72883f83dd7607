import { type Uint32Reader, uint32Reader } from "./byte-order.ts";
import { CaptureError } from "./capture-error.ts";
import type { CaptureHandler } from "./frame.ts";
import { type FrameRecord, maxPacket, type RecordReader } from "./record-reader.ts";

// https://www.ietf.org/archive/id/draft-ietf-opsawg-pcap-05.html

export const fileHeaderLength = 24;
const recordHeaderLength = 16;
/** Alexey Kuznetzov's variant of old Linux has eight bytes more for each packet. */
const modifiedRecordHeaderLength = 24;

/** The magic numbers, as they are read in the byte order of the machine that wrote them. */
const magics: ReadonlyMap<number, { readonly nanosecondsPerUnit: number; readonly header: number }> = new Map(
  [
    [0xa1b2c3d4, { nanosecondsPerUnit: 1000, header: recordHeaderLength }],
    [0xa1b23c4d, { nanosecondsPerUnit: 1, header: recordHeaderLength }],
    [0xa1b2cd34, { nanosecondsPerUnit: 1000, header: modifiedRecordHeaderLength }],
  ],
);

/** Whether a file that begins with these four bytes is a pcap file, and in which byte order. */
export function pcapByteOrder(start: Buffer): Uint32Reader | undefined {
  return [uint32Reader.little, uint32Reader.big].find((read) => magics.has(read(start, 0)));
}

/** Reads the records of a pcap file. */
export class PcapReader implements RecordReader {
  readonly #handler: CaptureHandler;
  readonly #frame: FrameRecord;
  readonly #read: Uint32Reader;
  #isBegun = false;
  #nanosecondsPerUnit = 1000;
  #header = recordHeaderLength;

  constructor(handler: CaptureHandler, frame: FrameRecord, read: Uint32Reader) {
    this.#handler = handler;
    this.#frame = frame;
    this.#read = read;
  }

  needed(bytes: Buffer, at: number, offset: number): number {
    if (!this.#isBegun) return fileHeaderLength;
    if (bytes.length - at < this.#header) return this.#header;
    const captured = this.#read(bytes, at + 8);
    if (captured <= maxPacket) return this.#header + captured;
    throw new CaptureError(
      `A packet cannot have ${captured} bytes (${maxPacket} is the most): the file is damaged`,
      offset,
    );
  }

  record(bytes: Buffer, at: number, end: number, offset: number): void {
    if (!this.#isBegun) {
      this.#readFileHeader(bytes, at);
      return;
    }
    const frame = this.#frame;
    const fraction = this.#read(bytes, at + 4) * this.#nanosecondsPerUnit;
    if (fraction >= 1e9)
      throw new CaptureError(
        "The time of a packet has a second or more in its fraction: the file is damaged",
        offset,
      );
    frame.seconds = this.#read(bytes, at);
    frame.nanoseconds = fraction;
    frame.originalLength = this.#read(bytes, at + 12);
    frame.bytes = bytes.subarray(at + this.#header, end);
    frame.number++;
    this.#handler.frame(frame);
  }

  #readFileHeader(bytes: Buffer, at: number): void {
    const magic = magics.get(this.#read(bytes, at))!;
    this.#nanosecondsPerUnit = magic.nanosecondsPerUnit;
    this.#header = magic.header;
    this.#isBegun = true;
    // The upper bits tell of a frame check sequence.
    this.#frame.linkType = this.#read(bytes, at + 20) & 0xffff;
    this.#handler.section?.({ format: "pcap" });
    this.#handler.interface?.({
      linkType: this.#frame.linkType,
      snapLength: this.#read(bytes, at + 16),
    });
  }
}
