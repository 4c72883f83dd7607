import type { Qos } from "../../../protocol/mqtt/packet.ts";
import type { PublishView } from "../../../protocol/mqtt/publish-view.ts";

/** A topic name as text and as it goes over the wire. */
export interface TopicName {
  readonly text: string;
  readonly bytes: Uint8Array;
}

// What a message costs besides its bytes, for the limits in bytes.
const overhead = 100;

/** A message that outlives the packet it came in: retained, queued or in flight. Shared by all who hold it. */
export class Message {
  /** Where the payload lies; nobody changes them. */
  readonly bytes: Uint8Array;
  readonly payloadStart: number;
  readonly end: number;
  /** Where the properties that travel lie. */
  readonly properties: Uint8Array;
  readonly propertiesStart: number;
  readonly propertiesEnd: number;
  readonly qos: Qos;
  /** As it was published: what a subscriber gets depends on its subscription. */
  readonly retain: boolean;
  /** On the broker's clock, in milliseconds; Infinity: never. */
  readonly expiresAt: number;

  /** @param isLasting the view's bytes do not change: they are referred to. Otherwise they are copied */
  constructor(
    readonly topic: TopicName,
    view: PublishView,
    now: number,
    isLasting = false,
  ) {
    const { payloadStart, end, propertiesStart, propertiesEnd } = view;
    if (isLasting) {
      this.bytes = view.bytes;
      this.properties = view.properties;
      this.payloadStart = payloadStart;
      this.end = end;
      this.propertiesStart = propertiesStart;
      this.propertiesEnd = propertiesEnd;
    } else {
      const length = propertiesEnd - propertiesStart;
      this.bytes = this.properties = new Uint8Array(length + end - payloadStart);
      this.bytes.set(view.properties.subarray(propertiesStart, propertiesEnd));
      this.bytes.set(view.bytes.subarray(payloadStart, end), length);
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
