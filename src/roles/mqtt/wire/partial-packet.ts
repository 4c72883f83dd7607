import { discard } from "../../../net/discard.ts";
import { MqttError } from "../../../protocol/mqtt/errors.ts";
import { Frame } from "../../../protocol/mqtt/frame.ts";
import { Reason } from "../../../protocol/mqtt/reason.ts";

const noBytes = Buffer.alloc(0);

const growth = 16;

/** Less than this is not worth a step, in bytes. */
const smallest = 64 * 1024;

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
 * The beginning of a packet whose end has not come yet. Only such a packet is copied; whole ones are read
 * where they lie.
 */
export class Inbox {
  bytes: Buffer = noBytes;
  length = 0;
  readonly #frame = new Frame();

  /** Keeps `source` from `start` on until the rest comes. */
  keep(source: Buffer, start: number, end: number): void {
    const isKnown = this.length === 0 && this.#frame.read(source, start, end);
    this.#makeRoom(this.length + end - start, isKnown ? this.#frame.end - start : 256);
    this.length += source.copy(this.bytes, this.length, start, end);
  }

  /**
   * Takes from `source` what the packet begun here still lacks.
   * @returns where in `source` the next packet begins; `isWhole` tells whether this one is complete
   */
  fill(source: Buffer, from: number, limit: number): number {
    let at = from;
    while (at < source.length && !this.#frame.read(this.bytes, 0, this.length)) this.keep(source, at, ++at);
    if (!this.#frame.read(this.bytes, 0, this.length)) return at;
    checkSize(this.#frame.end, limit);
    const take = Math.min(this.#frame.end - this.length, source.length - at);
    this.#makeRoom(this.length + take, this.#frame.end);
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

  // A header may promise megabytes and send none, so room grows with what has really come. It grows sixteenfold,
  // because memory that nothing has been written to yet costs nothing: so little is copied from one step to the next.
  #makeRoom(length: number, wanted: number): void {
    if (length <= this.bytes.length) return;
    let size = Math.max(length, wanted);
    while (size / growth >= Math.max(length, smallest)) size = Math.ceil(size / growth);
    const grown = Buffer.allocUnsafeSlow(size);
    const outgrown = this.bytes;
    outgrown.copy(grown, 0, 0, this.length);
    this.bytes = grown;
    discard(outgrown);
  }
}
