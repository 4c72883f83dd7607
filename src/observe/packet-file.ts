import { ftruncateSync } from "node:fs";
import type { PacketBlocks } from "../protocol/capture/packet-blocks.ts";
import { BlockType } from "../protocol/capture/pcapng-format.ts";
import { ChunkQueue } from "./chunk-queue.ts";
import type { PacketSink } from "./packet-sink.ts";
import { QueuedWriter, type QueuedWriterOptions, type Unwritten } from "./queued-writer.ts";

const retryMs = 1000;

const pause = () => new Promise((resolve) => setTimeout(resolve, retryMs).unref());

/** Written at once. */
const chunkSize = 1024 * 1024;

/** A write for each packet would cost more than the packet itself. */
const batch = { bytes: chunkSize, ms: 20 };

export interface PacketFileOptions extends Pick<QueuedWriterOptions, "fd" | "name" | "maxWaiting" | "write"> {
  /** Gets the reason when the file cannot be written. */
  readonly onFailure: (why: string) => void;
}

/** A pcapng file of which whole blocks are written. */
export class PacketFile extends QueuedWriter<Uint8Array> implements PacketSink {
  /** Bytes that it has, those that wait among them. */
  size = 0;
  /** Packets that it had taken, and that were not written when it was given up. */
  lostPackets = 0;

  readonly #abandoned = Promise.withResolvers<void>();
  readonly #chunks: ChunkQueue;

  constructor({ onFailure, ...options }: PacketFileOptions) {
    const chunks = new ChunkQueue(chunkSize);
    super({ ...options, batch, slowness: "the disk is too slow" }, chunks);
    this.#chunks = chunks;
    this.onFailure = onFailure;
  }

  override write(blocks: Uint8Array): boolean {
    const isTaken = super.write(blocks);
    if (isTaken) this.size += blocks.length;
    return isTaken;
  }

  reserve(bytes: number): PacketBlocks | undefined {
    return this.hasRoom(bytes) ? this.#chunks.room(bytes) : undefined;
  }

  commit(_blocks: PacketBlocks, bytes: number): boolean {
    this.size += bytes;
    this.added(bytes);
    return true;
  }

  /**
   * Closes the file once all of it is written, however long the disk takes.
   * @param last the end of the file, for which there is room once the rest is written
   */
  async finish(last: Uint8Array): Promise<void> {
    for (;;) {
      await this.flush();
      if (this.isEmpty) break;
      await Promise.race([pause(), this.#abandoned.promise]);
    }
    this.write(last);
    await this.close();
  }

  override abandon(): void {
    super.abandon();
    this.#abandoned.resolve();
  }

  /** Their count is in the statistics of the interfaces. */
  protected gap(): undefined {
    return undefined;
  }

  /** Whoever reads the file finds whole blocks, and none that is cut. */
  protected override giveUp(fd: number | undefined, { chunk, written, rest }: Unwritten): void {
    let waiting = rest.reduce((sum, { length }) => sum + length, 0);
    for (const bytes of rest) this.lostPackets += packetsIn(bytes, 0).packets;
    if (chunk !== undefined) {
      const { packets, begin } = packetsIn(chunk, written);
      this.lostPackets += packets;
      waiting += chunk.length - begin;
    }
    if (fd !== undefined) ftruncateSync(fd, this.size - waiting);
  }
}

/** The packets in blocks that end after `written`, and where the first of these blocks begins. */
function packetsIn(blocks: Uint8Array, written: number): { packets: number; begin: number } {
  const view = new DataView(blocks.buffer, blocks.byteOffset, blocks.length);
  let [packets, begin] = [0, blocks.length];
  for (let at = 0; at < blocks.length; at += view.getUint32(at + 4, true)) {
    if (at + view.getUint32(at + 4, true) <= written) continue;
    begin = Math.min(begin, at);
    if (view.getUint32(at, true) === BlockType.EnhancedPacket) packets++;
  }
  return { packets, begin };
}
