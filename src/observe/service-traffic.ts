import type { Traffic, TrafficEvent, TrafficKind } from "../core/traffic.ts";
import type { Appetite, Observer } from "./traffic-hub.ts";

/** The sample is refilled this often, so that a burst does not use up a whole second's worth. */
export const refillMs = 100;

type Counts = Record<TrafficKind, number>;

const kinds: readonly TrafficKind[] = ["open", "bytes", "message", "close"];

const none = (): Counts => ({ open: 0, bytes: 0, message: 0, close: 0 });

/** What one observer may still be handed, and what it was not. */
interface Sample {
  readonly budget: Counts;
  readonly leftOut: Counts;
}

/**
 * The seam of one service. It builds events for the hungriest observer; one that asked for fewer gets a sample of
 * them, so that a watcher of thousands does not flood the log.
 */
export class ServiceTraffic implements Traffic {
  readonly #name: string;
  readonly #observers: ReadonlySet<Observer>;
  readonly #budget = none();
  readonly #leftOut = none();
  readonly #samples = new Map<Observer, Sample>();
  #wanted: Appetite = {};

  constructor(name: string, observers: ReadonlySet<Observer>) {
    this.#name = name;
    this.#observers = observers;
  }

  wants(kind: TrafficKind): boolean {
    if (this.#budget[kind] >= 1) {
      this.#budget[kind]--;
      return true;
    }
    this.#leftOut[kind]++;
    return false;
  }

  emit(event: TrafficEvent): void {
    const { kind } = event;
    for (const [observer, { budget, leftOut }] of this.#samples) {
      if (!observer.appetite[kind]) continue;
      if (budget[kind] >= 1) {
        budget[kind]--;
        observer.observe(event);
      } else leftOut[kind]++;
    }
  }

  refill(appetite: Appetite): void {
    this.#wanted = appetite;
    refillCounts(this.#budget, appetite);
    for (const observer of this.#samples.keys()) {
      if (!this.#observers.has(observer)) this.#samples.delete(observer);
    }
    for (const observer of this.#observers) {
      let sample = this.#samples.get(observer);
      if (sample === undefined) {
        sample = { budget: none(), leftOut: none() };
        this.#samples.set(observer, sample);
      }
      refillCounts(sample.budget, observer.appetite);
    }
  }

  /** Tells of events that were not even built, here or in a thread. */
  tell(kind: TrafficKind, count: number): void {
    for (const observer of this.#observers) {
      if (observer.appetite[kind]) observer.leftOut?.(this.#name, kind, count);
    }
  }

  tellLeftOut(): void {
    for (const kind of kinds) {
      const notBuilt = this.#wanted[kind] ? this.#leftOut[kind] : 0;
      this.#leftOut[kind] = 0;
      for (const [observer, { leftOut }] of this.#samples) {
        const count = notBuilt + leftOut[kind];
        leftOut[kind] = 0;
        if (count > 0 && observer.appetite[kind]) observer.leftOut?.(this.#name, kind, count);
      }
    }
  }
}

/** Up to a second's worth is saved, so that a quiet service's burst is told whole. */
function refillCounts(budget: Counts, appetite: Appetite): void {
  for (const kind of kinds) {
    const rate = appetite[kind] ?? 0;
    budget[kind] = rate === 0 ? 0 : Math.min(rate, budget[kind] + (rate * refillMs) / 1000);
  }
}
