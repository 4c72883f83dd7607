import type { View } from "../../../core/role.ts";
import { isSystemTopic, topicMatches } from "../../../protocol/mqtt/topic.ts";
import { printable } from "../../../protocol/text/printable.ts";
import type { Broker } from "../broker/broker.ts";
import type { TopicRecord } from "../routing/topic-record.ts";
import type { Message } from "../wire/message.ts";
import { payloadText } from "./payload-text.ts";
import { type Found, findRetained, retainedOn } from "./retained-view.ts";
import { readOrder, readViewQuery, sorted } from "./view-query.ts";

/** Retained messages looked at for one answer. */
const maxRetained = 5000;

/** A topic with what was published to it since the broker started, and with what it retains now. */
interface Topic {
  readonly name: string;
  readonly record: TopicRecord | undefined;
  readonly retained: Message | undefined;
}

const columns: Readonly<Record<string, (topic: Topic) => number | string>> = {
  topic: ({ name }) => name,
  count: ({ record }) => record?.messages ?? 0,
  bytes: ({ record }) => record?.bytes ?? 0,
  rate: ({ record }) => record?.rate ?? 0,
  byteRate: ({ record }) => record?.byteRate ?? 0,
  time: ({ record }) => record?.time ?? 0,
};

/** Topics with what was published to them since the broker started, and those that have a retained message. */
export const topicsView =
  (broker: Broker): View =>
  (query) => {
    const page = readViewQuery(query, "limit", "filter", "search", "sort");
    const { limit, filter = "#", search, sort = "topic" } = page;
    const { statistics } = broker;
    statistics.watch();
    const retained = findRetained(broker, filter, maxRetained);
    const found = sorted(
      topicsOf(broker, filter, retained).filter((topic) => matches(topic, search)),
      readOrder(sort, columns),
    );
    return {
      topics: found.slice(0, limit).map(row),
      total: found.length,
      truncated: found.length > limit || statistics.isPartial || retained.isCut,
    };
  };

function topicsOf(broker: Broker, filter: string, { messages, isCut }: Found): Topic[] {
  const unpublished = new Map(messages.map((message) => [message.topic.text, message]));
  const topics: Topic[] = [];
  for (const [name, record] of broker.statistics.topics) {
    if (!topicMatches(filter, name)) continue;
    // Looked up alone only where there are more retained messages than were looked at.
    const retained = unpublished.get(name) ?? (isCut ? retainedOn(broker, name) : undefined);
    topics.push({ name, record, retained });
    unpublished.delete(name);
  }
  for (const [name, retained] of unpublished) topics.push({ name, record: undefined, retained });
  return topics;
}

function matches({ name, record, retained }: Topic, search: string): boolean {
  if (search === "" || name.toLowerCase().includes(search)) return true;
  const texts = [record && payloadText(record.payload, record.size), retained && retainedText(retained)];
  return texts.some((text) => text?.toLowerCase().includes(search));
}

function row({ name, record, retained }: Topic): object {
  const shown = printable(name, 1000);
  return {
    topic: shown,
    /** The name as it is, where it cannot be shown as it is. */
    ...(shown !== name && { name }),
    ...(record === undefined ? nothingPublished : liveFields(record)),
    retained: retained !== undefined,
    retainedValue: retained === undefined ? null : retainedText(retained),
    /** The last value is the one that is retained now. */
    isLastRetained: record !== undefined && retained !== undefined && isSame(record, retained),
  };
}

const nothingPublished = {
  last: null,
  size: 0,
  qos: 0,
  count: 0,
  bytes: 0,
  rate: 0,
  byteRate: 0,
  time: null,
};

function liveFields({ payload, size, qos, messages, bytes, rate, byteRate, time }: TopicRecord): object {
  return {
    last: payloadText(payload, size),
    size,
    qos,
    /** Messages, and bytes of their payloads, since the broker started. */
    count: messages,
    bytes,
    /** Messages and bytes a second. */
    rate: Math.round(rate * 10) / 10,
    byteRate: Math.round(byteRate),
    /** Milliseconds since 1970; null: nothing was published since the broker started. */
    time,
  };
}

const retainedText = ({ bytes, payloadStart, end }: Message): string =>
  payloadText(bytes.subarray(payloadStart, end));

/** As far as the last value was kept. */
export function isSame({ payload, size, retain }: TopicRecord, retained: Message): boolean {
  if (!retain || size !== retained.payloadLength) return false;
  const { bytes, payloadStart } = retained;
  return Buffer.from(payload).equals(bytes.subarray(payloadStart, payloadStart + payload.length));
}

/** Topics that most is published to. The broker's own are left out: they are published whatever clients do. */
export const busiestTopics = ({ statistics }: Broker): TopicRecord[] =>
  [...statistics.topics.values()].filter(({ topic, rate }) => rate > 0 && !isSystemTopic(topic));
