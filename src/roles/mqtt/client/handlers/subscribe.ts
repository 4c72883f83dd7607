import { malformed, protocolError } from "../../../../protocol/mqtt/errors.ts";
import { lowerQos, type Subscribe, type SubscriptionRequest } from "../../../../protocol/mqtt/packet.ts";
import { Reason } from "../../../../protocol/mqtt/reason.ts";
import { isShared, parseShare, topicLimitMistake } from "../../../../protocol/mqtt/topic.ts";
import type { Broker } from "../../broker/broker.ts";
import { subscriptionBytes } from "../../routing/router.ts";
import type { RetainedSearch } from "../../session/retained-replay.ts";
import type { Session } from "../../session/session.ts";
import type { Connection } from "../connection.ts";
import { inSlices } from "./in-slices.ts";

/** SUBSCRIBE, section 3.8. */
export function subscribe(connection: Connection, packet: Subscribe): void {
  const { session, version, broker } = connection;
  if (session === undefined) return;
  const { packetId, subscriptions } = packet;
  if (version === 5) subscriptions.forEach(checkShare);
  const identifier = packet.properties.subscriptionIdentifiers?.[0] ?? 0;
  const searches = new Map<string, RetainedSearch>();
  const shares = new Set<string>();
  const reasonCodes: number[] = [];
  let why: string | undefined;
  const subscribeTo = (request: SubscriptionRequest) => {
    const refused = refusal(connection, session, request);
    if (refused !== undefined) {
      reasonCodes.push(version === 5 ? refused.reason : Reason.UnspecifiedError);
      why ??= refused.message;
      return;
    }
    const search = accept(broker, session, connection.isBridge ? asBridge(request) : request, identifier);
    if (search !== undefined) searches.set(request.filter, search);
    if (isShared(request.filter)) shares.add(request.filter);
    reasonCodes.push(request.qos);
  };
  inSlices(connection, subscriptions, subscribeTo, () => {
    // One code per filter, in their order. [MQTT-3.8.4-6] [MQTT-3.9.3-1]
    const reasonString = why && (connection.mount?.shown(why) ?? why);
    const properties =
      reasonString !== undefined && connection.wantsProblemInformation ? { reasonString } : {};
    connection.send({ type: "suback", version, packetId, reasonCodes, properties });
    for (const [filter, search] of searches) session.outgoing.replayRetained(filter, search);
    if (shares.size > 0) session.joinGroups(shares);
  });
}

/** Bridges of before MQTT 5 cannot ask for no local and retain as published; without them messages would loop. */
const asBridge = (request: SubscriptionRequest): SubscriptionRequest => ({
  ...request,
  noLocal: !isShared(request.filter),
  retainAsPublished: true,
});

/** MQTT 5: a client whose `$share` filter is malformed is disconnected. Before, the filter is refused in SUBACK. */
function checkShare({ filter, noLocal }: SubscriptionRequest): void {
  if (!isShared(filter)) return;
  if (parseShare(filter) === undefined) {
    // [MQTT-4.8.2-1] [MQTT-4.8.2-2]
    throw malformed(
      `the topic filter "${filter}" is not $share/NAME/FILTER, with a name without "+" and "#"`,
    );
  }
  if (noLocal) throw protocolError(`the shared subscription "${filter}" asks for no local`); // [MQTT-3.8.3-4]
}

/** Why a subscription is refused; undefined: it is accepted. */
function refusal(connection: Connection, session: Session, request: SubscriptionRequest) {
  const { broker } = connection;
  const { maxSubscriptions, maxSubscriptionBytes } = broker.config;
  const filter = isShared(request.filter) ? parseShare(request.filter)?.filter : request.filter;
  if (filter === undefined)
    return no(Reason.TopicFilterInvalid, `"${request.filter}" is not $share/NAME/FILTER`);
  const excess = topicLimitMistake(filter, broker.config);
  if (excess !== undefined) return no(Reason.TopicFilterInvalid, `the filter ${excess}`);
  if (!session.subscriptions.has(request.filter)) {
    if (session.subscriptions.size >= maxSubscriptions) {
      return no(Reason.QuotaExceeded, `the client has ${maxSubscriptions} subscriptions (maxSubscriptions)`);
    }
    if (broker.router.bytes + subscriptionBytes(request.filter) > maxSubscriptionBytes) {
      return no(Reason.QuotaExceeded, "all clients' subscriptions together are at maxSubscriptionBytes");
    }
  }
  if (session.permissions.reach(filter) === "none") {
    broker.refusals.add(connection, "subscribe", filter);
    return no(Reason.NotAuthorized, `the client may not receive anything that "${filter}" matches`);
  }
  return wildcardRefusal(session, request.filter, broker);
}

/** Filters that multiply would make everybody's publishing slow. */
function wildcardRefusal(session: Session, filter: string, { router, config }: Connection["broker"]) {
  if (session.subscriptions.has(filter)) return undefined;
  const { wildcardCost } = session;
  const { maxWildcardCost } = config;
  const isTooMuch = wildcardCost.costWith(filter) > maxWildcardCost;
  if (!isTooMuch && router.wildcardCosts.hasRoomFor(filter, wildcardCost.count, maxWildcardCost))
    return undefined;
  const whose = isTooMuch ? "the client's" : "all clients'";
  return no(
    Reason.QuotaExceeded,
    `${whose} wildcard filters overlap too much (maxWildcardCost is ${maxWildcardCost})`,
  );
}

const no = (reason: number, message: string) => ({ reason, message });

/** @returns a search for the retained messages that the new subscription asks for */
function accept(
  broker: Broker,
  session: Session,
  request: SubscriptionRequest,
  identifier: number,
): RetainedSearch | undefined {
  const { retainHandling } = request;
  const isNew = session.subscribe({ ...request, identifier });
  // A shared subscription gets none: section 4.8.2.
  if (isShared(request.filter)) return undefined;
  // [MQTT-3.3.1-9] [MQTT-3.3.1-10] [MQTT-3.3.1-11]
  if (retainHandling === 2 || (retainHandling === 1 && !isNew)) return undefined;
  return retainedFor(broker, session, request, identifier);
}

function* retainedFor(
  broker: Broker,
  session: Session,
  request: SubscriptionRequest,
  identifier: number,
): RetainedSearch {
  const subscriptionIds = identifier === 0 ? undefined : [identifier];
  for (const message of broker.retained.match(request.filter, () => broker.clock.now())) {
    // It may have unsubscribed by now, and the rules may have changed.
    const isNarrowed = session.subscriptionTo(request.filter)?.isNarrowed;
    if (message === undefined || (isNarrowed !== false && !session.mayReceive(message.topic.text))) {
      yield undefined;
      continue;
    }
    const qos = lowerQos(message.qos, request.qos);
    yield { message, qos, retain: true, subscriptionIds }; // [MQTT-3.3.1-8 of 3.1.1]
  }
}
