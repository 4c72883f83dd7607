import { Frame } from "../../../protocol/mqtt/frame.ts";
import type { Qos } from "../../../protocol/mqtt/packet.ts";
import { publishSize, writePublish } from "../../../protocol/mqtt/publish-writer.ts";
import type { Run } from "./publish-run.ts";

const noBytes = Buffer.alloc(0);

/** What is kept of a buffer from one run to the next, at most. */
const keptBytes = 1024 * 1024;

/** A run's messages as one kind of subscriber gets them: packets of equal size, one after the other. */
export class Region {
  bytes: Buffer = noBytes;
  start = 0;
  stride = 0;
  /** Where the packet identifier lies in a packet, at QoS 1 and 2. */
  idOffset = 0;
  /** Where the topic alias lies, and what it is now; 0: there is none. */
  aliasOffset = 0;
  alias = 0;
  /** The run that this was made for. */
  stamp = -1;

  /** @param hasOwnBuffer it is made again and again for one run, so it has a buffer of its own */
  constructor(readonly hasOwnBuffer = false) {}

  /** Writes the packet identifier of the packet with this place. */
  setId(index: number, id: number): void {
    const at = this.start + index * this.stride + this.idOffset;
    this.bytes[at] = id >>> 8;
    this.bytes[at + 1] = id;
  }

  /** The packet with this place. */
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

/** A kind of subscriber: what makes its packets differ from others'. */
interface Kind {
  readonly v5: boolean;
  readonly qos: Qos;
  /** 0 or 1. */
  readonly retain: number;
  readonly subscriptionIds: readonly number[] | undefined;
  /** The topic alias that the subscriber knows; 0: none, and the topic is written out. */
  readonly alias: number;
}

/** A run's messages as packets of every kind that somebody gets, each made once. */
export class Packets {
  readonly #run: Run;
  readonly #frame = new Frame();
  readonly #regions = Array.from({ length: 32 }, () => new Region());
  readonly #single = new Region(true);
  readonly #introduction = new Region(true);
  #scratch: Buffer = noBytes;
  #scratchUsed = 0;

  constructor(run: Run) {
    this.#run = run;
  }

  /** Lets go of what the run before took. */
  clear(): void {
    this.#scratchUsed = 0;
    if (this.#scratch.length > keptBytes) this.#scratch = noBytes;
    if (this.#single.bytes.length > keptBytes) this.#single.bytes = noBytes;
  }

  /**
   * All messages of the run. Packet identifiers and topic aliases are whoever's wrote them last: each subscriber
   * writes its own before it copies.
   */
  of(
    topic: Uint8Array,
    v5: boolean,
    qos: Qos,
    retain: number,
    subscriptionIds: readonly number[] | undefined,
    alias: number,
  ): Region {
    if (subscriptionIds !== undefined && v5) {
      return this.#make(this.#single, topic, { v5, qos, retain, subscriptionIds, alias });
    }
    const region = this.#regions[(alias > 0 ? 16 : 0) | (v5 ? 8 : 0) | (qos << 1) | retain]!;
    if (region.stamp !== this.#run.stamp) {
      region.stamp = this.#run.stamp;
      return this.#make(region, topic, { v5, qos, retain, subscriptionIds: undefined, alias });
    }
    if (region.alias !== alias) region.setAlias(this.#run.count, alias);
    return region;
  }

  /** The message with this place alone, telling the topic together with its alias. */
  introduction(
    topic: Uint8Array,
    index: number,
    qos: Qos,
    retain: number,
    subscriptionIds: readonly number[] | undefined,
    alias: number,
  ): Region {
    const kind = { v5: true, qos, retain, subscriptionIds, alias };
    return this.#encode(this.#introduction, topic, kind, index, index + 1);
  }

  #make(region: Region, topic: Uint8Array, kind: Kind): Region {
    const { v5, qos, subscriptionIds, alias } = kind;
    const run = this.#run;
    const isAlike = run.isPlain && v5 === run.v5 && qos === ((run.first >> 1) & 3) && alias === 0;
    if (!isAlike || subscriptionIds !== undefined) {
      return this.#encode(region, alias > 0 ? noBytes : topic, kind, 0, run.count);
    }
    const first = firstByte(kind);
    region.stride = run.stride;
    region.idOffset = run.idOffset;
    if (first === run.first) {
      region.bytes = run.bytes;
      region.start = run.start;
      return region;
    }
    this.#makeRoom(region, run.end - run.start);
    run.bytes.copy(region.bytes, region.start, run.start, run.end);
    for (let index = 0; index < run.count; index++)
      region.bytes[region.start + index * region.stride] = first;
    return region;
  }

  #encode(region: Region, topic: Uint8Array, kind: Kind, from: number, to: number): Region {
    const { v5, subscriptionIds, alias } = kind;
    const view = this.#run.at(from);
    const { expiry } = view;
    const delivery = { first: firstByte(kind), v5, packetId: 0, expiry, subscriptionIds, alias };
    region.stride = publishSize(view, topic, delivery);
    this.#makeRoom(region, region.stride * (to - from));
    for (let index = from; index < to; index++) {
      const at = region.start + (index - from) * region.stride;
      writePublish(region.bytes, at, this.#run.at(index), topic, delivery);
    }
    this.#frame.read(region.bytes, region.start, region.bytes.length);
    region.idOffset = this.#frame.body - region.start + 2 + topic.length;
    region.alias = alias;
    if (alias > 0) region.aliasOffset = aliasOffset(region, kind.qos);
    return region;
  }

  #makeRoom(region: Region, length: number): void {
    if (region.hasOwnBuffer) {
      if (region.bytes.length < length) region.bytes = Buffer.allocUnsafeSlow(Math.max(length, 256));
      region.start = 0;
      return;
    }
    // Regions that were made before keep the buffer they were made in.
    if (this.#scratchUsed + length > this.#scratch.length) {
      this.#scratch = Buffer.allocUnsafeSlow(Math.max(length, this.#scratch.length * 2, 4096));
      this.#scratchUsed = 0;
    }
    region.bytes = this.#scratch;
    region.start = this.#scratchUsed;
    this.#scratchUsed += length;
  }
}

// DUP does not travel. [MQTT-3.3.1-3]
const firstByte = ({ qos, retain }: Kind): number => 0x30 | (qos << 1) | retain;

/** The alias is the first property, behind the packet identifier, the list's length and its own name. */
function aliasOffset({ bytes, start, idOffset }: Region, qos: Qos): number {
  let offset = idOffset + (qos > 0 ? 2 : 0);
  while (bytes[start + offset]! >= 0x80) offset++;
  return offset + 2;
}
