import type { View } from "../../../core/role.ts";
import { versionNames } from "../../../protocol/mqtt/describe.ts";
import { innerFilter, topicMatches } from "../../../protocol/mqtt/topic.ts";
import { printable } from "../../../protocol/text/printable.ts";
import type { Broker } from "../broker/broker.ts";
import type { Subscription } from "../routing/subscription.ts";
import type { Session } from "../session/session.ts";
import type { SessionRate, SessionRates } from "./session-rates.ts";
import { readOrder, readViewQuery, sorted } from "./view-query.ts";

/** The clients that the broker knows: those that are connected first, unless the query has another order. */
export const sessionsView =
  (broker: Broker, rates: SessionRates): View =>
  (query) => {
    const page = readViewQuery(query, "limit", "client", "search", "sort");
    const { limit, client, search } = page;
    rates.read();
    const found = [...broker.sessions.values()].filter(
      (session) => session.clientId.startsWith(client) && matches(broker, session, search),
    );
    const order = page.sort === undefined ? undefined : readOrder(page.sort, columnsOf(broker, rates));
    const inOrder = order === undefined ? connectedFirst(found) : sorted(found, order);
    return inOrder.slice(0, limit).map((session) => ({
      ...sessionRow(session, rates.of(session)),
      ...clientRow(broker, session),
    }));
  };

function connectedFirst(sessions: readonly Session[]): Session[] {
  return [...sessions.filter(({ isOnline }) => isOnline), ...sessions.filter(({ isOnline }) => !isOnline)];
}

function matches({ registry }: Broker, session: Session, search: string): boolean {
  if (search === "" || session.clientId.toLowerCase().includes(search)) return true;
  const client = registry.clientOf(session);
  const texts = [client?.identity.username ?? session.owner, client?.conversation.remote];
  return texts.some((text) => text?.toLowerCase().includes(search));
}

function columnsOf(
  { registry }: Broker,
  rates: SessionRates,
): Record<string, (session: Session) => number | string> {
  const client = (session: Session) => registry.clientOf(session);
  return {
    clientId: ({ clientId }) => clientId,
    remote: (session) => client(session)?.conversation.remote ?? "",
    version: (session) => client(session)?.version ?? 0,
    username: (session) => client(session)?.identity.username ?? "",
    subscriptions: ({ subscriptions }) => subscriptions.size,
    rateIn: (session) => rates.of(session)?.messagesIn ?? 0,
    rateOut: (session) => rates.of(session)?.messagesOut ?? 0,
    queued: ({ queue }) => queue.length,
    inflight: ({ inflight, incoming }) => inflight.size + incoming.size,
    dropped: ({ outgoing }) => outgoing.dropped,
    connectedAt: (session) => client(session)?.since ?? 0,
  };
}

function sessionRow(session: Session, rates: SessionRate | undefined): object {
  const { clientId, subscriptions, queue, inflight, incoming, expiry, outgoing, traffic } = session;
  const shown = printable(clientId, 1000);
  return {
    clientId: shown,
    /** The identifier as it is, where it cannot be shown as it is. */
    ...(shown !== clientId && { id: clientId }),
    subscriptions: subscriptions.size,
    queued: queue.length,
    queuedBytes: queue.bytes,
    inflight: inflight.size,
    inflightIncoming: incoming.size,
    dropped: outgoing.dropped,
    /** Messages from and to the client, and bytes of their payloads, since the session began. */
    messagesIn: traffic.published,
    bytesIn: traffic.publishedBytes,
    messagesOut: outgoing.sender.sent,
    bytesOut: outgoing.sender.sentBytes,
    /** Messages and bytes a second; null: asked for the first time. */
    rateIn: rates?.messagesIn ?? null,
    byteRateIn: rates?.bytesIn ?? null,
    rateOut: rates?.messagesOut ?? null,
    byteRateOut: rates?.bytesOut ?? null,
    /** Seconds that it outlives its connection; null: for ever. */
    expiry: expiry === Number.POSITIVE_INFINITY ? null : Math.round(expiry / 1000),
  };
}

function clientRow({ clock, registry }: Broker, session: Session): object {
  const client = registry.clientOf(session);
  const time = (then: number) => Math.round(Date.now() - (clock.now() - then));
  if (client === undefined) {
    const since = registry.awaySince(session);
    return {
      connected: false,
      remote: null,
      version: null,
      /** The user that its session belongs to. */
      username: session.owner === undefined ? null : printable(session.owner),
      connectedAt: null,
      awayAt: since === undefined ? null : time(since),
    };
  }
  const { conversation, version, identity, since } = client;
  const { username } = identity;
  return {
    connected: true,
    remote: conversation.remote,
    transport: conversation.transport,
    tls: client.isEncrypted,
    version: versionNames[version],
    username: username === undefined ? null : printable(username),
    /** Milliseconds since 1970. */
    connectedAt: time(since),
    awayAt: null,
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
