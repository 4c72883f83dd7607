import { isUtf8 } from "node:buffer";
import { MqttError } from "../../../../protocol/mqtt/errors.ts";
import type { Frame } from "../../../../protocol/mqtt/frame.ts";
import { PacketType } from "../../../../protocol/mqtt/packet.ts";
import type { PublishView } from "../../../../protocol/mqtt/publish-view.ts";
import { Reason } from "../../../../protocol/mqtt/reason.ts";
import { isSystemTopic } from "../../../../protocol/mqtt/topic.ts";
import { sameBytes } from "../../routing/topic-cache.ts";
import type { TopicRoute } from "../../routing/topic-route.ts";
import type { DropCause } from "../../wire/counters.ts";
import { tracePublish } from "../../wire/trace.ts";
import type { Connection } from "../connection.ts";

/** After so many bytes the reader sees whether it is time for others: a thousand of the shortest packets take 20 µs. */
const maxRepeated = 8 * 1024;

/**
 * PUBLISH from a client, section 3.3. The hot path of the broker: no object is made here.
 * @returns where the next packet begins
 */
export function publish(
  connection: Connection,
  bytes: Buffer,
  start: number,
  frame: Frame,
  limit: number,
): number {
  const { broker, version } = connection;
  const { view } = broker;
  if (frame.isOverlong) frame.checkLength(version);
  view.read(bytes, start, frame.body, frame.end, version);
  if (view.decoded !== undefined) view.checkFromClient();
  broker.counters.received++;
  connection.writer.packets++;
  broker.counters.payloadIn += view.end - view.payloadStart;
  if (broker.rateLimiter.limits(connection))
    broker.rateLimiter.consume(connection, connection.mount?.run?.size ?? view.end - start);
  const topic = topicOf(connection, view, bytes);
  const refusal = refusalOf(connection, topic, view);
  const group = broker.traffic.begin();
  if (group > 0) trace(connection, topic, view, refusal, group);
  if (refusal === Reason.Success) connection.lastTopic = topic;
  switch (view.first & 6) {
    case 0:
      return atMostOnce(connection, bytes, topic, view, refusal, group, limit);
    case 2:
      atLeastOnce(connection, bytes, topic, view, refusal, group);
      break;
    default:
      exactlyOnce(connection, bytes, topic, view, refusal, group);
  }
  return view.end;
}

/** @returns the reason why the message goes no further, or 0 */
function refusalOf(connection: Connection, topic: TopicRoute, view: PublishView): number {
  if (topic !== connection.lastTopic && !mayPublish(connection, topic)) return Reason.NotAuthorized;
  // Nobody knows yet whether it has to be kept, so none is taken that might.
  if (!connection.broker.store.hasRoom && (view.first & 7) !== 0) return Reason.QuotaExceeded;
  return view.decoded !== undefined && hasInvalidUtf8(connection, view)
    ? Reason.PayloadFormatInvalid
    : Reason.Success;
}

/** The verdict stays with the topic for the client that publishes to it, until the rules change. */
function mayPublish({ session }: Connection, topic: TopicRoute): boolean {
  if (session === undefined) return false;
  if (topic.allowedBy === session.verdicts) return true;
  // Topics that start with $SYS are the server's. [MQTT-4.7.2-1]
  if (isSystemTopic(topic.text) || !session.permissions.mayPublish(topic.text)) return false;
  topic.allowedBy = session.verdicts;
  return true;
}

/** Section 3.3.2.3.2: the receiver may look at whether text is text. */
function hasInvalidUtf8({ broker }: Connection, { decoded, bytes, payloadStart, end }: PublishView): boolean {
  if (!broker.config.checkPayloadFormat || decoded?.payloadFormatIndicator !== 1) return false;
  return !isUtf8(bytes.subarray(payloadStart, end));
}

function countRefused(connection: Connection, topic: TopicRoute, refusal: number): void {
  const { broker } = connection;
  if (refusal === Reason.NotAuthorized) broker.refusals.add(connection, "publish", topic.text);
  broker.counters.drop(dropCauses.get(refusal) ?? "invalid_payload");
}

const dropCauses: ReadonlyMap<number, DropCause> = new Map([
  [Reason.NotAuthorized, "not_authorized"],
  [Reason.QuotaExceeded, "store_full"],
]);

/** Before MQTT 5 a message that may come again has no other answer than none. */
function isUnanswered(connection: Connection, refusal: number): boolean {
  if (refusal !== Reason.QuotaExceeded || connection.isV5) return false;
  connection.broker.starved.add(connection);
  return true;
}

function atMostOnce(
  connection: Connection,
  bytes: Buffer,
  topic: TopicRoute,
  view: PublishView,
  refusal: number,
  group: number,
  limit: number,
): number {
  const { broker, session, isV5 } = connection;
  if (refusal === Reason.Success) {
    broker.publisher.add(view, bytes, topic, session, isV5, group);
    // While some are shown, or the client is throttled, each is looked at.
    return group > 0 || broker.rateLimiter.limits(connection)
      ? view.end
      : addRepeated(connection, view, limit);
  }
  countRefused(connection, topic, refusal);
  if (refusal !== Reason.PayloadFormatInvalid) return view.end;
  // QoS 0 has no acknowledgement that could carry the reason. [MQTT-4.13.1-1]
  throw new MqttError(refusal, "PUBLISH says that its payload is UTF-8 text, and it is not");
}

