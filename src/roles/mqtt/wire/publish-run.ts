import { Frame } from "../../../protocol/mqtt/frame.ts";
import { PublishView } from "../../../protocol/mqtt/publish-view.ts";

const noBytes = Buffer.alloc(0);

/** PUBLISH packets as they came in: one, or several in a row, to the same topic, of the same size and QoS. */
export class Run {
  count = 0;
  /** Tells one run from the next. */
  stamp = 0;
  bytes: Buffer = noBytes;
  start = 0;
  end = 0;
  /** The size of each packet. */
  stride = 0;
  /** The first byte of each packet. */
  first = 0;
  v5 = false;
  /** Nothing in the packets is the publisher's own business: they may travel as they are. */
  isPlain = false;
  #topicLength = 0;
  #payloadOffset = 0;
  readonly #view = new PublishView();
  readonly #frame = new Frame();

  get payloadLength(): number {
    return this.stride - this.#payloadOffset;
  }

  begin(view: PublishView, bytes: Buffer, v5: boolean): void {
    this.count = 1;
    this.stamp++;
    this.bytes = bytes;
    this.start = view.start;
    this.end = view.end;
    this.stride = view.end - view.start;
    this.first = view.first;
    this.v5 = v5;
    this.isPlain = view.topicAlias === 0;
    this.#topicLength = view.topicEnd - view.topicStart;
    this.#payloadOffset = view.payloadStart - view.start;
  }

  /** Whether the packet goes with those before it; its topic must be theirs. */
  goesOn(view: PublishView, bytes: Buffer): boolean {
    return (
      this.count > 0 &&
      this.bytes === bytes &&
      this.end === view.start &&
      this.stride === view.end - view.start &&
      this.first === view.first &&
      this.#payloadOffset === view.payloadStart - view.start &&
      // Retained ones are kept one by one; properties make sizes differ between subscribers.
      (view.first & 1) === 0 &&
      view.decoded === undefined &&
      this.isPlain
    );
  }

  add(view: PublishView): void {
    this.count++;
    this.end = view.end;
  }

  clear(): void {
    this.count = 0;
    this.bytes = noBytes;
  }

  /** The packet with this place, read; the next call reads another into the same view. */
  at(index: number): PublishView {
    const start = this.start + index * this.stride;
    this.#frame.read(this.bytes, start, this.end);
    this.#view.read(this.bytes, start, this.#frame.body, start + this.stride, this.v5 ? 5 : 4);
    return this.#view;
  }

  /** Where in a packet its identifier lies: it follows the topic, whatever comes after it. */
  get idOffset(): number {
    this.#frame.read(this.bytes, this.start, this.end);
    return this.#frame.body - this.start + 2 + this.#topicLength;
  }
}
