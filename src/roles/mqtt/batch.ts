import { describeMessage } from "../../protocol/mqtt/describe.ts";
import { Frame } from "../../protocol/mqtt/frame.ts";
import type { Qos } from "../../protocol/mqtt/packet.ts";
import { PublishView } from "../../protocol/mqtt/publish-view.ts";
import { publishSize, writePublish } from "../../protocol/mqtt/publish-writer.ts";
import type { Broker } from "./broker.ts";
import type { Connection } from "./connection.ts";
import { Message } from "./message.ts";
import type { Route, Target } from "./routes.ts";
import type { Session } from "./session.ts";

const noBytes = Buffer.alloc(0);

/** The batch's messages as one kind of subscriber gets them: packets of equal size, one after the other. */
export class Region {
  bytes: Buffer = noBytes;
  start = 0;
  stride = 0;
  /** Where the packet identifier lies in a packet, at QoS 1 and 2. */
  idOffset = 0;
  /** The batch that this was made for. */
  stamp = -1;
}

/**
 * Messages on their way: one, or several that came in a row, to the same topic, of the same size and QoS. Such a
 * run goes to each subscriber as one copy, and a subscriber like the publisher gets the very bytes that came in.
 * Measured from one publisher to one subscriber, 64-byte payloads at QoS 0: this is what makes the difference
 * between one call per message and one per chunk.
 *
 * The bytes are the network's: a batch is delivered before its chunk is given back.
 */
export class Batch {
  count = 0;
  readonly #broker: Broker;
  readonly #view = new PublishView();
  readonly #frame = new Frame();
  readonly #regions = Array.from({ length: 16 }, () => new Region());
  readonly #single = new Region();
  #messages: (Message | undefined)[] = [];
  #stamp = 0;
  #scratch: Buffer = noBytes;
  #scratchUsed = 0;
  #route: Route | undefined;
  #publisher: Session | undefined;
  #bytes: Buffer = noBytes;
  #start = 0;
  #end = 0;
  #stride = 0;
  #first = 0;
  #topicLength = 0;
  #payloadOffset = 0;
  #v5 = false;
  /** Nothing in the packets is the publisher's own business: they may travel as they are. */
  #isPlain = false;

  constructor(broker: Broker) {
    this.#broker = broker;
  }

  /**
   * Adds the message that `view` has read from `bytes`; what is there already and does not go with it is
   * delivered first.
   */
  add(view: PublishView, bytes: Buffer, route: Route, publisher: Session | undefined, v5: boolean): void {
    if (this.#goesWith(view, bytes, route, publisher)) {
      this.count++;
      this.#end = view.end;
      return;
    }
    this.deliver();
    this.count = 1;
    this.#stamp++;
    this.#scratchUsed = 0;
    this.#route = route;
    this.#publisher = publisher;
    this.#bytes = bytes;
    this.#start = view.start;
    this.#end = view.end;
    this.#stride = view.end - view.start;
    this.#first = view.first;
    this.#topicLength = view.topicEnd - view.topicStart;
    this.#payloadOffset = view.payloadStart - view.start;
    this.#v5 = v5;
    this.#isPlain = view.topicAlias === 0;
  }

