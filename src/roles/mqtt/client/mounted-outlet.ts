import type { Lease } from "../../../net/tcp/buffers.ts";
import { Frame } from "../../../protocol/mqtt/frame.ts";
import { putVarint, varintSize } from "../../../protocol/mqtt/writer.ts";
import type { Outlet } from "../session/outlet.ts";
import type { Pending } from "../wire/message.ts";
import type { Publication } from "../wire/publication.ts";
import { EncodedRun } from "../wire/publish-variants.ts";
import type { PacketWriter } from "./packet-writer.ts";

/**
 * The outlet of a client whose topics have a prefix that it does not know: it takes them out of what was encoded for all
 * subscribers. Such a client gets no topic aliases, so each packet has its topic.
 */
export class MountedOutlet implements Outlet {
  readonly topicAliases = undefined;
  /** With the prefix: the client takes what is left without. */
  readonly maxPacketSize: number;
  readonly #writer: PacketWriter;
  readonly #frame = new Frame();

  constructor(writer: PacketWriter) {
    this.#writer = writer;
    this.maxPacketSize = sizeWith(writer.prefixSize, writer.maxPacketSize);
  }

  get isV5(): boolean {
    return this.#writer.isV5;
  }

  get isWritable(): boolean {
    return this.#writer.isWritable;
  }

  sendRun(publication: Publication, encoded: EncodedRun, from: number, end: number): void {
    this.#writer.sendRun(publication, this.#withoutPrefix(encoded, from, end), from, end);
  }

  #withoutPrefix({ bytes, start, stride, idOffset }: EncodedRun, from: number, end: number): EncodedRun {
    const frame = this.#frame;
    const { prefixSize } = this.#writer;
    const first = start + from * stride;
    frame.read(bytes, first, bytes.length);
    const header = frame.body - first;
    const length = stride - header - prefixSize;
    const size = 1 + varintSize(length) + length;
    const run = new EncodedRun();
    run.bytes = Buffer.allocUnsafe((end - from) * size);
    run.stride = size;
    run.idOffset = idOffset - (stride - size);
    // Its packets have the numbers that they have in the other one.
    run.start = -from * size;
    for (let index = from; index < end; index++) {
      const body = start + index * stride + header;
      const at = run.start + index * size;
      run.bytes[at] = bytes[body - header]!;
      const next = putVarint(run.bytes, at + 1, length);
      const topicSize = ((bytes[body]! << 8) | bytes[body + 1]!) - prefixSize;
      run.bytes[next] = topicSize >>> 8;
      run.bytes[next + 1] = topicSize;
      bytes.copy(run.bytes, next + 2, body + 2 + prefixSize, body - header + stride);
    }
    return run;
  }

  sendPending(pending: Pending, packetId: number, dup: boolean, lease?: Lease): void {
    this.#writer.sendPending(pending, packetId, dup, lease);
  }

  fits(pending: Pending): boolean {
    return this.#writer.fits(pending);
  }

  pubrel(packetId: number): void {
    this.#writer.pubrel(packetId);
  }

  waitForStore(): void {
    this.#writer.waitForStore();
  }
}

/** The largest packet that has at most `size` bytes once so many are taken out of it. */
function sizeWith(taken: number, size: number): number {
  if (size === Number.POSITIVE_INFINITY) return size;
  // The length of what is left may take up to three bytes less.
  let length = size - 2 + taken;
  while (1 + varintSize(length - taken) + length - taken > size) length--;
  return 1 + varintSize(length) + length;
}
