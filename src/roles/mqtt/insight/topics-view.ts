import type { View } from "../../../core/role.ts";
import { topicMatches } from "../../../protocol/mqtt/topic.ts";
import { printable } from "../../../protocol/text/printable.ts";
import type { Broker } from "../broker/broker.ts";
import { TopicWatch, type WatchedTopic } from "../routing/topic-watch.ts";
import type { Message } from "../wire/message.ts";
import { payloadText } from "./payload-text.ts";
import { findRetained, isRetained } from "./retained-view.ts";
import { readViewQuery } from "./view-query.ts";

/** Topics are watched for so many milliseconds after the last request. */
const watchTime = 10_000;

/** Topics watched at a time. */
const maxTopics = 5000;

/** Watches topics while somebody requests them. */
export class TopicsView {
  readonly #broker: Broker;
  #lastRequest = 0;
  #stopTicking: (() => void) | undefined;

  constructor(broker: Broker) {
    this.#broker = broker;
  }

  /** Topics with what was published to them since watching began, and those that have a retained message. */
  readonly view: View = (query) => {
    const { limit, filter = "#" } = readViewQuery(query, "limit", "filter");
    const watch = this.#watch();
    const retained = findRetained(this.#broker, filter, maxTopics);
    const rows = new Map<string, () => TopicRow>();
    for (const message of retained.messages) rows.set(message.topic.text, () => retainedRow(message));
    for (const [topic, watched] of watch.topics) {
      if (!topicMatches(filter, topic)) continue;
      rows.set(topic, () => watchedRow(watched, isRetained(this.#broker, topic)));
    }
    const names = [...rows.keys()].sort();
    return {
      topics: names.slice(0, limit).map((name) => rows.get(name)?.()),
      truncated: names.length > limit || watch.isFull || retained.isCut,
    };
  };

  #watch(): TopicWatch {
    const { clock } = this.#broker;
    this.#lastRequest = clock.now();
    this.#broker.watch ??= new TopicWatch(maxTopics, Date.now);
    this.#stopTicking ??= clock.every(1000, () => this.#tick());
    return this.#broker.watch;
  }

  #tick(): void {
    if (this.#broker.clock.now() - this.#lastRequest >= watchTime) this.stop();
    else this.#broker.watch?.tick();
  }

  stop(): void {
    this.#stopTicking?.();
    this.#stopTicking = undefined;
    this.#broker.watch = undefined;
  }
}

interface TopicRow {
  readonly topic: string;
  readonly last: string;
  readonly size: number;
  readonly qos: number;
  readonly retained: boolean;
  /** Messages since watching began. */
  readonly count: number;
  /** Messages a second. */
  readonly rate: number;
  /** Milliseconds since 1970; null: nothing came since watching began. */
  readonly time: number | null;
}

function watchedRow(watched: WatchedTopic, retained: boolean): TopicRow {
  const { topic, payload, size, qos, count, rate, time } = watched;
  const last = payloadText(payload, size);
  return {
    topic: printable(topic, 1000),
    last,
    size,
    qos,
    retained,
    count,
    rate: Math.round(rate * 10) / 10,
    time,
  };
}

function retainedRow({ topic, bytes, payloadStart, end, qos }: Message): TopicRow {
  const last = payloadText(bytes.subarray(payloadStart, end));
  const name = printable(topic.text, 1000);
  return { topic: name, last, size: end - payloadStart, qos, retained: true, count: 0, rate: 0, time: null };
}
