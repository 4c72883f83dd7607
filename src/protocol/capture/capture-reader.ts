import { uint32Reader } from "./byte-order.ts";
import { CaptureError } from "./capture-error.ts";
import type { CaptureHandler } from "./frame.ts";
import { PcapReader, pcapByteOrder } from "./pcap.ts";
import { PcapngReader } from "./pcapng.ts";
import { BlockType } from "./pcapng-format.ts";
import type { FrameRecord, RecordReader } from "./record-reader.ts";

const noBytes = Buffer.alloc(0);

/**
 * Reads a pcap or pcapng file as a stream of bytes, in any pieces. It holds one incomplete record at most, and what it
 * does not know it passes over without holding it.
 */
export class CaptureReader {
  readonly #handler: CaptureHandler;
  readonly #frame: FrameRecord = {
    number: 0,
    seconds: 0,
    nanoseconds: 0,
    linkType: 0,
    bytes: noBytes,
    originalLength: 0,
    interface: 0,
  };
  #reader: RecordReader | undefined;
  /** The beginning of a record whose end has not come. */
  #rest: Buffer = noBytes;
  #needed = 4;
  /** Bytes of the file before `#rest`. */
  #offset = 0;
  /** Bytes that are still to be passed over. */
  #skip = 0;

  constructor(handler: CaptureHandler) {
    this.#handler = handler;
  }

  /** Packets read. */
  get frames(): number {
    return this.#frame.number;
  }

  /** @throws {CaptureError} after everything before the place has been handed over; nothing can be read after it */
  read(chunk: Uint8Array): void {
    const came = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    const bytes = this.#rest.length === 0 ? came : Buffer.concat([this.#rest, came]);
    if (bytes.length < this.#needed && this.#skip === 0) {
      this.#rest = bytes === came ? Buffer.from(came) : bytes;
      return;
    }
    const end = this.#parse(bytes);
    this.#offset += end;
    // A copy, because the chunk is its owner's again.
    this.#rest = end === bytes.length ? noBytes : Buffer.from(bytes.subarray(end));
  }

  /** @throws {CaptureError} when the file ends in the middle of a record, or is empty */
  end(): void {
    if (this.#reader === undefined) throw notACapture(this.#rest);
    if (this.#rest.length === 0 && this.#skip === 0) return;
    const missing = this.#skip > 0 ? this.#skip : this.#needed - this.#rest.length;
    throw new CaptureError(
      `The file ends ${missing} bytes before the end of a packet or block`,
      this.#offset,
    );
  }

  /** @returns where the last whole record ends */
  #parse(bytes: Buffer): number {
    let at = Math.min(this.#skip, bytes.length);
    this.#skip -= at;
    if (this.#skip > 0) return at;
    this.#needed = 4;
    if (bytes.length - at < 4) return at;
    this.#reader ??= this.#readerFor(bytes);
    const reader = this.#reader;
    while (at < bytes.length) {
      const needed = reader.needed(bytes, at, this.#offset + at);
      if (needed < 0) {
        const passed = Math.min(-needed, bytes.length - at);
        at += passed;
        this.#skip = -needed - passed;
        if (this.#skip > 0) return at;
        continue;
      }
      if (bytes.length - at < needed) {
        this.#needed = needed;
        return at;
      }
      // The whole length may only be known when so much is there.
      const whole = reader.needed(bytes, at, this.#offset + at);
      if (whole > needed) continue;
      reader.record(bytes, at, at + needed, this.#offset + at);
      at += needed;
    }
    this.#needed = 1;
    return at;
  }

  #readerFor(bytes: Buffer): RecordReader {
    if (isPcapng(bytes)) return new PcapngReader(this.#handler, this.#frame);
    const order = pcapByteOrder(bytes);
    if (order === undefined) throw notACapture(bytes);
    return new PcapReader(this.#handler, this.#frame, order);
  }
}

const isPcapng = (start: Buffer): boolean => uint32Reader.big(start, 0) === BlockType.Section;

/** Whether a file that begins with these bytes, four or more, is a capture. */
export const isCapture = (start: Buffer): boolean =>
  start.length >= 4 && (isPcapng(start) || pcapByteOrder(start) !== undefined);

function notACapture(start: Buffer): CaptureError {
  const shown = start.length === 0 ? "is empty" : `begins with ${start.subarray(0, 4).toString("hex")}`;
  return new CaptureError(
    `This is no capture: it ${shown}, and pcap begins with a1b2c3d4 (in either order), pcapng with 0a0d0d0a`,
    0,
  );
}
