import { lowerQos, type Subscribe, type SubscriptionRequest } from "../../../protocol/mqtt/packet.ts";
import { isFailure, Reason } from "../../../protocol/mqtt/reason.ts";
import { isShared, topicDepth } from "../../../protocol/mqtt/topic.ts";
import type { Broker } from "../broker.ts";
import type { Connection } from "../connection.ts";
import type { Replay, Session } from "../session.ts";

/** SUBSCRIBE, section 3.8. */
export function subscribe(connection: Connection, packet: Subscribe): void {
  const { session, version } = connection;
  if (session === undefined) return;
  const identifier = packet.properties.subscriptionIdentifiers?.[0] ?? 0;
  const replays = new Map<string, Replay>();
  const reasonCodes = packet.subscriptions.map((request) => {
    const refused = refusal(connection, session, request);
    if (refused !== undefined) return isFailure(refused) && version !== 5 ? Reason.UnspecifiedError : refused;
    const replay = accept(connection.broker, session, request, identifier);
    if (replay !== undefined) replays.set(request.filter, replay);
    return request.qos;
  });
  // One code per filter, in their order. [MQTT-3.8.4-6] [MQTT-3.9.3-1]
  const { packetId } = packet;
  connection.send({ type: "suback", version, packetId, reasonCodes, properties: {} });
  for (const [filter, replay] of replays) session.replay(filter, replay);
}

function refusal(connection: Connection, session: Session, request: SubscriptionRequest): number | undefined {
  const { broker, identity, isV5 } = connection;
  const { filter } = request;
  // Before MQTT 5 it is a filter like any other.
  if (isV5 && isShared(filter)) return Reason.SharedSubscriptionsNotSupported; // CONNACK has said so
  if (topicDepth(filter) > broker.config.maxTopicLevels) return Reason.TopicFilterInvalid;
  const isNew = !session.subscriptions.has(filter);
  if (isNew && session.subscriptions.size >= broker.config.maxSubscriptions) return Reason.QuotaExceeded;
  return broker.access.maySubscribe(identity, filter) ? undefined : Reason.NotAuthorized;
}

/** @returns the retained messages that the new subscription asks for */
function accept(
  broker: Broker,
  session: Session,
  request: SubscriptionRequest,
  identifier: number,
): Replay | undefined {
  const { filter, qos, noLocal, retainAsPublished, retainHandling } = request;
  // A second subscription to a filter takes the place of the first. [MQTT-3.8.4-3]
  const isNew = !broker.unsubscribe(session, filter);
  broker.subscribe({ session, filter, qos, noLocal, retainAsPublished, identifier });
  // [MQTT-3.3.1-9] [MQTT-3.3.1-10] [MQTT-3.3.1-11]
  if (retainHandling === 2 || (retainHandling === 1 && !isNew)) return undefined;
  return retainedFor(broker, request, identifier);
}

function* retainedFor(broker: Broker, request: SubscriptionRequest, identifier: number): Replay {
  const subscriptionIds = identifier === 0 ? undefined : [identifier];
  for (const message of broker.retained.match(request.filter, () => broker.clock.now())) {
    if (message === undefined) {
      yield undefined;
      continue;
    }
    const qos = lowerQos(message.qos, request.qos);
    yield { message, qos, retain: true, subscriptionIds }; // [MQTT-3.3.1-8]
  }
}
