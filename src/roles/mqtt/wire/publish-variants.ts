import { Frame } from "../../../protocol/mqtt/frame.ts";
import type { Qos } from "../../../protocol/mqtt/packet.ts";
import { publishSize, writePublish } from "../../../protocol/mqtt/publish-writer.ts";
import type { TopicName } from "./message.ts";
import type { PublishRun } from "./publish-run.ts";

const noBytes = Buffer.alloc(0);

/** A buffer is kept from one run to the next up to this size. */
const maxKept = 1024 * 1024;

/** A run encoded for one kind of subscriber: packets of equal size, one after the other. */
export class EncodedRun {
  bytes: Buffer = noBytes;
  start = 0;
  /** The size of each packet. */
  stride = 0;
  /** Where the packet identifier lies in a packet, at QoS 1 and 2. */
  idOffset = 0;
  /** Where the topic alias lies, and what it is now; 0: there is none. */
  aliasOffset = 0;
  alias = 0;
  /** The run that this was encoded from. */
  stamp = -1;

  /** @param hasOwnBuffer it is encoded several times in one run, so it has a buffer of its own */
  constructor(readonly hasOwnBuffer = false) {}

  /** Writes the packet identifier of the packet at `index`. */
  setId(index: number, id: number): void {
    const at = this.start + index * this.stride + this.idOffset;
    this.bytes[at] = id >>> 8;
    this.bytes[at + 1] = id;
  }

  /** The packet at `index`. */
  at(index: number): Buffer {
    const start = this.start + index * this.stride;
    return this.bytes.subarray(start, start + this.stride);
  }

  setAlias(count: number, alias: number): void {
    this.alias = alias;
    for (let index = 0; index < count; index++) {
      const at = this.start + index * this.stride + this.aliasOffset;
      this.bytes[at] = alias >>> 8;
      this.bytes[at + 1] = alias;
    }
  }
}

/** What makes the packets of one kind of subscriber differ from others'. */
interface Variant {
  readonly v5: boolean;
  readonly qos: Qos;
  readonly retain: boolean;
  readonly subscriptionIds: readonly number[] | undefined;
  /** The topic alias that the subscriber knows; 0: none, and the topic is written out. */
  readonly alias: number;
}

/** A run's messages as packets of every variant that some subscriber gets, each encoded once. */
export class PublishVariants {
  readonly #run: PublishRun;
  readonly #frame = new Frame();
  readonly #shared = Array.from({ length: 32 }, () => new EncodedRun());
  /** With subscription identifiers: what was encoded last, since subscribers with the same ones often follow each other. */
  readonly #identified = new EncodedRun(true);
  #identifiedVariant: Variant | undefined;
  readonly #introduction = new EncodedRun(true);
  #scratch: Buffer = noBytes;
  #scratchUsed = 0;
  /** What is encoded refers to more memory than is kept. */
  #isLarge = false;

  constructor(run: PublishRun) {
    this.#run = run;
  }

