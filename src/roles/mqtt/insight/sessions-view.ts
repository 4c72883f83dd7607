import type { View } from "../../../core/role.ts";
import { versionNames } from "../../../protocol/mqtt/describe.ts";
import { innerFilter, topicMatches } from "../../../protocol/mqtt/topic.ts";
import { printable } from "../../../protocol/text/printable.ts";
import type { Broker } from "../broker/broker.ts";
import type { Client } from "../broker/client.ts";
import type { Subscription } from "../routing/subscription.ts";
import type { Session } from "../session/session.ts";
import { readViewQuery } from "./view-query.ts";

/** The clients that the broker knows: those that are connected first. */
export const sessionsView =
  (broker: Broker): View =>
  (query) => {
    const { limit, client } = readViewQuery(query, "limit", "client");
    const here: object[] = [];
    const away: object[] = [];
    for (const session of broker.sessions.values()) {
      if (!session.clientId.startsWith(client)) continue;
      const connected = broker.registry.clientOf(session);
      const list = connected === undefined ? away : here;
      if (list.length < limit) list.push({ ...sessionRow(session), ...clientRow(broker, connected) });
      if (here.length === limit) break;
    }
    return [...here, ...away].slice(0, limit);
  };

function sessionRow(session: Session): object {
  const { clientId, subscriptions, queue, inflight, incoming, expiry, outgoing } = session;
  return {
    clientId: printable(clientId, 1000),
    subscriptions: subscriptions.size,
    queued: queue.length,
    queuedBytes: queue.bytes,
    inflight: inflight.size,
    inflightIncoming: incoming.size,
    dropped: outgoing.dropped,
    /** Seconds that it outlives its connection; null: for ever. */
    expiry: expiry === Number.POSITIVE_INFINITY ? null : Math.round(expiry / 1000),
  };
}

function clientRow({ clock }: Broker, client: Client | undefined): object {
  if (client === undefined) {
    return { connected: false, remote: null, version: null, username: null, connectedAt: null };
  }
  const { conversation, version, identity, since } = client;
  const { username } = identity;
  return {
    connected: true,
    remote: conversation.remote,
    transport: conversation.transport,
    version: versionNames[version],
    username: username === undefined ? null : printable(username),
    /** Milliseconds since 1970. */
    connectedAt: Math.round(Date.now() - (clock.now() - since)),
    /** Seconds; 0: none. */
    keepAlive: client.keepAliveTimeout / 1500,
    sendBuffer: client.sendBacklog,
  };
}

/** Who subscribed to what. `filter` finds subscriptions by their own filters: `sister/#` those to `sister/+/temp`. */
export const subscriptionsView =
  (broker: Broker): View =>
  (query) => {
    const { limit, client, filter } = readViewQuery(query, "limit", "client", "filter");
    const rows: object[] = [];
    for (const session of broker.sessions.values()) {
      if (!session.clientId.startsWith(client)) continue;
      for (const subscription of session.subscriptions.values()) {
        if (rows.length === limit) return rows;
        if (filter === undefined || topicMatches(filter, innerFilter(subscription.filter)))
          rows.push(row(session, subscription));
      }
    }
    return rows;
  };

function row(session: Session, subscription: Subscription): object {
  const { filter, qos, noLocal, retainAsPublished, identifier, share } = subscription;
  return {
    clientId: printable(session.clientId, 1000),
    connected: session.isOnline,
    filter: printable(filter, 1000),
    qos,
    shared: share !== undefined,
    noLocal,
    retainAsPublished,
    identifier: identifier === 0 ? null : identifier,
  };
}