  #goesWith(view: PublishView, bytes: Buffer, route: Route, publisher: Session | undefined): boolean {
    return (
      this.count > 0 &&
      this.#bytes === bytes &&
      this.#end === view.start &&
      this.#route === route &&
      this.#stride === view.end - view.start &&
      this.#first === view.first &&
      this.#payloadOffset === view.payloadStart - view.start &&
      this.#publisher === publisher &&
      // Retained ones are kept one by one; properties make sizes differ between subscribers.
      (view.first & 1) === 0 &&
      view.decoded === undefined &&
      this.#isPlain
    );
  }

  /** Hands the messages to everybody who subscribed. */
  deliver(): void {
    const route = this.#route;
    if (this.count === 0 || route === undefined) return;
    try {
      if ((this.#first & 1) === 1) this.#broker.retained.keep(this.message(0));
      const targets = this.#broker.routes.targets(route);
      for (let index = 0; index < targets.length; index++) this.#deliverTo(targets[index]!);
    } finally {
      this.#clear();
    }
  }

  #clear(): void {
    this.count = 0;
    this.#route = undefined;
    this.#bytes = noBytes;
    if (this.#messages.length > 0) this.#messages = [];
    if (this.#scratch.length > 1024 * 1024) this.#scratch = noBytes;
  }

  #deliverTo(target: Target): void {
    const { session } = target;
    if (target.noLocal && session === this.#publisher) return; // [MQTT-3.8.3-3]
    const qos = Math.min((this.#first >> 1) & 3, target.qos); // [MQTT-3.8.4-8]
    // Without retain as published the flag says only that a message is old. [MQTT-3.3.1-9] [MQTT-3.3.1-12]
    const retain = target.retainAsPublished ? this.#first & 1 : 0;
    if (qos > 0) session.deliver(this, target, qos === 1 ? 1 : 2, retain === 1);
    else if (session.connection !== undefined) this.#deliverAtMostOnce(session.connection, target, retain);
  }

  #deliverAtMostOnce(connection: Connection, target: Target, retain: number): void {
    const { output } = connection;
    const { counters } = this.#broker;
    if (!connection.hasRoom) {
      counters.dropped += this.count;
      return;
    }
    const region = this.region(connection.isV5, 0, retain, target.subscriptionIds);
    if (region.stride > connection.maxPacketSize) {
      counters.dropped += this.count; // [MQTT-3.1.2-25]
      return;
    }
    output.copy(region.bytes, region.start, region.start + region.stride * this.count);
    counters.sent += this.count;
    this.trace(connection, 0, retain === 1, this.count);
  }

  /** Tells whoever observes of messages that went out. */
  trace(connection: Connection, qos: Qos, retain: boolean, count: number): void {
    const { traffic } = this.#broker;
    for (let index = 0; index < count; index++) {
      if (!traffic.wants("message")) continue;
      const size = this.#stride - this.#payloadOffset;
      const text = describeMessage(this.#route?.text ?? "", qos, retain, false, size);
      const { conversation } = connection.link;
      traffic.emit({ kind: "message", conversation, direction: "out", text });
    }
  }

  /** The message with this place in the batch, to be kept; made once however many keep it. */
  message(index: number): Message {
    const known = this.#messages[index];
    if (known !== undefined) return known;
    const message = new Message(this.#topic(), this.#viewAt(index), this.#broker.clock.now());
    this.#messages[index] = message;
    return message;
  }

  /**
   * The messages as packets of this kind, made once per kind. Packet identifiers are whoever's wrote them last:
   * each subscriber writes its own before it copies.
   */
  region(v5: boolean, qos: number, retain: number, subscriptionIds: readonly number[] | undefined): Region {
    if (subscriptionIds !== undefined && v5) {
      return this.#make(this.#single, v5, qos, retain, subscriptionIds);
    }
    const region = this.#regions[(v5 ? 8 : 0) | (qos << 1) | retain]!;
    if (region.stamp === this.#stamp) return region;
    region.stamp = this.#stamp;
    return this.#make(region, v5, qos, retain, undefined);
  }

  #make(
    region: Region,
    v5: boolean,
    qos: number,
    retain: number,
    subscriptionIds: readonly number[] | undefined,
  ): Region {
    const first = 0x30 | (qos << 1) | retain; // DUP does not travel. [MQTT-3.3.1-3]
    const isAlike = this.#isPlain && v5 === this.#v5 && qos === ((this.#first >> 1) & 3);
    if (!isAlike || subscriptionIds !== undefined) return this.#encode(region, v5, first, subscriptionIds);
    region.stride = this.#stride;
    region.idOffset = this.#packetIdOffset();
    if (first === this.#first) {
      region.bytes = this.#bytes;
      region.start = this.#start;
      return region;
    }
    region.start = this.#reserve(this.#end - this.#start);
    region.bytes = this.#scratch;
    this.#bytes.copy(region.bytes, region.start, this.#start, this.#end);
    for (let index = 0; index < this.count; index++)
      region.bytes[region.start + index * region.stride] = first;
    return region;
  }

  // The identifier follows the topic, whatever comes after it.
  #packetIdOffset(): number {
    const header = this.#frameAt(0).body - this.#start;
    return header + 2 + this.#topicLength;
  }

  #encode(
    region: Region,
    v5: boolean,
    first: number,
    subscriptionIds: readonly number[] | undefined,
  ): Region {
    const topic = this.#topic().bytes;
    const { expiry } = this.#viewAt(0);
    const delivery = { first, v5, packetId: 0, expiry, subscriptionIds };
    region.stride = publishSize(this.#view, topic, delivery);
    region.start = this.#reserve(region.stride * this.count);
    region.bytes = this.#scratch;
    for (let index = 0; index < this.count; index++) {
      const at = region.start + index * region.stride;
      writePublish(region.bytes, at, this.#viewAt(index), topic, delivery);
    }
    this.#frame.read(region.bytes, region.start, region.bytes.length);
    region.idOffset = this.#frame.body - region.start + 2 + topic.length;
    return region;
  }

  #reserve(length: number): number {
    // Regions that were made before keep the buffer they were made in.
    if (this.#scratchUsed + length > this.#scratch.length) {
      this.#scratch = Buffer.allocUnsafeSlow(Math.max(length, this.#scratch.length * 2, 4096));
      this.#scratchUsed = 0;
    }
    const at = this.#scratchUsed;
    this.#scratchUsed += length;
    return at;
  }

  #topic(): Route {
    if (this.#route === undefined) throw new Error("the batch is empty");
    return this.#route;
  }

  #frameAt(index: number): Frame {
    this.#frame.read(this.#bytes, this.#start + index * this.#stride, this.#end);
    return this.#frame;
  }

  #viewAt(index: number): PublishView {
    const start = this.#start + index * this.#stride;
    const { body } = this.#frameAt(index);
    this.#view.read(this.#bytes, start, body, start + this.#stride, this.#v5 ? 5 : 4);
    return this.#view;
  }
}