/** The same message again and again, but for its payload: the packets are counted and not read. */
function addRepeated(
  { broker, writer }: Connection,
  { start, end, payloadStart }: PublishView,
  limit: number,
): number {
  const { counters, publisher, traffic } = broker;
  const length = publisher.extend(Math.min(limit, end + maxRepeated));
  if (length === 0) return end;
  const count = length / (end - start);
  counters.received += count;
  writer.packets += count;
  counters.payloadIn += count * (end - payloadStart);
  traffic.omit(count);
  return end + length;
}

// [MQTT-4.3.2-4]
function atLeastOnce(
  connection: Connection,
  bytes: Buffer,
  topic: TopicRoute,
  view: PublishView,
  refusal: number,
  group: number,
): void {
  const { broker } = connection;
  if (refusal === Reason.Success) {
    broker.publisher.add(view, bytes, topic, connection.session, connection.isV5, group);
  } else countRefused(connection, topic, refusal);
  if (isUnanswered(connection, refusal)) return;
  connection.writer.ack(PacketType.Puback, view.packetId, ackReason(connection, topic, refusal), group);
}

// The message goes on at once, its identifier is kept until PUBREL. [MQTT-4.3.3-10] [MQTT-4.3.3-11]
function exactlyOnce(
  connection: Connection,
  bytes: Buffer,
  topic: TopicRoute,
  view: PublishView,
  refusal: number,
  group: number,
): void {
  const { broker, session } = connection;
  const incoming = session?.incoming;
  const { packetId } = view;
  const isNew = incoming?.has(packetId) === false;
  if (isNew && refusal === Reason.Success) {
    checkReceiveMaximum(connection, incoming.size);
    session?.received(packetId);
    broker.publisher.add(view, bytes, topic, session, connection.isV5, group);
  } else if (isNew) countRefused(connection, topic, refusal);
  // What was taken before stays taken, whatever holds now.
  const reason = isNew ? refusal : Reason.Success;
  if (isUnanswered(connection, reason)) return;
  connection.writer.ack(PacketType.Pubrec, packetId, ackReason(connection, topic, reason), group);
}

function checkReceiveMaximum(connection: Connection, inFlight: number): void {
  const { receiveMaximum } = connection.broker.config;
  // Before MQTT 5 no limit can be announced, so a client may use every identifier: `IncomingIds` holds them. [MQTT-3.3.4-7]
  if (!connection.isV5 || inFlight < receiveMaximum) return;
  const message = `${inFlight + 1} messages at QoS 2 are in flight, and receiveMaximum is ${receiveMaximum}`;
  throw new MqttError(Reason.ReceiveMaximumExceeded, message);
}

function ackReason(connection: Connection, topic: TopicRoute, refusal: number): number {
  if (!connection.isV5) return Reason.Success; // MQTT 3 has no word for a refusal. [MQTT-3.3.5-2 of 3.1.1]
  if (refusal !== Reason.Success) return refusal;
  const { router, busLink } = connection.broker;
  if (router.recipients(topic).length > 0 || busLink.wants(topic.text, false)) return Reason.Success;
  return Reason.NoMatchingSubscribers;
}

function topicOf(connection: Connection, view: PublishView, bytes: Buffer): TopicRoute {
  const { topicStart, topicEnd, topicAlias } = view;
  if (topicAlias !== 0) return topicOfAlias(connection, view, bytes);
  const last = connection.lastTopic;
  if (last?.isCached && sameBytes(last.bytes, bytes, topicStart, topicEnd)) return last;
  return connection.broker.router.topicOf(bytes, topicStart, topicEnd);
}

/** Section 3.3.2.3.4. */
function topicOfAlias(connection: Connection, view: PublishView, bytes: Buffer): TopicRoute {
  const { topicStart, topicEnd, topicAlias } = view;
  const { config, router } = connection.broker;
  if (topicAlias > config.topicAliasMaximum) {
    // [MQTT-3.3.2-9]
    const message = `PUBLISH has the topic alias ${topicAlias}, and topicAliasMaximum is ${config.topicAliasMaximum}`;
    throw new MqttError(Reason.TopicAliasInvalid, message);
  }
  if (topicStart < topicEnd) {
    const topic = router.topicOf(bytes, topicStart, topicEnd);
    connection.inboundAliases.set(topicAlias, topic);
    return topic;
  }
  const topic = connection.inboundAliases.get(topicAlias);
  if (topic === undefined) {
    const message = `PUBLISH uses the topic alias ${topicAlias}, which stands for no topic yet`;
    throw new MqttError(Reason.ProtocolError, message);
  }
  return topic.isCached ? topic : router.topicNamed(topic.text);
}

/** Where the packet is, of which a copy with a topic prefix may be handled. */
function asItCame({ mount }: Connection, { bytes, start, end }: PublishView) {
  const run = mount?.run;
  if (run === undefined) return { bytes, start, length: end - start };
  return { bytes: run.bytes, start: run.cameAt(start), length: run.size };
}

function trace(
  connection: Connection,
  route: TopicRoute,
  view: PublishView,
  refusal: number,
  group: number,
): void {
  const { writer, broker, mount } = connection;
  const topic = mount === undefined ? route.text : route.text.slice(mount.prefix.length);
  const { qos, retain, dup, packetId, bytes, payloadStart, end, decoded: properties } = view;
  const payload = bytes.subarray(payloadStart, end);
  const facts = { topic, qos, retain, dup, packetId, payload, properties };
  const recipients = refusal === Reason.Success ? broker.router.recipients(route).length : 0;
  const came = asItCame(connection, view);
  const packet = came.bytes.subarray(came.start, came.start + came.length);
  const stream = connection.placeOf(came.start, came.length);
  tracePublish(writer, "in", facts, packet, { group, stream, recipients });
}