  /** Drops what the last run left behind. */
  clear(): void {
    this.#scratchUsed = 0;
    if (this.#isLarge) this.#drop();
  }

  #drop(): void {
    this.#isLarge = false;
    this.#scratch = this.#identified.bytes = this.#introduction.bytes = noBytes;
    for (const encoded of this.#shared) encoded.bytes = noBytes;
  }

  /**
   * All messages of the run. Packet identifiers and topic aliases are those of the last subscriber: each writes its
   * own before it copies.
   */
  encoded(
    topic: TopicName,
    v5: boolean,
    qos: Qos,
    retain: boolean,
    subscriptionIds: readonly number[] | undefined,
    alias: number,
  ): EncodedRun {
    if (subscriptionIds !== undefined && v5) return this.#withIds(topic, qos, retain, subscriptionIds, alias);
    const encoded = this.#shared[(alias > 0 ? 16 : 0) | (v5 ? 8 : 0) | (qos << 1) | (retain ? 1 : 0)]!;
    if (encoded.stamp !== this.#run.stamp) {
      encoded.stamp = this.#run.stamp;
      return this.#make(encoded, topic, { v5, qos, retain, subscriptionIds: undefined, alias });
    }
    if (encoded.alias !== alias) encoded.setAlias(this.#run.count, alias);
    return encoded;
  }

  #withIds(
    topic: TopicName,
    qos: Qos,
    retain: boolean,
    subscriptionIds: readonly number[],
    alias: number,
  ): EncodedRun {
    const encoded = this.#identified;
    const last = this.#identifiedVariant;
    if (
      last === undefined ||
      encoded.stamp !== this.#run.stamp ||
      last.qos !== qos ||
      last.retain !== retain ||
      last.alias > 0 !== alias > 0 ||
      !areSame(last.subscriptionIds, subscriptionIds)
    ) {
      encoded.stamp = this.#run.stamp;
      this.#identifiedVariant = { v5: true, qos, retain, subscriptionIds, alias };
      return this.#make(encoded, topic, this.#identifiedVariant);
    }
    if (encoded.alias !== alias) encoded.setAlias(this.#run.count, alias);
    return encoded;
  }

  /** The message at `index` alone, which introduces the alias together with its topic. */
  withNewAlias(
    topic: TopicName,
    index: number,
    qos: Qos,
    retain: boolean,
    subscriptionIds: readonly number[] | undefined,
    alias: number,
  ): EncodedRun {
    const variant = { v5: true, qos, retain, subscriptionIds, alias };
    return this.#encode(this.#introduction, topic.bytes, variant, index, index + 1);
  }

  #make(encoded: EncodedRun, topic: TopicName, variant: Variant): EncodedRun {
    const { v5, qos, subscriptionIds, alias } = variant;
    const run = this.#run;
    const isAlike = run.isPlain && v5 === run.v5 && qos === run.qos && alias === 0;
    if (!isAlike || subscriptionIds !== undefined) {
      return this.#encode(encoded, alias > 0 ? noBytes : topic.bytes, variant, 0, run.count);
    }
    const first = firstByte(variant);
    encoded.stride = run.stride;
    encoded.idOffset = run.idOffset;
    if (first === run.first) {
      encoded.bytes = run.bytes;
      encoded.start = run.start;
      if (run.bytes.length > maxKept) this.#isLarge = true;
      return encoded;
    }
    this.#reserve(encoded, run.end - run.start);
    run.bytes.copy(encoded.bytes, encoded.start, run.start, run.end);
    for (let index = 0; index < run.count; index++)
      encoded.bytes[encoded.start + index * encoded.stride] = first;
    return encoded;
  }

  #encode(encoded: EncodedRun, topic: Uint8Array, variant: Variant, from: number, to: number): EncodedRun {
    const { v5, subscriptionIds, alias } = variant;
    const view = this.#run.at(from);
    const { expiry } = view;
    const delivery = { first: firstByte(variant), v5, packetId: 0, expiry, subscriptionIds, alias };
    encoded.stride = publishSize(view, topic, delivery);
    this.#reserve(encoded, encoded.stride * (to - from));
    for (let index = from; index < to; index++) {
      const at = encoded.start + (index - from) * encoded.stride;
      writePublish(encoded.bytes, at, this.#run.at(index), topic, delivery);
    }
    this.#frame.read(encoded.bytes, encoded.start, encoded.bytes.length);
    encoded.idOffset = this.#frame.body - encoded.start + 2 + topic.length;
    encoded.alias = alias;
    if (alias > 0) encoded.aliasOffset = aliasOffset(encoded, variant.qos);
    return encoded;
  }

  #reserve(encoded: EncodedRun, length: number): void {
    if (length > maxKept) this.#isLarge = true;
    if (encoded.hasOwnBuffer) {
      if (encoded.bytes.length < length) encoded.bytes = Buffer.allocUnsafeSlow(Math.max(length, 256));
      encoded.start = 0;
      return;
    }
    // What was encoded before keeps the buffer that it was encoded into.
    if (this.#scratchUsed + length > this.#scratch.length) {
      this.#scratch = Buffer.allocUnsafeSlow(Math.max(length, this.#scratch.length * 2, 4096));
      this.#scratchUsed = 0;
      if (this.#scratch.length > maxKept) this.#isLarge = true;
    }
    encoded.bytes = this.#scratch;
    encoded.start = this.#scratchUsed;
    this.#scratchUsed += length;
  }
}

function areSame(some: readonly number[] | undefined, others: readonly number[]): boolean {
  if (some === others) return true;
  if (some?.length !== others.length) return false;
  for (let index = 0; index < others.length; index++) if (some[index] !== others[index]) return false;
  return true;
}

// DUP is not passed on. [MQTT-3.3.1-3]
const firstByte = ({ qos, retain }: Variant): number => 0x30 | (qos << 1) | (retain ? 1 : 0);

/** The alias is the first property, behind the packet identifier, the list's length and its own identifier. */
function aliasOffset({ bytes, start, idOffset }: EncodedRun, qos: Qos): number {
  let offset = idOffset + (qos > 0 ? 2 : 0);
  while (bytes[start + offset]! >= 0x80) offset++;
  return offset + 2;
}
