import type { PublishRun } from "../wire/publish-run.ts";
import type { ClientTraffic } from "./client-traffic.ts";
import { TopicRecord } from "./topic-record.ts";

/** Longer topic names have no record of their own: with `maxTopics` this bounds the memory. */
const maxTopicLength = 1000;

/** When there are too many topics, one in so many of the others takes the place of one that has been idle. */
const admission = 32;

/** Slots of hashes, many times as many as there are topics. */
const hashMask = 0xffff;

/** Among so many, the one that has been idle the longest goes, of several the one with the fewest messages. */
const candidates = 4;

/** A topic is watched for so many milliseconds after somebody has looked at it. */
const watchTime = 10_000;

/** Topics watched at a time: those that were looked at last. */
const maxWatched = 8;

/** A topic that is published to; it remembers its record, so that a run of messages needs no search. */
export interface RecordedTopic {
  readonly text: string;
  /** Of its bytes. */
  readonly hash: number;
  record: TopicRecord | undefined;
}

export interface StatisticsLimits {
  readonly maxTopics: number;
  /** Of all values before the last, with what they take beside their payloads. */
  readonly maxValuesBytes: number;
}

const defaultLimits: StatisticsLimits = { maxTopics: 5000, maxValuesBytes: 4 * 1024 * 1024 };

/**
 * What was published to which topic since the broker started. Once there are very many topics, those that are in use
 * are kept.
 */
export class TopicStatistics {
  readonly topics = new Map<string, TopicRecord>();
  /** Messages, and bytes of their payloads, to topics that are not among `topics` any more, or never were. */
  readonly others = { messages: 0, bytes: 0 };
  readonly #limits: StatisticsLimits;
  readonly #now: () => number;
  readonly #random: () => number;
  /** The same records in no order, for a choice at random. */
  readonly #all: TopicRecord[] = [];
  /** Those whose rates change. */
  readonly #active: TopicRecord[] = [];
  /** Those that somebody looks at, the latest last. */
  readonly #watched: TopicRecord[] = [];
  /** How many records have topics with such a hash. */
  readonly #hashes = new Uint16Array(hashMask + 1);
  #misses = 0;
  #valuesBytes = 0;
  /** Where the search for values that can be dropped goes on. */
  #hand = 0;
  /** Milliseconds since 1970. Read once a second, because to read it takes longer than to record a run. */
  #time: number;
  #watchedUntil = 0;

  /** @param now milliseconds since 1970 @param random from 0 up to 1, as Math.random */
  constructor(now: () => number, limits: Partial<StatisticsLimits> = {}, random: () => number = Math.random) {
    this.#random = random;
    this.#limits = { ...defaultLimits, ...limits };
    this.#now = now;
    this.#time = now();
  }

  /** Some topics are left out. */
  get isPartial(): boolean {
    return this.others.messages > 0;
  }

  /** To be called with every run of messages. @param client who published it; undefined: no client of this broker */
  record(topic: RecordedTopic, run: PublishRun, client: ClientTraffic | undefined): void {
    let { record } = topic;
    // Its record may be another topic's by now.
    if (record === undefined || record.topic !== topic.text) {
      record = this.#recordOf(topic);
      topic.record = record;
      if (record === undefined) {
        this.#countOther(run.count, run.count * run.payloadLength);
        return;
      }
    }
    if (record.activeIndex < 0) this.#activate(record);
    record.record(run, client, this.#watchedUntil > this.#time ? this.#now() : this.#time);
  }

  #recordOf({ text, hash }: RecordedTopic): TopicRecord | undefined {
    const isFull = this.#all.length >= this.#limits.maxTopics;
    // To look a topic up takes a microsecond under a flood of them: most that are unknown are told by their hash.
    const isTurn = isFull && ++this.#misses % admission === 0;
    if (isFull && !isTurn && this.#hashes[hash & hashMask] === 0) return undefined;
    const known = this.topics.get(text);
    if (known === undefined && (text.length > maxTopicLength || (isFull && !isTurn))) return undefined;
    const record = known ?? (isFull ? this.#longestIdle() : this.#add());
    if (known === undefined) this.#give(record, text);
    this.#rehash(record, hash & hashMask);
    return record;
  }

  #add(): TopicRecord {
    const record = new TopicRecord();
    this.#all.push(record);
    return record;
  }

