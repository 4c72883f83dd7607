import { type Uint32Reader, uint32Reader } from "./byte-order.ts";
import { CaptureError } from "./capture-error.ts";
import type { CaptureHandler, Way } from "./frame.ts";
import { BlockType, byteOrderMagic, frameLength, maxBlock, StatisticsOption } from "./pcapng-format.ts";
import { readOptions } from "./pcapng-options.ts";
import { type FrameRecord, maxPacket, type RecordReader } from "./record-reader.ts";
import { microseconds, setInstant, type TimeResolution, unitsPerSecond } from "./timestamp.ts";

/** A damaged file could name interfaces without end. */
const maxInterfaces = 65_536;

interface Interface {
  readonly linkType: number;
  readonly snapLength: number;
  readonly resolution: TimeResolution;
  /** Its position among all interfaces of the file. */
  readonly index: number;
}

/** Reads the blocks of a pcapng file. Blocks of unknown types are passed over, as the format has it. */
export class PcapngReader implements RecordReader {
  readonly #handler: CaptureHandler;
  readonly #frame: FrameRecord;
  #read: Uint32Reader = uint32Reader.little;
  /** Of the current section. */
  #interfaces: Interface[] = [];
  #interfacesBefore = 0;
  readonly #drops = new Map<number, number>();

  constructor(handler: CaptureHandler, frame: FrameRecord) {
    this.#handler = handler;
    this.#frame = frame;
  }

  needed(bytes: Buffer, at: number, offset: number): number {
    if (bytes.length - at < frameLength) return frameLength;
    // The same in either byte order: each section begins with its own.
    if (uint32Reader.big(bytes, at) === BlockType.Section) this.#read = byteOrderOf(bytes, at, offset);
    const type = this.#read(bytes, at);
    const length = this.#read(bytes, at + 4);
    if (length < frameLength || length % 4 !== 0)
      throw new CaptureError(
        `A block of type ${type} cannot have ${length} bytes (12 is the least, and multiples of 4): the file is damaged`,
        offset,
      );
    if (!isRead(type)) return -length;
    if (length <= maxBlock) return length;
    throw new CaptureError(
      `A block of type ${type} has ${length} bytes, and ${maxBlock} is the most: the file is damaged`,
      offset,
    );
  }

  record(bytes: Buffer, at: number, end: number, offset: number): void {
    const type = this.#read(bytes, at);
    const closing = this.#read(bytes, end - 4);
    if (closing !== end - at)
      throw new CaptureError(
        `A block begins with the length ${end - at} and ends with ${closing}: the file is damaged`,
        offset,
      );
    const block: Block = { bytes, at: at + 8, end: end - 4, offset };
    if (type === BlockType.EnhancedPacket) this.#enhancedPacket(block);
    else if (type === BlockType.SimplePacket) this.#simplePacket(block);
    else if (type === BlockType.Packet) this.#obsoletePacket(block);
    else if (type === BlockType.Section) this.#section(block);
    else if (type === BlockType.Interface) this.#interface(block);
    else this.#statistics(block);
  }

