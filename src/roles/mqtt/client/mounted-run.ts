import { MqttError } from "../../../protocol/mqtt/errors.ts";
import type { Frame } from "../../../protocol/mqtt/frame.ts";
import { qosOf, type Version } from "../../../protocol/mqtt/packet.ts";
import { Reason } from "../../../protocol/mqtt/reason.ts";
import { putVarint, varintSize } from "../../../protocol/mqtt/writer.ts";
import { isRepeated } from "../wire/publish-run.ts";

/** The most that a topic, and a packet behind its fixed header, may have. */
const [maxTopic, maxLength] = [0xffff, 0xfffffff];

/** At most so many bytes of copies are made, or a single larger one. */
const maxRun = 16 * 1024;

/** What came, from the packet at `start` on. */
export interface MountedInput {
  readonly bytes: Buffer;
  readonly start: number;
  /** That of the packet at `start`. */
  readonly frame: Frame;
  /** Where the bytes end. */
  readonly limit: number;
  readonly version: Version;
}

/**
 * A PUBLISH with the topic that the broker knows, and those right behind it that are published together with it: copies, with
 * the prefix put in. One whose topic is left to an alias, or is wrong, stays as it is.
 */
export class MountedRun {
  readonly copies: Buffer;
  /** What came. */
  readonly bytes: Buffer;
  /** That of each packet, as it came. */
  readonly size: number;
  readonly #start: number;
  readonly #copySize: number;

  /**
   * @param most of how many packets copies are worth it
   * @throws {MqttError} when the topic gets too long
   */
  constructor(prefix: Uint8Array, input: MountedInput, most: number) {
    const { bytes, start, frame } = input;
    const { first, body, end } = frame;
    const topicSize = end - body < 2 ? 0 : bytes.readUInt16BE(body);
    const topicEnd = body + 2 + topicSize;
    const hasTopic = topicSize > 0 && topicEnd <= end;
    const added = hasTopic ? prefix : prefix.subarray(0, 0);
    const length = end - body + added.length;
    if (topicSize + added.length > maxTopic || length > maxLength) throw tooLong(topicSize);
    this.bytes = bytes;
    this.#start = start;
    this.size = end - start;
    this.#copySize = 1 + varintSize(length) + length;
    const count = hasTopic ? this.#countAlike(topicEnd, input, most) : 1;
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

  /** How many with the same flags, size and topic follow each other, the first one included. */
  #countAlike(topicEnd: number, input: MountedInput, most: number): number {
    const { bytes, start, limit } = input;
    const { size } = this;
    if (isPublishedAlone(input, topicEnd)) return 1;
    const end = Math.min(limit, start + size * Math.min(most, Math.floor(maxRun / this.#copySize)));
    let at = start + size;
    while (at + size <= end && isRepeated(bytes, start, topicEnd, at)) at += size;
    return (at - start) / size;
  }

  /**
   * Completes the copies: the first `head` bytes of the first one begin them all, and the rest of each comes from its packet.
   * @param from where that rest begins in the first packet
   */
  #copy(count: number, head: number, from: number): void {
    const { bytes, copies } = this;
    const [size, copySize] = [this.size, this.#copySize];
    const end = this.#start + size;
    for (let index = 0; index < count; index++) {
      const at = index * copySize;
      if (index > 0) copies.copy(copies, at, 0, head);
      bytes.copy(copies, at + head, from + index * size, end + index * size);
    }
  }

  /** Where, in what came, the packet begins whose copy begins at `at`. */
  cameAt(at: number): number {
    return this.#start + (at / this.#copySize) * this.size;
  }
}

/** What is retained or has properties goes with no other message. */
function isPublishedAlone({ bytes, frame: { first }, version }: MountedInput, topicEnd: number): boolean {
  const properties = topicEnd + (qosOf(first >> 1) > 0 ? 2 : 0);
  return (first & 1) === 1 || (version === 5 && bytes[properties] !== 0);
}

const tooLong = (topicSize: number): MqttError =>
  new MqttError(Reason.TopicNameInvalid, `the topic has ${topicSize} bytes, too many for this listener`);
