import type { TrafficEvent, TrafficKind } from "../core/traffic.ts";

/** How many events of each kind an observer takes per second and service; 0 for a kind that is absent. */
export type SampleRates = Readonly<Partial<Record<TrafficKind, number>>>;

/** The rate of who wants no sample, but each one. */
export const everyEvent: number = Number.POSITIVE_INFINITY;

/** Whoever looks at traffic through the hub: the log, the history, the latency histogram, a thread's relay. */
export interface Observer {
  /** The rates for every service. The hub reads them when the observer is added and on `TrafficHub.updateRates`. */
  readonly rates: SampleRates;
  /** Overrides `rates` for one service; read at the same times. */
  ratesFor?(service: string): SampleRates;
  /** Whether it can take the event now, which counts as sampled out else. Absent: always. */
  hasRoom?(event: TrafficEvent): boolean;
  observe(event: TrafficEvent): void;
  /** Called once a second for each service and kind of which events were sampled out. */
  sampledOut?(service: string, kind: TrafficKind, count: number): void;
}

export const trafficKinds: readonly TrafficKind[] = ["open", "bytes", "message", "half-close", "close"];

/** The highest rate of each kind. */
export function maxRates(all: Iterable<SampleRates>): SampleRates {
  const max: Partial<Record<TrafficKind, number>> = {};
  for (const rates of all) {
    for (const kind of trafficKinds) {
      const rate = rates[kind] ?? 0;
      if (rate > 0) max[kind] = Math.max(max[kind] ?? 0, rate);
    }
  }
  return max;
}

export function isSameRates(one: SampleRates, other: SampleRates): boolean {
  return trafficKinds.every((kind) => (one[kind] ?? 0) === (other[kind] ?? 0));
}
