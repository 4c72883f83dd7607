import type { Qos } from "../../protocol/mqtt/packet.ts";
import type { PublishView } from "../../protocol/mqtt/publish-view.ts";

/** A topic name as text and as it goes over the wire. */
export interface TopicName {
  readonly text: string;
  readonly bytes: Uint8Array;
}

// What a message costs besides its bytes, for the limits in bytes.
const overhead = 100;

/** A message that outlives the packet it came in: retained, queued or in flight. Shared by all who hold it. */
export class Message {
  /** The properties that travel, then the payload. */
  readonly bytes: Uint8Array;
  readonly payloadStart: number;
  readonly qos: Qos;
  /** On the broker's clock, in milliseconds; Infinity: never. */
  readonly expiresAt: number;

  constructor(
    readonly topic: TopicName,
    view: PublishView,
    now: number,
  ) {
    const properties = view.properties.subarray(view.propertiesStart, view.propertiesEnd);
    this.bytes = new Uint8Array(properties.length + view.payloadLength);
    this.bytes.set(properties);
    this.bytes.set(view.bytes.subarray(view.payloadStart, view.end), properties.length);
    this.payloadStart = properties.length;
    this.qos = view.qos;
    this.expiresAt = view.expiry < 0 ? Number.POSITIVE_INFINITY : now + view.expiry * 1000;
  }

  get size(): number {
    return this.bytes.length + this.topic.bytes.length + overhead;
  }

  // The shape that `writePublish` reads.
  get end(): number {
    return this.bytes.length;
  }
  get properties(): Uint8Array {
    return this.bytes;
  }
  get propertiesStart(): number {
    return 0;
  }
  get propertiesEnd(): number {
    return this.payloadStart;
  }

  isExpired(now: number): boolean {
    return now >= this.expiresAt; // [MQTT-3.3.2-5]
  }

  /** The seconds it has left; -1: it does not expire. [MQTT-3.3.2-6] */
  secondsLeft(now: number): number {
    if (this.expiresAt === Number.POSITIVE_INFINITY) return -1;
    return Math.max(0, Math.ceil((this.expiresAt - now) / 1000));
  }
}
