import { messageCounts } from "./message-counts.ts";

type Stats = Readonly<Record<string, number>>;

/** What a service's rates are kept of, in the order in which they are kept. */
export const rateNames = ["messagesIn", "messagesOut", "bytesIn", "bytesOut"] as const;
export type RateName = (typeof rateNames)[number];

/** Rates a second by name, one for each time; null where the service did not run, or does not count this. */
export type RateSeries = Readonly<Record<RateName, readonly (number | null)[]>>;

export interface RateHistoryOptions {
  /** Points kept: an hour of one every ten seconds. */
  readonly length?: number;
}

/** The rates of each service over the last hour, bounded whatever the services do: 12 KB for each. */
export class RateHistory {
  readonly #length: number;
  /** When the points were taken, in milliseconds since 1970, the oldest first. */
  #times: number[] = [];
  readonly #services = new Map<string, ServiceRates>();
  #last: number | undefined;

  constructor({ length = 360 }: RateHistoryOptions = {}) {
    this.#length = length;
  }

  /**
   * Takes a point of all services from their counters. The first call only notes where they stand.
   * @param time milliseconds since 1970
   */
  add(time: number, stats: ReadonlyMap<string, Stats>): void {
    // The clock was set back: what came before has times that are still to come.
    if (this.#last !== undefined && time <= this.#last) this.#clear();
    const elapsed = this.#last === undefined ? 0 : (time - this.#last) / 1000;
    this.#last = time;
    if (elapsed > 0) this.#times = [...this.#times, time].slice(-this.#length);
    for (const name of this.#services.keys()) if (!stats.has(name)) this.#services.delete(name);
    for (const [name, counters] of stats) this.#ratesOf(name).add(countsOf(counters), elapsed);
  }

  #clear(): void {
    this.#last = undefined;
    this.#times = [];
    this.#services.clear();
  }

  #ratesOf(name: string): ServiceRates {
    const known = this.#services.get(name);
    if (known !== undefined) return known;
    const rates = new ServiceRates(this.#length);
    this.#services.set(name, rates);
    return rates;
  }

  /** The points after a time. @param since milliseconds since 1970 */
  after(since: number): { readonly times: readonly number[]; readonly services: Record<string, RateSeries> } {
    const times = this.#times.filter((time) => time > since);
    const services = [...this.#services].map(([name, rates]) => [name, rates.last(times.length)]);
    return { times, services: Object.fromEntries(services) };
  }
}

type Counts = readonly (number | undefined)[];

function countsOf(stats: Stats): Counts {
  const { messages_received_total, messages_sent_total } = messageCounts(stats);
  return [messages_received_total, messages_sent_total, stats.bytes_received_total, stats.bytes_sent_total];
}

/** The rates of one service in a ring. */
class ServiceRates {
  readonly #length: number;
  readonly #ring: Float64Array;
  #next = 0;
  #before: Counts = [];

  constructor(length: number) {
    this.#length = length;
    this.#ring = new Float64Array(length * rateNames.length).fill(Number.NaN);
  }

  add(counts: Counts, elapsed: number): void {
    const before = this.#before;
    this.#before = counts;
    if (elapsed === 0) return;
    const at = this.#next * rateNames.length;
    for (const index of rateNames.keys())
      this.#ring[at + index] = rate(before[index], counts[index], elapsed);
    this.#next = (this.#next + 1) % this.#length;
  }

  last(count: number): RateSeries {
    const series = rateNames.map((name, index) => {
      const values = Array.from({ length: count }, (_, at) => this.#at(at - count, index));
      return [name, values] as const;
    });
    return Object.fromEntries(series) as Record<RateName, (number | null)[]>;
  }

  /** @param back -1 is the last point */
  #at(back: number, index: number): number | null {
    const point = (this.#next + back + this.#length) % this.#length;
    const value = this.#ring[point * rateNames.length + index] ?? Number.NaN;
    return Number.isNaN(value) ? null : Number(value.toPrecision(4));
  }
}

/** A counter that has decreased, or was not there, has begun again at zero. */
function rate(before: number | undefined, now: number | undefined, elapsed: number): number {
  if (now === undefined) return Number.NaN;
  const start = before === undefined || before > now ? 0 : before;
  return (now - start) / elapsed;
}
