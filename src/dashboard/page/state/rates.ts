import type { Service } from "../api/types.ts";

type Stats = Service["stats"];

/** Totals; undefined where the service does not count them. */
export interface Counters {
  readonly messagesIn: number | undefined;
  readonly messagesOut: number | undefined;
  readonly bytesIn: number | undefined;
  readonly bytesOut: number | undefined;
}

export type CounterName = keyof Counters;

/** The stats to use, best first: roles count messages, datagrams or requests, depending on their protocol. */
const sources: Record<CounterName, readonly (readonly string[])[]> = {
  messagesIn: [
    ["messages_received_total"],
    ["datagrams_received_total"],
    ["requests_total"],
    ["messages_total"],
  ],
  messagesOut: [
    ["messages_sent_total"],
    ["datagrams_sent_total"],
    ["responses_2xx_total", "responses_3xx_total", "responses_4xx_total", "responses_5xx_total"],
    ["replies_total"],
  ],
  bytesIn: [["bytes_received_total"]],
  bytesOut: [["bytes_sent_total"]],
};

export function countersOf(stats: Stats): Counters {
  const read = (name: CounterName) => {
    const source = sources[name].find((keys) => keys.some((key) => stats[key] !== undefined));
    return source?.reduce((sum, key) => sum + (stats[key] ?? 0), 0);
  };
  return {
    messagesIn: read("messagesIn"),
    messagesOut: read("messagesOut"),
    bytesIn: read("bytesIn"),
    bytesOut: read("bytesOut"),
  };
}

/** Rates per second; undefined where the service does not count. */
export interface Rates extends Counters {
  /** Seconds since 1970. */
  readonly time: number;
}

const names: readonly CounterName[] = ["messagesIn", "messagesOut", "bytesIn", "bytesOut"];

/** The rates of one service over about the last minute, computed from its counters. */
export class RateHistory {
  samples: readonly Rates[] = [];
  #last: { readonly time: number; readonly counters: Counters } | undefined;

  constructor(readonly length = 90) {}

  /** @param time in milliseconds */
  add(time: number, stats: Stats): void {
    const counters = countersOf(stats);
    const last = this.#last;
    this.#last = { time, counters };
    if (last === undefined || time <= last.time) return;
    const seconds = (time - last.time) / 1000;
    const rate = (name: CounterName) => {
      const [before, now] = [last.counters[name], counters[name]];
      if (now === undefined) return undefined;
      // A counter that has decreased belongs to a service that was restarted.
      return before === undefined || now < before ? 0 : (now - before) / seconds;
    };
    const [messagesIn, messagesOut, bytesIn, bytesOut] = names.map(rate);
    const sample = { time: time / 1000, messagesIn, messagesOut, bytesIn, bytesOut };
    this.samples = [...this.samples, sample].slice(-this.length);
  }

  get now(): Rates | undefined {
    return this.samples.at(-1);
  }
}
