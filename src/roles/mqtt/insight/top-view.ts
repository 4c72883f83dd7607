import type { View } from "../../../core/role.ts";
import { printable } from "../../../protocol/text/printable.ts";
import type { Broker } from "../broker/broker.ts";
import type { TopicRecord } from "../routing/topic-record.ts";
import type { Session } from "../session/session.ts";
import type { SessionRate, SessionRates } from "./session-rates.ts";
import { busiestTopics } from "./topics-view.ts";
import { readViewQuery } from "./view-query.ts";

/** How many of each kind, by messages and by bytes. */
const places = 10;

/** Who floods: the topics and the publishers with the most messages a second, and with the most bytes a second. */
export const topView =
  (broker: Broker, rates: SessionRates): View =>
  (query) => {
    readViewQuery(query);
    broker.statistics.watch();
    rates.read();
    const topics = busiestTopics(broker);
    const publishers = publishersOf(broker, rates);
    return {
      topics: top(
        topics,
        ({ rate }) => rate,
        ({ byteRate }) => byteRate,
      ).map(topicRow),
      publishers: top(
        publishers,
        ({ rate }) => rate.messagesIn,
        ({ rate }) => rate.bytesIn,
      ).map(publisherRow),
    };
  };

interface Publisher {
  readonly session: Session;
  readonly rate: SessionRate;
}

function publishersOf({ sessions }: Broker, rates: SessionRates): Publisher[] {
  const publishers: Publisher[] = [];
  for (const session of sessions.values()) {
    const rate = rates.of(session);
    if (rate !== undefined && rate.messagesIn > 0) publishers.push({ session, rate });
  }
  return publishers;
}

/** The first by each of the two measures, each of them once. */
function top<T>(rows: readonly T[], messages: (row: T) => number, bytes: (row: T) => number): T[] {
  const first = (measure: (row: T) => number) =>
    [...rows].sort((a, b) => measure(b) - measure(a)).slice(0, places);
  return [...new Set([...first(messages), ...first(bytes)])];
}

const topicRow = ({ topic, rate, byteRate, messages, bytes }: TopicRecord): object => ({
  topic: printable(topic, 1000),
  rate: Math.round(rate * 10) / 10,
  byteRate: Math.round(byteRate),
  count: messages,
  bytes,
});

const publisherRow = ({ session, rate }: Publisher): object => ({
  clientId: printable(session.clientId, 1000),
  rate: rate.messagesIn,
  byteRate: Math.round(rate.bytesIn),
  count: session.traffic.published,
  bytes: session.traffic.publishedBytes,
});
