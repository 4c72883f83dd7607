import { isUtf8 } from "node:buffer";
import { MqttError } from "../../../../protocol/mqtt/errors.ts";
import type { Frame } from "../../../../protocol/mqtt/frame.ts";
import { PacketType } from "../../../../protocol/mqtt/packet.ts";
import type { PublishView } from "../../../../protocol/mqtt/publish-view.ts";
import { Reason } from "../../../../protocol/mqtt/reason.ts";
import { type Route, sameBytes } from "../../routing/router.ts";
import { isSystemTopic } from "../../wire/system-topic.ts";
import { tellPublish } from "../../wire/trace.ts";
import type { Connection } from "../connection.ts";

/** PUBLISH from a client, section 3.3. The path where care is spent: no object is made on it. */
export function published(connection: Connection, bytes: Buffer, start: number, frame: Frame): void {
  const { broker, version } = connection;
  const { view } = broker;
  view.read(bytes, start, frame.body, frame.end, version);
  if (view.decoded !== undefined) view.checkFromClient();
  broker.counters.received++;
  broker.counters.payloadIn += view.end - view.payloadStart;
  if (broker.pace.isLimited) broker.pace.spend(connection, view.end - start);
  const route = routeOf(connection, view);
  if (broker.traffic.wants("message")) tell(connection, route, view);
  const refusal = refusalOf(connection, route, view);
  if (refusal === Reason.Success) connection.route = route;
  switch (view.first & 6) {
    case 0:
      atMostOnce(connection, bytes, route, view, refusal);
      return;
    case 2:
      atLeastOnce(connection, bytes, route, view, refusal);
      return;
    default:
      exactlyOnce(connection, bytes, route, view, refusal);
  }
}

/** @returns the reason why the message goes no further, or 0 */
function refusalOf(connection: Connection, route: Route, view: PublishView): number {
  const isAllowed = route === connection.route || mayPublish(connection, route.text);
  if (!isAllowed) return Reason.NotAuthorized;
  return view.decoded !== undefined && isNotItsFormat(connection, view)
    ? Reason.PayloadFormatInvalid
    : Reason.Success;
}

// Topics that start with $SYS are the server's. [MQTT-4.7.2-1]
const mayPublish = ({ broker, identity }: Connection, topic: string): boolean =>
  !isSystemTopic(topic) && broker.access.mayPublish(identity, topic);

/** Section 3.3.2.3.2: the receiver may look at whether text is text. */
function isNotItsFormat({ broker }: Connection, { decoded, bytes, payloadStart, end }: PublishView): boolean {
  if (!broker.config.checkPayloadFormat || decoded?.payloadFormatIndicator !== 1) return false;
  return !isUtf8(bytes.subarray(payloadStart, end));
}

function countRefused({ broker }: Connection, refusal: number): void {
  broker.counters.drop(refusal === Reason.NotAuthorized ? "not_authorized" : "invalid_payload");
}

function atMostOnce(
  connection: Connection,
  bytes: Buffer,
  route: Route,
  view: PublishView,
  refusal: number,
): void {
  if (refusal === Reason.Success) {
    connection.broker.batch.add(view, bytes, route, connection.session, connection.isV5);
    return;
  }
  countRefused(connection, refusal);
  if (refusal !== Reason.PayloadFormatInvalid) return;
  // No acknowledgement could tell. [MQTT-4.13.1-1]
  throw new MqttError(refusal, "PUBLISH says that its payload is UTF-8 text, and it is not");
}

// [MQTT-4.3.2-4]
function atLeastOnce(
  connection: Connection,
  bytes: Buffer,
  route: Route,
  view: PublishView,
  refusal: number,
): void {
  const { broker } = connection;
  if (refusal === Reason.Success) {
    broker.batch.add(view, bytes, route, connection.session, connection.isV5);
  } else countRefused(connection, refusal);
  connection.ack(PacketType.Puback, view.packetId, outcome(connection, route, refusal));
}

// The message goes on at once, its identifier is kept until PUBREL. [MQTT-4.3.3-10] [MQTT-4.3.3-11]
function exactlyOnce(
  connection: Connection,
  bytes: Buffer,
  route: Route,
  view: PublishView,
  refusal: number,
): void {
  const { broker, session } = connection;
  const incoming = session?.incoming;
  const { packetId } = view;
  const isNew = incoming?.has(packetId) === false;
  if (isNew && refusal === Reason.Success) {
    checkReceiveMaximum(connection, incoming.size);
    incoming.add(packetId);
    session?.journal?.received(packetId);
    broker.batch.add(view, bytes, route, session, connection.isV5);
  } else if (isNew) countRefused(connection, refusal);
  connection.ack(PacketType.Pubrec, packetId, outcome(connection, route, refusal));
}

function checkReceiveMaximum(connection: Connection, inFlight: number): void {
  const { receiveMaximum } = connection.broker.config;
  // Before MQTT 5 a client cannot be told, so it may use every identifier there is: `PacketIds` holds them. [MQTT-3.3.4-7]
  if (!connection.isV5 || inFlight < receiveMaximum) return;
  const message = `${inFlight + 1} messages at QoS 2 are in flight, and receiveMaximum is ${receiveMaximum}`;
  throw new MqttError(Reason.ReceiveMaximumExceeded, message);
}

function outcome(connection: Connection, route: Route, refusal: number): number {
  if (!connection.isV5) return Reason.Success; // MQTT 3 has no word for a refusal. [MQTT-3.3.5-2 of 3.1.1]
  if (refusal !== Reason.Success) return refusal;
  const { routes, uplink } = connection.broker;
  if (routes.targets(route).length > 0 || uplink.wants(route.text, false)) return Reason.Success;
  return Reason.NoMatchingSubscribers;
}

function routeOf(connection: Connection, view: PublishView): Route {
  const { bytes, topicStart, topicEnd, topicAlias } = view;
  if (topicAlias !== 0) return routeOfAlias(connection, view);
  const last = connection.route;
  if (last?.isLive && sameBytes(last.bytes, bytes, topicStart, topicEnd)) return last;
  return connection.broker.routes.ofBytes(bytes, topicStart, topicEnd);
}

/** Section 3.3.2.3.4. */
function routeOfAlias(connection: Connection, view: PublishView): Route {
  const { bytes, topicStart, topicEnd, topicAlias } = view;
  const { topicAliasMaximum } = connection.broker.config;
  if (topicAlias > topicAliasMaximum) {
    // [MQTT-3.3.2-9]
    const message = `PUBLISH has the topic alias ${topicAlias}, and topicAliasMaximum is ${topicAliasMaximum}`;
    throw new MqttError(Reason.TopicAliasInvalid, message);
  }
  if (topicStart < topicEnd) {
    const route = connection.broker.routes.ofBytes(bytes, topicStart, topicEnd);
    connection.aliases.set(topicAlias, route);
    return route;
  }
  const route = connection.aliases.get(topicAlias);
  if (route === undefined) {
    const message = `PUBLISH uses the topic alias ${topicAlias}, which stands for no topic yet`;
    throw new MqttError(Reason.ProtocolError, message);
  }
  return route.isLive ? route : connection.broker.routes.ofText(route.text);
}

function tell(connection: Connection, { text: topic }: Route, view: PublishView): void {
  const { qos, retain, dup, packetId, bytes, start, payloadStart, end, decoded: properties } = view;
  const payload = bytes.subarray(payloadStart, end);
  const facts = { topic, qos, retain, dup, packetId, payload, properties };
  tellPublish(connection, "in", facts, bytes.subarray(start, end));
}