  /** The record becomes that of the topic; what it has counted goes to the others. */
  #give(record: TopicRecord, topic: string): void {
    this.#deactivate(record);
    this.topics.delete(record.topic);
    this.#valuesBytes -= record.valuesBytes;
    this.#countOther(record.messages, record.bytes);
    record.reuse(topic);
    this.topics.set(topic, record);
  }

  /** Topics have other hashes after an attack on those that they had. */
  #rehash(record: TopicRecord, slot: number): void {
    if (record.slot === slot) return;
    if (record.slot >= 0) this.#hashes[record.slot]!--;
    this.#hashes[slot]!++;
    record.slot = slot;
  }

  #activate(record: TopicRecord): void {
    record.activate();
    record.activeIndex = this.#active.length;
    this.#active.push(record);
  }

  #deactivate(record: TopicRecord): void {
    const { activeIndex } = record;
    if (activeIndex < 0) return;
    const last = this.#active.pop();
    if (last !== undefined && last !== record) {
      this.#active[activeIndex] = last;
      last.activeIndex = activeIndex;
    }
    record.activeIndex = -1;
    record.deactivate();
  }

  #longestIdle(): TopicRecord {
    const any = () => this.#all[Math.floor(this.#random() * this.#all.length)]!;
    let found = any();
    for (let turn = 1; turn < candidates; turn++) {
      const candidate = any();
      // Times are read once a second, so those of a flood are often all the same.
      const isLess = candidate.time === found.time && candidate.messages < found.messages;
      if (candidate.time < found.time || isLess) found = candidate;
    }
    return found;
  }

  #countOther(messages: number, bytes: number): void {
    this.others.messages += messages;
    this.others.bytes += bytes;
  }

  /** Somebody looks: times are exact for a while. */
  watch(): void {
    this.#time = this.#now();
    this.#watchedUntil = this.#time + watchTime;
  }

  /** Somebody looks at this topic: all its values are kept for a while, and more of each. */
  watchTopic(topic: string): TopicRecord | undefined {
    this.watch();
    const record = this.topics.get(topic);
    if (record === undefined) return undefined;
    this.#watchRecord(record);
    // What comes next is compared with it.
    record.keepValue();
    return record;
  }

  #watchRecord(record: TopicRecord): void {
    const watched = this.#watched;
    record.watchedUntil = this.#watchedUntil;
    const index = watched.indexOf(record);
    if (index >= 0) watched.splice(index, 1);
    watched.push(record);
    const first = watched.length > maxWatched ? watched.shift() : undefined;
    if (first !== undefined) first.watchedUntil = 0;
  }

  /** Updates the rates; to be called once a second. Only topics that were published to just now cost anything. */
  tick(): void {
    this.#time = this.#now();
    // From the back: who is not active any more has its place taken by one that has been updated.
    for (let index = this.#active.length - 1; index >= 0; index--) {
      const record = this.#active[index]!;
      if (!record.tick()) this.#deactivate(record);
    }
    this.#valuesBytes = this.#all.reduce((sum, { valuesBytes }) => sum + valuesBytes, 0);
    this.#trim();
  }

  /** Topics lose the older half of their values in turn, until all fit. */
  #trim(): void {
    while (this.#valuesBytes > this.#limits.maxValuesBytes) {
      this.#hand = (this.#hand + 1) % this.#all.length;
      const record = this.#all[this.#hand]!;
      const before = record.valuesBytes;
      record.dropValues(Math.ceil(record.values.length / 2));
      this.#valuesBytes -= before - record.valuesBytes;
    }
  }
}
