import { shownBytes } from "../insight/payload-text.ts";
import type { Run } from "../wire/publish-run.ts";

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
  /** Where the last payload's beginning is kept. */
  #buffer = Buffer.alloc(0);
  /** What `count` was at the end of each of the last seconds, the oldest first. */
  readonly #counts = [0];

  constructor(readonly topic: string) {}

  /** The beginning of the last payload. */
  get payload(): Uint8Array {
    return this.#buffer.subarray(0, Math.min(this.size, shownBytes));
  }

  /** Of a run only the last payload is kept: many messages cost as much as one. */
  note({ bytes, end, first, count, payloadLength }: Run, time: number): void {
    const start = end - payloadLength;
    const kept = Math.min(payloadLength, shownBytes);
    if (this.#buffer.length < kept) this.#buffer = Buffer.alloc(Math.min(shownBytes, kept * 2));
    bytes.copy(this.#buffer, 0, start, start + kept);
    this.size = payloadLength;
    this.qos = (first >> 1) & 3;
    this.count += count;
    this.time = time;
  }

  /** A second has passed. */
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

  /** Called with every run of messages, while somebody watches. */
  note(topic: string, run: Run): void {
    const watched = this.topics.get(topic) ?? this.#begin(topic);
    watched?.note(run, this.time());
  }

  #begin(topic: string): WatchedTopic | undefined {
    if (this.topics.size >= this.limit) {
      this.isFull = true;
      return undefined;
    }
    const watched = new WatchedTopic(topic);
    this.topics.set(topic, watched);
    return watched;
  }

  /** A second has passed. */
  tick(): void {
    for (const watched of this.topics.values()) watched.tick();
  }
}
