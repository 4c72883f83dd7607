import type { PublishRun } from "../wire/publish-run.ts";
import type { ClientTraffic } from "./client-traffic.ts";

/** How much of the last payload is kept of any topic, and of one that somebody looks at, in bytes. */
export const keptBytes = 1024;
export const keptBytesWatched = 8 * 1024;

/** A rate is that of the last so many seconds. */
const rateSeconds = 5;

/** Values kept of one topic. */
const maxValues = 200;

/** What a kept value takes beside its payload, in bytes. */
const valueBytes = 128;

/** Publishers told apart on one topic. */
const maxPublishers = 8;

const noBytes = Buffer.alloc(0);

/** A payload that was published. */
export interface TopicValue {
  /** Milliseconds since 1970. */
  readonly time: number;
  /** The beginning of the payload, of `size` bytes. */
  readonly payload: Uint8Array;
  readonly size: number;
  readonly qos: number;
  readonly retain: boolean;
  /** Messages since the value before, this one included. */
  readonly count: number;
}

/** Somebody who publishes to a topic; without `client` it is the server itself, or another node. */
export interface TopicPublisher {
  client: ClientTraffic | undefined;
  messages: number;
  bytes: number;
  time: number;
}

/**
 * What was published to one topic: the last value, some before it, counts, rates, publishers. A run of messages costs
 * a few additions and one copy into a buffer that stays; objects are made once a second, and for each run only while
 * somebody looks at this topic.
 */
export class TopicRecord {
  topic = "";
  /** Of the topic's hash; -1: none yet. */
  slot = -1;
  messages = 0;
  /** Of payloads. */
  bytes = 0;
  /** Of the last message. */
  size = 0;
  qos = 0;
  retain = false;
  /** Milliseconds since 1970; of the last message, to the second while nobody looks. */
  time = 0;
  /** Messages and bytes a second. */
  rate = 0;
  byteRate = 0;
  /** Its index among those whose rates change; -1: it is not one of them. */
  activeIndex = -1;
  /** Somebody looks at it until then, in milliseconds since 1970. */
  watchedUntil = 0;
  readonly publishers: TopicPublisher[] = [];
  /** The oldest first. */
  readonly values: TopicValue[] = [];
  /** What `values` takes in memory, about. */
  valuesBytes = 0;
  #buffer = noBytes;
  #lastPublisher: TopicPublisher | undefined;
  /** `messages` when the last of `values` was kept. */
  #valued = 0;
  /** `messages` and `bytes` at the end of each of the last seconds, in turn, the oldest first. */
  readonly #seconds: number[] = [];

  /** Another topic takes its place. Nothing is made anew, because a flood of topics would be slowed down by it. */
  reuse(topic: string): void {
    this.topic = topic;
    this.messages = 0;
    this.bytes = 0;
    this.size = 0;
    this.rate = 0;
    this.byteRate = 0;
    this.watchedUntil = 0;
    this.publishers.length = 0;
    this.#lastPublisher = undefined;
    this.values.length = 0;
    this.valuesBytes = 0;
    this.#valued = 0;
  }

  /** The beginning of the last payload. */
  get payload(): Uint8Array {
    return this.#buffer.subarray(0, Math.min(this.size, this.#buffer.length));
  }

  /** Of a run only the last payload is kept: many messages cost as much as one. */
  record(run: PublishRun, client: ClientTraffic | undefined, time: number): void {
    const { bytes, end, count, payloadLength } = run;
    const start = end - payloadLength;
    const isWatched = this.watchedUntil > time;
    const kept = Math.min(payloadLength, isWatched ? keptBytesWatched : keptBytes);
    const { length } = this.#buffer;
    if (length < kept || (length > keptBytes && !isWatched)) this.#grow(kept);
    bytes.copy(this.#buffer, 0, start, start + kept);
    this.size = payloadLength;
    this.qos = run.qos;
    this.retain = run.retain;
    this.messages += count;
    this.bytes += count * payloadLength;
    this.time = time;
    this.#countPublisher(client, count, payloadLength, time);
    if (isWatched) this.keepValue();
  }

  #grow(kept: number): void {
    this.#buffer = Buffer.alloc(kept > keptBytes ? kept : Math.min(keptBytes, kept * 2));
  }

  #countPublisher(client: ClientTraffic | undefined, count: number, size: number, time: number): void {
    let publisher = this.#lastPublisher;
    if (publisher === undefined || publisher.client !== client) {
      publisher = this.#publisherOf(client);
      this.#lastPublisher = publisher;
    }
    publisher.messages += count;
    publisher.bytes += count * size;
    publisher.time = time;
  }

  /** When there are too many, the one with the fewest messages makes room: who publishes most stays. */
  #publisherOf(client: ClientTraffic | undefined): TopicPublisher {
    const { publishers } = this;
    let fewest: TopicPublisher | undefined;
    for (const publisher of publishers) {
      if (publisher.client === client) return publisher;
      if (fewest === undefined || publisher.messages < fewest.messages) fewest = publisher;
    }
    if (fewest === undefined || publishers.length < maxPublishers) {
      const added = { client, messages: 0, bytes: 0, time: 0 };
      publishers.push(added);
      return added;
    }
    fewest.client = client;
    fewest.messages = 0;
    fewest.bytes = 0;
    return fewest;
  }

  /** Keeps the last value among `values`, if it is not there yet. */
  keepValue(): void {
    const count = this.messages - this.#valued;
    if (count === 0) return;
    this.#valued = this.messages;
    const { time, size, qos, retain } = this;
    const payload = new Uint8Array(this.payload);
    this.values.push({ time, payload, size, qos, retain, count });
    this.valuesBytes += payload.length + valueBytes;
    if (this.values.length > maxValues) this.dropValues(1);
  }

  /** Drops the oldest values. */
  dropValues(count: number): void {
    for (const { payload } of this.values.splice(0, count)) this.valuesBytes -= payload.length + valueBytes;
  }

  /** Its rates are to be updated each second from now on. */
  activate(): void {
    this.#seconds.push(this.messages, this.bytes);
  }

  deactivate(): void {
    this.#seconds.length = 0;
  }

  /** Updates the rates; to be called once a second. @returns false when they are zero, and need no further updates */
  tick(): boolean {
    this.keepValue();
    const seconds = this.#seconds;
    seconds.push(this.messages, this.bytes);
    if (seconds.length > 2 * (rateSeconds + 1)) seconds.splice(0, 2);
    const elapsed = seconds.length / 2 - 1;
    this.rate = (this.messages - seconds[0]!) / elapsed;
    this.byteRate = (this.bytes - seconds[1]!) / elapsed;
    if (this.rate > 0) return true;
    this.deactivate();
    return false;
  }
}
