import { isUtf8 } from "node:buffer";
import { MqttError } from "../../../../protocol/mqtt/errors.ts";
import type { Frame } from "../../../../protocol/mqtt/frame.ts";
import { PacketType } from "../../../../protocol/mqtt/packet.ts";
import type { PublishView } from "../../../../protocol/mqtt/publish-view.ts";
import { Reason } from "../../../../protocol/mqtt/reason.ts";
import { isSystemTopic } from "../../../../protocol/mqtt/topic.ts";
import { sameBytes } from "../../routing/topic-cache.ts";
import type { TopicRoute } from "../../routing/topic-route.ts";
import { tracePublish } from "../../wire/trace.ts";
import type { Connection } from "../connection.ts";

/** PUBLISH from a client, section 3.3. The hot path of the broker: no object is made here. */
export function publish(connection: Connection, bytes: Buffer, start: number, frame: Frame): void {
  const { broker, version } = connection;
  const { view } = broker;
  if (frame.isOverlong) frame.checkLength(version);
  view.read(bytes, start, frame.body, frame.end, version);
  if (view.decoded !== undefined) view.checkFromClient();
  broker.counters.received++;
  broker.counters.payloadIn += view.end - view.payloadStart;
  if (broker.rateLimiter.isLimited) broker.rateLimiter.consume(connection, view.end - start);
  const topic = topicOf(connection, view, bytes);
  const refusal = refusalOf(connection, topic, view);
  const group = broker.traffic.begin();
  if (group > 0) trace(connection, topic, view, refusal, group);
  if (refusal === Reason.Success) connection.lastTopic = topic;
  switch (view.first & 6) {
    case 0:
      atMostOnce(connection, bytes, topic, view, refusal, group);
      return;
    case 2:
      atLeastOnce(connection, bytes, topic, view, refusal, group);
      return;
    default:
      exactlyOnce(connection, bytes, topic, view, refusal, group);
  }
}

/** @returns the reason why the message goes no further, or 0 */
function refusalOf(connection: Connection, topic: TopicRoute, view: PublishView): number {
  const isAllowed = topic === connection.lastTopic || mayPublish(connection, topic.text);
  if (!isAllowed) return Reason.NotAuthorized;
  return view.decoded !== undefined && hasInvalidUtf8(connection, view)
    ? Reason.PayloadFormatInvalid
    : Reason.Success;
}

// Topics that start with $SYS are the server's. [MQTT-4.7.2-1]
const mayPublish = ({ broker, identity }: Connection, topic: string): boolean =>
  !isSystemTopic(topic) && broker.access.mayPublish(identity, topic);

/** Section 3.3.2.3.2: the receiver may look at whether text is text. */
function hasInvalidUtf8({ broker }: Connection, { decoded, bytes, payloadStart, end }: PublishView): boolean {
  if (!broker.config.checkPayloadFormat || decoded?.payloadFormatIndicator !== 1) return false;
  return !isUtf8(bytes.subarray(payloadStart, end));
}

function countRefused({ broker }: Connection, refusal: number): void {
  broker.counters.drop(refusal === Reason.NotAuthorized ? "not_authorized" : "invalid_payload");
}

function atMostOnce(
  connection: Connection,
  bytes: Buffer,
  topic: TopicRoute,
  view: PublishView,
  refusal: number,
  group: number,
): void {
  if (refusal === Reason.Success) {
    connection.broker.publisher.add(view, bytes, topic, connection.session, connection.isV5, group);
    return;
  }
  countRefused(connection, refusal);
  if (refusal !== Reason.PayloadFormatInvalid) return;
  // QoS 0 has no acknowledgement that could carry the reason. [MQTT-4.13.1-1]
  throw new MqttError(refusal, "PUBLISH says that its payload is UTF-8 text, and it is not");
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
  } else countRefused(connection, refusal);
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
  } else if (isNew) countRefused(connection, refusal);
  connection.writer.ack(PacketType.Pubrec, packetId, ackReason(connection, topic, refusal), group);
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

function trace(
  { writer, broker }: Connection,
  route: TopicRoute,
  view: PublishView,
  refusal: number,
  group: number,
): void {
  const { text: topic } = route;
  const { qos, retain, dup, packetId, bytes, start, payloadStart, end, decoded: properties } = view;
  const payload = bytes.subarray(payloadStart, end);
  const facts = { topic, qos, retain, dup, packetId, payload, properties };
  const recipients = refusal === Reason.Success ? broker.router.recipients(route).length : 0;
  tracePublish(writer, "in", facts, bytes.subarray(start, end), { group, recipients });
}
