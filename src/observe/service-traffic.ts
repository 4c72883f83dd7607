import type { Traffic, TrafficEvent, TrafficKind } from "../core/traffic.ts";
import { builtFor, FairBudget, refillMs } from "./fair-sampler.ts";
import { type Appetite, hungriest, isSameAppetite, trafficKinds } from "./observer.ts";
import type { Observer } from "./traffic-hub.ts";

type Counts = Record<TrafficKind, number>;

const none = (): Counts => ({ open: 0, bytes: 0, message: 0, close: 0 });

/** What one observer may still be handed, and what it was not. */
interface Sample {
  appetite: Appetite;
  readonly budgets: Readonly<Record<TrafficKind, FairBudget>>;
  readonly leftOut: Counts;
}

const emptySample = (): Sample => ({
  appetite: {},
  budgets: {
    open: new FairBudget("open"),
    bytes: new FairBudget("bytes"),
    message: new FairBudget("message"),
    close: new FairBudget("close"),
  },
  leftOut: none(),
});

/**
 * The seam of one service. It builds events for the hungriest observer, and some to choose from; each observer gets
 * its own sample of them, so that a watcher of thousands does not flood the log.
 */
export class ServiceTraffic implements Traffic {
  readonly #name: string;
  readonly #observers: ReadonlySet<Observer>;
  /** Events that may still be built: once they are, no costs one comparison. */
  readonly #budget = none();
  readonly #leftOut = none();
  readonly #samples = new Map<Observer, Sample>();
  #appetite: Appetite = {};

  constructor(name: string, observers: ReadonlySet<Observer>) {
    this.#name = name;
    this.#observers = observers;
    this.adopt();
  }

  /** What the hungriest observer of this service takes. */
  get appetite(): Appetite {
    return this.#appetite;
  }

  sample(kind: TrafficKind): boolean {
    if (this.#budget[kind] >= 1) {
      this.#budget[kind]--;
      return true;
    }
    this.#leftOut[kind]++;
    return false;
  }

  emit(event: TrafficEvent): void {
    const { kind } = event;
    for (const [observer, { appetite, budgets, leftOut }] of this.#samples) {
      if (!appetite[kind]) continue;
      if (budgets[kind].take(event)) observer.observe(event);
      else leftOut[kind]++;
    }
  }

  /**
   * Observers have come or gone, or changed their appetite. Nobody's budget is refilled by that.
   * @returns whether it changes what is wanted of the service
   */
  adopt(): boolean {
    for (const observer of this.#samples.keys()) {
      if (!this.#observers.has(observer)) this.#samples.delete(observer);
    }
    for (const observer of this.#observers) this.#adoptOne(observer);
    const before = this.#appetite;
    this.#appetite = hungriest([...this.#samples.values()].map(({ appetite }) => appetite));
    for (const kind of trafficKinds) this.#limitBudget(kind, before[kind] ?? 0);
    return !isSameAppetite(before, this.#appetite);
  }

  #adoptOne(observer: Observer): void {
    const sample = this.#samples.get(observer) ?? emptySample();
    this.#samples.set(observer, sample);
    const before = sample.appetite;
    sample.appetite = observer.appetiteOf?.(this.#name) ?? observer.appetite;
    for (const kind of trafficKinds) {
      const rate = sample.appetite[kind] ?? 0;
      sample.budgets[kind].setRate(rate);
      // What was not built before somebody asked for it was not left out for them.
      if (rate > (before[kind] ?? 0)) sample.leftOut[kind] = -this.#leftOut[kind];
    }
  }

  #limitBudget(kind: TrafficKind, before: number): void {
    const rate = this.#rate(kind);
    this.#budget[kind] = before === 0 ? perRefill(rate) : Math.min(rate, this.#budget[kind]);
  }

  /** Up to a second's worth is saved, so that a quiet service's burst is told whole. */
  refill(): void {
    for (const kind of trafficKinds) {
      const rate = this.#rate(kind);
      this.#budget[kind] = Math.min(rate, this.#budget[kind] + perRefill(rate));
    }
    for (const { budgets } of this.#samples.values()) {
      for (const kind of trafficKinds) budgets[kind].refill();
    }
  }

  #rate(kind: TrafficKind): number {
    return builtFor(kind, this.#appetite[kind] ?? 0);
  }

  /** Tells of events that were not even built, here or in a thread. */
  tell(kind: TrafficKind, count: number): void {
    for (const [observer, { appetite }] of this.#samples) {
      if (appetite[kind]) observer.leftOut?.(this.#name, kind, count);
    }
  }

  tellLeftOut(): void {
    for (const kind of trafficKinds) {
      const notBuilt = this.#leftOut[kind];
      this.#leftOut[kind] = 0;
      for (const [observer, { appetite, leftOut }] of this.#samples) {
        const count = notBuilt + leftOut[kind];
        leftOut[kind] = 0;
        if (count > 0 && appetite[kind]) observer.leftOut?.(this.#name, kind, count);
      }
    }
  }
}

const perRefill = (rate: number): number => (rate * refillMs) / 1000;
