import { Frame } from "../../../protocol/mqtt/frame.ts";
import { type Qos, qosOf } from "../../../protocol/mqtt/packet.ts";
import { PublishView } from "../../../protocol/mqtt/publish-view.ts";
import { varintSize } from "../../../protocol/mqtt/writer.ts";

const noBytes = Buffer.alloc(0);

/** Consecutive PUBLISH packets as they came in: one or several, to the same topic, of the same size and QoS. */
export class PublishRun {
  count = 0;
  /** Identifies this run among those that use the same object. */
  stamp = 0;
  bytes: Buffer = noBytes;
  start = 0;
  end = 0;
  /** The size of each packet. */
  stride = 0;
  /** The first byte of each packet. */
  first = 0;
  v5 = false;
  /** The packets hold nothing that concerns the publisher alone, and may be passed on as they are. */
  isPlain = false;
  /** The first packet has properties, and the run goes no further. */
  hasProperties = false;
  #topicLength = 0;
  #payloadOffset = 0;
  readonly #view = new PublishView();
  /** The run of which a packet has been read into the view. */
  #viewed = -1;
  readonly #frame = new Frame();

  get qos(): Qos {
    return qosOf(this.first >> 1);
  }

  get retain(): boolean {
    return (this.first & 1) === 1;
  }

  get payloadLength(): number {
    return this.stride - this.#payloadOffset;
  }

  /** Begins with the packet that `view` has read from `bytes`. */
  begin(view: PublishView, bytes: Buffer, v5: boolean): void {
    this.count = 1;
    this.stamp++;
    this.bytes = bytes;
    this.start = view.start;
    this.end = view.end;
    this.stride = view.end - view.start;
    this.first = view.first;
    this.v5 = v5;
    const body = view.topicStart - 2;
    const hasShortestLength = body - view.start === 1 + varintSize(view.end - body);
    this.isPlain = view.topicAlias === 0 && hasShortestLength;
    this.hasProperties = view.decoded !== undefined;
    this.#topicLength = view.topicEnd - view.topicStart;
    this.#payloadOffset = view.payloadStart - view.start;
  }

  /** Takes the packet in if it continues the run. Its topic must be the run's. */
  append(view: PublishView, bytes: Buffer): boolean {
    const continues =
      this.end === view.start &&
      this.bytes === bytes &&
      this.count > 0 &&
      this.stride === view.end - view.start &&
      this.first === view.first &&
      this.#payloadOffset === view.payloadStart - view.start &&
      // Retained messages are kept one by one; properties make sizes differ between subscribers.
      (view.first & 1) === 0 &&
      view.decoded === undefined &&
      this.isPlain;
    if (!continues) return false;
    this.count++;
    this.end = view.end;
    return true;
  }

  /**
   * Takes in the packets right behind it that begin with the same bytes as the first one, up to the payload: they need
   * not be read. Only at QoS 0, where no identifier differs.
   * @param limit where the bytes that have arrived end
   * @returns how many there are
   */
  extend(limit: number): number {
    if (!this.isPlain || (this.first & 7) !== 0 || this.hasProperties) return 0;
    const { bytes, start, stride } = this;
    const head = start + this.#payloadOffset;
    const before = this.count;
    let at = this.end;
    while (at + stride <= limit && isRepeated(bytes, start, head, at)) at += stride;
    this.end = at;
    this.count = (at - start) / stride;
    return this.count - before;
  }

  clear(): void {
    this.count = 0;
    this.bytes = noBytes;
  }

  /** Reads the packet at `index`; the next call reads into the same view. */
  at(index: number): PublishView {
    const start = this.start + index * this.stride;
    // A run of several has neither properties nor aliases.
    if (this.#viewed === this.stamp) this.#view.moveTo(start);
    else this.#read(start);
    return this.#view;
  }

  #read(start: number): void {
    this.#frame.read(this.bytes, start, this.end);
    this.#view.read(this.bytes, start, this.#frame.body, start + this.stride, this.v5 ? 5 : 4);
    this.#viewed = this.stamp;
  }

  /** Where in a packet its identifier lies: right behind the topic. */
  get idOffset(): number {
    this.#frame.read(this.bytes, this.start, this.end);
    return this.#frame.body - this.start + 2 + this.#topicLength;
  }
}

/** Whether the bytes from `from` to `to` stand at `at`, too. */
export function isRepeated(bytes: Buffer, from: number, to: number, at: number): boolean {
  const distance = at - from;
  // From the back: topics differ at their ends.
  for (let index = to - 1; index >= from; index--) if (bytes[index] !== bytes[index + distance]) return false;
  return true;
}
