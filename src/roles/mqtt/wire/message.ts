import { encode } from "../../../protocol/mqtt/encode.ts";
import type { Publish, Qos } from "../../../protocol/mqtt/packet.ts";
import type { PublishView } from "../../../protocol/mqtt/publish-view.ts";

/** A topic name as text and as it goes over the wire. */
export interface TopicName {
  readonly text: string;
  readonly bytes: Uint8Array;
}

/** Of a message of which it is not known whether observers have seen it come in. */
export const noGroup = -1;

// What a message costs besides its bytes, for the limits in bytes.
const overhead = 100;

/**
 * A message that outlives the packet it came in: retained, queued or in flight. All sessions that hold it share one
 * object.
 */
export class Message {
  /** Holds the payload; never changes. */
  readonly bytes: Uint8Array;
  readonly payloadStart: number;
  readonly end: number;
  /** Holds the properties that are passed on to subscribers. */
  readonly properties: Uint8Array;
  readonly propertiesStart: number;
  readonly propertiesEnd: number;
  readonly qos: Qos;
  /** As published: what a subscriber gets depends on its subscription. */
  readonly retain: boolean;
  /** On the broker's clock, in milliseconds; Infinity: never. */
  readonly expiresAt: number;
  /** Of a retained message: the number of who retained it. */
  owner = 0;
  /** Its number among observed messages, or `noGroup`. */
  group = noGroup;
  /** How many queues and in-flight windows hold it. */
  holders = 0;
  /** What the store knows it by; 0: it does not know it. */
  storeNumber = 0;

  /** @param isImmutable the view's bytes never change, so they are referred to and not copied */
  constructor(
    readonly topic: TopicName,
    view: PublishView,
    now: number,
    isImmutable = false,
  ) {
    const { payloadStart, end, propertiesStart, propertiesEnd } = view;
    if (isImmutable) {
      this.bytes = view.bytes;
      this.properties = view.properties;
      this.payloadStart = payloadStart;
      this.end = end;
      this.propertiesStart = propertiesStart;
      this.propertiesEnd = propertiesEnd;
    } else {
      const length = propertiesEnd - propertiesStart;
      this.bytes = this.properties = new Uint8Array(length + end - payloadStart);
      if (length > 0) copy(view.properties, this.bytes, 0, propertiesStart, propertiesEnd);
      copy(view.bytes, this.bytes, length, payloadStart, end);
      this.end = this.bytes.length;
      this.propertiesStart = 0;
      this.payloadStart = this.propertiesEnd = length;
    }
    this.qos = view.qos;
    this.retain = view.retain;
    this.expiresAt = view.expiry < 0 ? Number.POSITIVE_INFINITY : now + view.expiry * 1000;
  }

  get size(): number {
    return (
      this.payloadLength + this.propertiesEnd - this.propertiesStart + this.topic.bytes.length + overhead
    );
  }

  get payloadLength(): number {
    return this.end - this.payloadStart;
  }

  /** What it takes in memory, about: its objects, and its bytes with what the allocator rounds them up to. */
  get memory(): number {
    return 300 + 1.2 * (this.payloadLength + this.propertiesEnd - this.propertiesStart);
  }

  isExpired(now: number): boolean {
    return now >= this.expiresAt; // [MQTT-3.3.2-5]
  }

  /** The seconds it has left; -1: it does not expire. [MQTT-3.3.2-6] */
  secondsLeft(now: number): number {
    if (this.expiresAt === Number.POSITIVE_INFINITY) return -1;
    // A sum of times is off by some billionths: that must not make it a second more than was given.
    return Math.max(0, Math.ceil((this.expiresAt - now) / 1000 - 1e-6));
  }
}

/** Without a view of the source: for small messages that takes a quarter of the time. */
function copy(source: Uint8Array, target: Uint8Array, at: number, start: number, end: number): void {
  if (source instanceof Buffer) source.copy(target, at, start, end);
  else target.set(source.subarray(start, end), at);
}

/** A message for one subscriber, with what its subscription adds. */
export interface Pending {
  readonly message: Message;
  readonly qos: Qos;
  readonly retain: boolean;
  readonly subscriptionIds: readonly number[] | undefined;
  /** The shared subscription that it came by: another member may get it instead. */
  readonly share?: string | undefined;
  /** Its number in the store, once that has it. Named from the start where many are made: a later field costs more. */
  number?: number | undefined;
}

/** Encodes a PUBLISH of MQTT 5 that the broker sends itself: a will, a built-in publisher's message, `$SYS`. */
export function encodeOwnPublish(
  message: Pick<Publish, "topic" | "payload" | "qos" | "retain" | "properties">,
): Buffer {
  // Every subscriber gets a packet identifier of its own later.
  const bytes = encode({ type: "publish", version: 5, dup: false, packetId: 1, ...message });
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}
