import type { View } from "../../../core/role.ts";
import { topicNameMistake } from "../../../protocol/mqtt/topic.ts";
import { printable } from "../../../protocol/text/printable.ts";
import type { Broker } from "../broker/broker.ts";
import type { Subscription } from "../routing/subscription.ts";
import type { TopicPublisher, TopicRecord, TopicValue } from "../routing/topic-record.ts";
import type { Message } from "../wire/message.ts";
import { payloadBase64 } from "./payload-text.ts";
import { retainedOn } from "./retained-view.ts";
import { isSame } from "./topics-view.ts";
import { readViewQuery } from "./view-query.ts";

/** Of a retained payload, in bytes. */
const maxRetained = 8 * 1024;

/** Subscribers named. */
const maxSubscribers = 100;

/** All values together, in bytes: many small ones, or few large ones. */
const maxValues = 128 * 1024;

/** One topic: its values, what it retains, who publishes to it and who listens. */
export const topicView =
  (broker: Broker): View =>
  (query) => {
    const topic = readTopic(query);
    const record = broker.statistics.watchTopic(topic);
    const retained = retainedOn(broker, topic);
    return {
      topic: printable(topic, 1000),
      last: record === undefined ? null : lastOf(record, retained),
      retained: retained === undefined ? null : retainedOf(retained, broker.clock.now()),
      count: record?.messages ?? 0,
      bytes: record?.bytes ?? 0,
      rate: Math.round((record?.rate ?? 0) * 10) / 10,
      byteRate: Math.round(record?.byteRate ?? 0),
      values: record === undefined ? [] : valuesOf(record),
      publishers: record === undefined ? [] : publishersOf(record),
      ...subscribersOf(broker, topic),
    };
  };

function readTopic(query: Readonly<Record<string, string>>): string {
  const { topic = "" } = readViewQuery(query, "topic");
  const mistake = topicNameMistake(topic);
  if (mistake === undefined) return topic;
  throw new Error(`topic must be the name of a topic such as sister/temp, and "${topic}" ${mistake}`);
}

function lastOf(record: TopicRecord, retained: Message | undefined): object {
  const { time, payload, size, qos, retain } = record;
  const isRetained = retained !== undefined && isSame(record, retained);
  return { time, payload: payloadBase64(payload), size, qos, retain, isRetained };
}

function retainedOf(message: Message, now: number): object {
  const { bytes, payloadStart, end, payloadLength, qos } = message;
  const left = message.secondsLeft(now);
  return {
    payload: payloadBase64(bytes.subarray(payloadStart, Math.min(end, payloadStart + maxRetained))),
    size: payloadLength,
    qos,
    /** Seconds; null: it does not expire. */
    expiresIn: left < 0 ? null : left,
  };
}

/** The newest, the oldest of them first. */
function valuesOf({ values }: TopicRecord): object[] {
  let first = values.length;
  for (let bytes = 0; first > 0; first--) {
    bytes += values[first - 1]?.payload.length ?? 0;
    if (bytes > maxValues) break;
  }
  return values.slice(first).map(valueRow);
}

const valueRow = ({ payload, ...value }: TopicValue): object => ({
  ...value,
  payload: payloadBase64(payload),
});

function publishersOf({ publishers }: TopicRecord): object[] {
  return [...publishers].sort((a, b) => b.messages - a.messages).map(publisherRow);
}

const publisherRow = ({ client, messages, bytes, time }: TopicPublisher): object => ({
  /** Null: the server itself, or another node. */
  clientId: client === undefined ? null : printable(client.clientId, 1000),
  messages,
  bytes,
  time,
});

function subscribersOf({ router }: Broker, topic: string): object {
  const all: Subscription[] = [];
  let total = 0;
  for (const { subscriptions, narrowed, groups } of router.subscribersOf(topic)) {
    const allowed = narrowed.filter(({ subscriber }) => subscriber.mayReceive(topic));
    for (const list of [subscriptions, allowed, ...groups.map(({ members }) => members)]) {
      total += list.length;
      all.push(...list.slice(0, maxSubscribers - all.length));
    }
  }
  return { subscribers: all.map(subscriberRow), subscriberCount: total };
}

const subscriberRow = ({ subscriber, filter, qos }: Subscription): object => ({
  clientId: printable(subscriber.clientId, 1000),
  filter: printable(filter, 1000),
  qos,
});
