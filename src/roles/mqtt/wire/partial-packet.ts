import { freeBuffer } from "../../../net/tcp/buffers.ts";
import { MqttError } from "../../../protocol/mqtt/errors.ts";
import { Frame } from "../../../protocol/mqtt/frame.ts";
import { Reason } from "../../../protocol/mqtt/reason.ts";

const noBytes = Buffer.alloc(0);

/** A buffer grows by this factor. */
const growth = 16;

/** A smaller buffer than this is not worth a step of growth, in bytes. */
const minStep = 64 * 1024;

/**
 * Checks a packet's size as soon as its header is known.
 * @throws {MqttError} [MQTT-3.2.2-15]
 */
export function checkSize(size: number, limit: number): void {
  if (size <= limit) return;
  throw new MqttError(
    Reason.PacketTooLarge,
    `a packet of ${size} bytes came, and at most ${limit} are taken`,
  );
}

/**
 * The reassembly buffer of a packet whose end has not come yet. Only such a packet is copied; whole ones are read
 * where they lie.
 */
export class PartialPacket {
  bytes: Buffer = noBytes;
  length = 0;
  readonly #frame = new Frame();

  /** Appends `source` from `start` to `end`. */
  append(source: Buffer, start: number, end: number): void {
    const isKnown = this.length === 0 && this.#frame.read(source, start, end);
    this.#reserve(this.length + end - start, isKnown ? this.#frame.end - start : 256);
    this.length += source.copy(this.bytes, this.length, start, end);
  }

  /**
   * Takes from `source` what the packet begun here still lacks.
   * @returns where in `source` the next packet begins; `isWhole` says whether this one is complete
   */
  fill(source: Buffer, from: number, limit: number): number {
    let at = from;
    while (at < source.length && !this.#frame.read(this.bytes, 0, this.length)) this.append(source, at, ++at);
    if (!this.#frame.read(this.bytes, 0, this.length)) return at;
    checkSize(this.#frame.end, limit);
    const take = Math.min(this.#frame.end - this.length, source.length - at);
    this.#reserve(this.length + take, this.#frame.end);
    this.length += source.copy(this.bytes, this.length, at, at + take);
    return at + take;
  }

  get isWhole(): boolean {
    return this.#frame.read(this.bytes, 0, this.length) && this.length >= this.#frame.end;
  }

  clear(): void {
    this.bytes = noBytes;
    this.length = 0;
  }

  // A header may promise megabytes and send none, so the buffer grows with what has really come. It grows sixteenfold,
  // because memory that was never written to costs nothing, and so little is copied from one step to the next.
  #reserve(length: number, wanted: number): void {
    if (length <= this.bytes.length) return;
    let size = Math.max(length, wanted);
    while (size / growth >= Math.max(length, minStep)) size = Math.ceil(size / growth);
    const grown = Buffer.allocUnsafeSlow(size);
    const outgrown = this.bytes;
    outgrown.copy(grown, 0, 0, this.length);
    this.bytes = grown;
    freeBuffer(outgrown);
  }
}
