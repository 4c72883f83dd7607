import type { PublishRun } from "../wire/publish-run.ts";

/** How much of a payload is kept to be shown, in bytes. */
export const previewBytes = 256;

/** A rate is that of the last so many seconds. */
const rateSeconds = 5;

/** What was last published to a topic, and how much. */
export class WatchedTopic {
  size = 0;
  qos = 0;
  count = 0;
  /** Milliseconds since 1970. */
  time = 0;
  /** Messages a second. */
  rate = 0;
  /** Holds the beginning of the last payload. */
  #buffer = Buffer.alloc(0);
  /** What `count` was at the end of each of the last seconds, the oldest first. */
  readonly #counts = [0];

  constructor(readonly topic: string) {}

  /** The beginning of the last payload. */
  get payload(): Uint8Array {
    return this.#buffer.subarray(0, Math.min(this.size, previewBytes));
  }

  /** Of a run only the last payload is kept: many messages cost as much as one. */
  record({ bytes, end, qos, count, payloadLength }: PublishRun, time: number): void {
    const start = end - payloadLength;
    const kept = Math.min(payloadLength, previewBytes);
    if (this.#buffer.length < kept) this.#buffer = Buffer.alloc(Math.min(previewBytes, kept * 2));
    bytes.copy(this.#buffer, 0, start, start + kept);
    this.size = payloadLength;
    this.qos = qos;
    this.count += count;
    this.time = time;
  }

  /** Updates the rates; to be called once a second. */
  tick(): void {
    const counts = this.#counts;
    counts.push(this.count);
    if (counts.length > rateSeconds + 1) counts.shift();
    this.rate = (this.count - counts[0]!) / (counts.length - 1);
  }
}

/** What is published while somebody watches, by topic. The first topics only, once there are very many. */
export class TopicWatch {
  readonly topics = new Map<string, WatchedTopic>();
  /** There were more topics than are watched. */
  isFull = false;

  constructor(
    readonly limit: number,
    readonly time: () => number,
  ) {}

  /** To be called with every run of messages. */
  record(topic: string, run: PublishRun): void {
    const watched = this.topics.get(topic) ?? this.#add(topic);
    watched?.record(run, this.time());
  }

  #add(topic: string): WatchedTopic | undefined {
    if (this.topics.size >= this.limit) {
      this.isFull = true;
      return undefined;
    }
    const watched = new WatchedTopic(topic);
    this.topics.set(topic, watched);
    return watched;
  }

  /** Updates the rates; to be called once a second. */
  tick(): void {
    for (const watched of this.topics.values()) watched.tick();
  }
}