  #section(block: Block): void {
    checkLength(block, 16, "Section Header Block");
    const { bytes, at, end } = block;
    // Major and minor are 16 bits each, in the section's order.
    const major =
      this.#read === uint32Reader.little ? bytes.readUInt16LE(at + 4) : bytes.readUInt16BE(at + 4);
    if (major !== 1) throw new CaptureError(`pcapng of version ${major} is not known, 1 is`, block.offset);
    this.#interfacesBefore += this.#interfaces.length;
    this.#interfaces = [];
    const options = readOptions(bytes, at + 16, end, this.#read);
    this.#handler.section?.({
      format: "pcapng",
      system: options.text(3),
      application: options.text(4),
      comment: options.text(1),
    });
  }

  #interface(block: Block): void {
    checkLength(block, 8, "Interface Description Block");
    const { bytes, at, end } = block;
    if (this.#interfaces.length === maxInterfaces)
      throw new CaptureError(`A section has more than ${maxInterfaces} interfaces`, block.offset);
    const isLittle = this.#read === uint32Reader.little;
    const linkType = isLittle ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at);
    const snapLength = this.#read(bytes, at + 4);
    const options = readOptions(bytes, at + 8, end, this.#read);
    const units = unitsPerSecond(options.byte(9) ?? 6);
    if (units === undefined)
      throw new CaptureError(`An interface counts time in units of 10^-${options.byte(9)} s`, block.offset);
    const offset = Number(options.int64(14) ?? 0n);
    this.#interfaces.push({
      linkType,
      snapLength,
      resolution:
        options.byte(9) === undefined && offset === 0 ? microseconds : { unitsPerSecond: units, offset },
      index: this.#interfacesBefore + this.#interfaces.length,
    });
    this.#handler.interface?.({
      linkType,
      snapLength,
      name: options.text(2),
      description: options.text(3),
    });
  }

  #enhancedPacket(block: Block): void {
    checkLength(block, 20, "Enhanced Packet Block");
    const { bytes, at } = block;
    const read = this.#read;
    const found = this.#interfaceOf(read(bytes, at), block);
    setInstant(this.#frame, read(bytes, at + 4), read(bytes, at + 8), found.resolution);
    this.#packet(block, found, at + 20, read(bytes, at + 12), read(bytes, at + 16));
  }

  #obsoletePacket(block: Block): void {
    checkLength(block, 20, "Packet Block");
    const { bytes, at } = block;
    const read = this.#read;
    const id = read === uint32Reader.little ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at);
    const found = this.#interfaceOf(id, block);
    setInstant(this.#frame, read(bytes, at + 4), read(bytes, at + 8), found.resolution);
    this.#packet(block, found, at + 20, read(bytes, at + 12), read(bytes, at + 16));
  }

  /** It has neither time nor interface: the time stays the one of the packet before. */
  #simplePacket(block: Block): void {
    checkLength(block, 4, "Simple Packet Block");
    const original = this.#read(block.bytes, block.at);
    const found = this.#interfaceOf(0, block);
    const limit = found.snapLength === 0 ? original : Math.min(original, found.snapLength);
    this.#packet(block, found, block.at + 4, limit, original, false);
  }

  #packet(
    block: Block,
    found: Interface,
    start: number,
    captured: number,
    original: number,
    hasOptions = true,
  ): void {
    if (captured > maxPacket || captured > block.end - start)
      throw new CaptureError(
        `A packet of ${captured} bytes is in a block with room for ${block.end - start}: the file is damaged`,
        block.offset,
      );
    const frame = this.#frame;
    frame.linkType = found.linkType;
    frame.interface = found.index;
    frame.originalLength = original;
    frame.bytes = block.bytes.subarray(start, start + captured);
    frame.way = frame.comment = undefined;
    const optionsAt = start + ((captured + 3) & ~3);
    if (hasOptions && optionsAt + 4 <= block.end) this.#packetOptions(block, optionsAt);
    frame.number++;
    this.#handler.frame(frame);
  }

  #packetOptions({ bytes, end }: Block, at: number): void {
    const options = readOptions(bytes, at, end, this.#read);
    this.#frame.comment = options.text(1);
    this.#frame.way = wayOf((options.uint32(2) ?? 0) & 3);
  }

  #statistics(block: Block): void {
    checkLength(block, 12, "Interface Statistics Block");
    const found = this.#interfaceOf(this.#read(block.bytes, block.at), block);
    const options = readOptions(block.bytes, block.at + 12, block.end, this.#read);
    // Each statistic counts from the start of the capture.
    const { InterfaceDrops, SystemDrops } = StatisticsOption;
    const drops = Number((options.int64(InterfaceDrops) ?? 0n) + (options.int64(SystemDrops) ?? 0n));
    const before = this.#drops.get(found.index) ?? 0;
    if (drops <= before) return;
    this.#drops.set(found.index, drops);
    this.#handler.drops?.(drops - before);
  }

  #interfaceOf(id: number, { offset }: Block): Interface {
    const found = this.#interfaces[id];
    if (found !== undefined) return found;
    throw new CaptureError(
      `A packet is of interface ${id}, and the section has ${this.#interfaces.length}: the file is damaged`,
      offset,
    );
  }
}

interface Block {
  readonly bytes: Buffer;
  /** Where its body begins and ends. */
  readonly at: number;
  readonly end: number;
  /** Of the block in the file. */
  readonly offset: number;
}

const isRead = (type: number): boolean =>
  type === BlockType.EnhancedPacket ||
  type === BlockType.Section ||
  type === BlockType.Interface ||
  type === BlockType.SimplePacket ||
  type === BlockType.Packet ||
  type === BlockType.InterfaceStatistics;

function byteOrderOf(bytes: Buffer, at: number, offset: number): Uint32Reader {
  for (const read of [uint32Reader.little, uint32Reader.big]) {
    if (read(bytes, at + 8) === byteOrderMagic) return read;
  }
  throw new CaptureError("A section does not say its byte order: the file is damaged", offset);
}

function checkLength({ at, end, offset }: Block, least: number, name: string): void {
  if (end - at >= least) return;
  throw new CaptureError(
    `The ${name} has ${end - at} bytes, and ${least} is the least: the file is damaged`,
    offset,
  );
}

const wayOf = (bits: number): Way | undefined => (bits === 1 ? "in" : bits === 2 ? "out" : undefined);
