import { MqttError } from "../../../protocol/mqtt/errors.ts";
import type { Frame } from "../../../protocol/mqtt/frame.ts";
import { Reason } from "../../../protocol/mqtt/reason.ts";
import { putVarint, varintSize } from "../../../protocol/mqtt/writer.ts";
import { isRepeated } from "../wire/publish-run.ts";

/** The most that a topic, and a packet behind its fixed header, may have. */
const [maxTopic, maxLength] = [0xffff, 0xfffffff];

/** So many bytes are copied at once, or one packet: then the reader sees whether it is time for others. */
const maxRun = 16 * 1024;

/**
 * A PUBLISH with the topic that the broker knows, and those right behind it with the same flags, size and topic: copies, with
 * the prefix put in. One whose topic is left to an alias, or is wrong, stays as it is.
 */
export class MountedRun {
  readonly copies: Buffer;
  readonly #start: number;
  readonly #size: number;
  readonly #copySize: number;

  /** @throws {MqttError} when the topic gets too long */
  constructor(
    prefix: Uint8Array,
    /** What came. */
    readonly bytes: Buffer,
    start: number,
    frame: Frame,
    limit: number,
  ) {
    const { first, body, end } = frame;
    const topicSize = end - body < 2 ? 0 : bytes.readUInt16BE(body);
    const topicEnd = body + 2 + topicSize;
    const hasTopic = topicSize > 0 && topicEnd <= end;
    const added = hasTopic ? prefix : prefix.subarray(0, 0);
    const length = end - body + added.length;
    if (topicSize + added.length > maxTopic || length > maxLength) throw tooLong(topicSize);
    this.#start = start;
    this.#size = end - start;
    this.#copySize = 1 + varintSize(length) + length;
    const count = hasTopic ? this.#countAlike(topicEnd, limit) : 1;
    this.copies = Buffer.allocUnsafe(count * this.#copySize);
    this.copies[0] = first;
    const head = putVarint(this.copies, 1, length);
    if (end - body < 2) this.#copy(count, head, body);
    else {
      this.copies.writeUInt16BE(topicSize + added.length, head);
      this.copies.set(added, head + 2);
      this.#copy(count, head + 2 + added.length, body + 2);
    }
  }

  /**
   * Other topics would be looked up one after the other, and that may take long.
   * @param topicEnd where the topic of the first one ends
   */
  #countAlike(topicEnd: number, limit: number): number {
    const [start, size] = [this.#start, this.#size];
    const end = Math.min(limit, start + maxRun);
    let at = start + size;
    while (at + size <= end && isRepeated(this.bytes, start, topicEnd, at)) at += size;
    return (at - start) / size;
  }

  /** Each begins as the first copy does, up to `head`; what stands there lies in the first packet at `from`. */
  #copy(count: number, head: number, from: number): void {
    const { bytes, copies } = this;
    const [size, copySize] = [this.#size, this.#copySize];
    const end = this.#start + size;
    for (let index = 0; index < count; index++) {
      const at = index * copySize;
      if (index > 0) copies.copy(copies, at, 0, head);
      bytes.copy(copies, at + head, from + index * size, end + index * size);
    }
  }

  /** Where, in what came, the packet begins whose copy begins at `at`. */
  cameAt(at: number): number {
    return this.#start + (at / this.#copySize) * this.#size;
  }
}

const tooLong = (topicSize: number): MqttError =>
  new MqttError(Reason.TopicNameInvalid, `the topic has ${topicSize} bytes, too many for this listener`);
