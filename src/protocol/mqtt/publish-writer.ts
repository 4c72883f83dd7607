import { putVarint, varintSize } from "./writer.ts";

/** The parts of a message that are forwarded: properties and payload. */
export interface PublishParts {
  readonly bytes: Uint8Array;
  readonly payloadStart: number;
  readonly end: number;
  readonly properties: Uint8Array;
  readonly propertiesStart: number;
  readonly propertiesEnd: number;
}

/** How a message is sent to one subscriber, or to several with the same options. */
export interface Delivery {
  /** The packet's first byte: 0x30 with DUP, QoS and RETAIN. */
  first: number;
  /** MQTT 5: with a property list. */
  v5: boolean;
  /** Written at QoS 1 and 2. */
  packetId: number;
  /** Seconds; -1 is none. */
  expiry: number;
  readonly subscriptionIds: readonly number[] | undefined;
  /** The topic alias; 0 is none. If the receiver knows it, the topic is left out. */
  alias: number;
}

/** The length of the property list alone, in bytes. */
function propertyLength(view: PublishParts, delivery: Delivery): number {
  let length = view.propertiesEnd - view.propertiesStart;
  if (delivery.alias > 0) length += 3;
  if (delivery.expiry >= 0) length += 5;
  if (delivery.subscriptionIds !== undefined) {
    for (const id of delivery.subscriptionIds) length += 1 + varintSize(id);
  }
  return length;
}

function remainingLength(
  view: PublishParts,
  topicLength: number,
  delivery: Delivery,
  properties: number,
): number {
  const id = (delivery.first & 6) !== 0 ? 2 : 0;
  const list = delivery.v5 ? varintSize(properties) + properties : 0;
  return 2 + topicLength + id + list + view.end - view.payloadStart;
}

/** How many bytes `writePublish` will write. */
export function publishSize(view: PublishParts, topic: Uint8Array, delivery: Delivery): number {
  const properties = delivery.v5 ? propertyLength(view, delivery) : 0;
  const remaining = remainingLength(view, topic.length, delivery, properties);
  return 1 + varintSize(remaining) + remaining;
}

/**
 * Writes a message as a PUBLISH at `at` and returns where it ends. The topic is not taken from the view,
 * because the packet may have only its alias.
 */
export function writePublish(
  target: Uint8Array,
  at: number,
  view: PublishParts,
  topic: Uint8Array,
  delivery: Delivery,
): number {
  const next = writePublishHead(target, at, view, topic, delivery);
  target.set(view.bytes.subarray(view.payloadStart, view.end), next);
  return next + view.end - view.payloadStart;
}

/** As `writePublish`, without the payload, for a payload that is sent without a copy. */
export function writePublishHead(
  target: Uint8Array,
  at: number,
  view: PublishParts,
  topic: Uint8Array,
  delivery: Delivery,
): number {
  const properties = delivery.v5 ? propertyLength(view, delivery) : 0;
  target[at] = delivery.first;
  let next = putVarint(target, at + 1, remainingLength(view, topic.length, delivery, properties));
  target[next] = topic.length >>> 8;
  target[next + 1] = topic.length;
  target.set(topic, next + 2);
  next += 2 + topic.length;
  if ((delivery.first & 6) !== 0) {
    target[next] = delivery.packetId >>> 8;
    target[next + 1] = delivery.packetId;
    next += 2;
  }
  if (delivery.v5) next = writeList(target, next, view, delivery, properties);
  return next;
}

function writeList(
  target: Uint8Array,
  at: number,
  view: PublishParts,
  delivery: Delivery,
  length: number,
): number {
  let next = putVarint(target, at, length);
  // The alias comes first, at a fixed position, so that it can be patched.
  if (delivery.alias > 0) {
    target[next] = 0x23;
    target[next + 1] = delivery.alias >>> 8;
    target[next + 2] = delivery.alias;
    next += 3;
  }
  if (delivery.expiry >= 0) {
    target[next] = 0x02;
    new DataView(target.buffer, target.byteOffset).setUint32(next + 1, delivery.expiry);
    next += 5;
  }
  // The publisher's properties are forwarded unaltered. [MQTT-3.3.2-4] [MQTT-3.3.2-15] [MQTT-3.3.2-16] [MQTT-3.3.2-17]
  target.set(view.properties.subarray(view.propertiesStart, view.propertiesEnd), next);
  next += view.propertiesEnd - view.propertiesStart;
  for (const id of delivery.subscriptionIds ?? []) {
    target[next] = 0x0b;
    next = putVarint(target, next + 1, id);
  }
  return next;
}
