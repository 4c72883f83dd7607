import type { Service } from "../api/types.ts";

type Stats = Service["stats"];

/** What went in and out so far; undefined where the service does not count it. */
export interface Counters {
  readonly messagesIn: number | undefined;
  readonly messagesOut: number | undefined;
  readonly bytesIn: number | undefined;
  readonly bytesOut: number | undefined;
}

export type CounterName = keyof Counters;

/** Roles count what their protocol has: messages, datagrams, requests. The first that is there counts. */
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

/** A second; a rate of undefined is not counted by the service. */
export interface Rates extends Counters {
  /** Seconds since 1970. */
  readonly time: number;
}

const names: readonly CounterName[] = ["messagesIn", "messagesOut", "bytesIn", "bytesOut"];

/** The rates of one service over the last minute or so, from counters read now and then. */
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
      // A counter that has fallen belongs to a service that has been started again.
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

/** What a chart of this service shows: messages where both ways are counted, else bytes, else what there is. */
export function charted(counters: Counters): {
  readonly unit: "messages" | "bytes";
  readonly names: readonly [CounterName, CounterName];
} {
  const { messagesIn, messagesOut, bytesIn } = counters;
  const hasMessages = messagesIn !== undefined && messagesOut !== undefined;
  return hasMessages || bytesIn === undefined
    ? { unit: "messages", names: ["messagesIn", "messagesOut"] }
    : { unit: "bytes", names: ["bytesIn", "bytesOut"] };
}
