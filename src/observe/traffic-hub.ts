import type { Traffic, TrafficEvent, TrafficKind } from "../core/traffic.ts";

/** How many events of each kind an observer takes a second and service; a kind not named is not wanted. */
export type Appetite = Readonly<Partial<Record<TrafficKind, number>>>;

export interface Observer {
  readonly appetite: Appetite;
  observe(event: TrafficEvent): void;
  /** Told once a second for each service and kind of which events were left out of the sample. */
  leftOut?(service: string, kind: TrafficKind, count: number): void;
}

/** The sample is refilled this often, so that a burst does not use up a whole second's worth. */
const refillMs = 100;

/**
 * Spreads the traffic of all services to whoever observes. Nobody observing costs a service one comparison per
 * event; somebody observing a service at full load costs it a sample of so many events a second and a counter.
 */
export class TrafficHub {
  readonly #observers = new Set<Observer>();
  readonly #services = new Map<string, ServiceTraffic>();
  #timer: Timer | undefined;
  #turn = 0;

  /** The seam of one service: what its role gets as `context.traffic`. */
  service(name: string): Traffic {
    let traffic = this.#services.get(name);
    if (traffic === undefined) {
      traffic = new ServiceTraffic(name, this.#observers);
      this.#services.set(name, traffic);
      traffic.refill(this.#appetite());
    }
    return traffic;
  }

  /** Hands an event on that happened elsewhere, in a thread that has sampled it already. */
  relay(event: TrafficEvent): void {
    for (const observer of this.#observers) {
      if (observer.appetite[event.kind]) observer.observe(event);
    }
  }

  relayLeftOut(service: string, kind: TrafficKind, count: number): void {
    for (const observer of this.#observers) observer.leftOut?.(service, kind, count);
  }

  /** @returns how to stop observing */
  add(observer: Observer): () => void {
    this.#observers.add(observer);
    this.#refill();
    this.#timer ??= setInterval(() => this.#refill(), refillMs);
    this.#timer.unref();
    return () => {
      this.#observers.delete(observer);
      this.#refill();
      if (this.#observers.size > 0) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
    };
  }

  /** The hungriest observer decides: the others are handed more than they asked for. */
  #appetite(): Appetite {
    const total: Partial<Record<TrafficKind, number>> = {};
    for (const { appetite } of this.#observers) {
      for (const [kind, rate] of Object.entries(appetite) as [TrafficKind, number][]) {
        total[kind] = Math.max(total[kind] ?? 0, rate);
      }
    }
    return total;
  }

  #refill(): void {
    const appetite = this.#appetite();
    this.#turn = (this.#turn + 1) % (1000 / refillMs);
    for (const traffic of this.#services.values()) {
      traffic.refill(appetite);
      if (this.#turn === 0) traffic.tellLeftOut();
    }
  }
}

class ServiceTraffic implements Traffic {
  readonly #name: string;
  readonly #observers: ReadonlySet<Observer>;
  readonly #budget: Record<TrafficKind, number> = { open: 0, bytes: 0, message: 0, close: 0 };
  readonly #leftOut: Record<TrafficKind, number> = { open: 0, bytes: 0, message: 0, close: 0 };
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
    for (const observer of this.#observers) {
      if (observer.appetite[event.kind]) observer.observe(event);
    }
  }

  refill(appetite: Appetite): void {
    this.#wanted = appetite;
    for (const kind of Object.keys(this.#budget) as TrafficKind[]) {
      const rate = appetite[kind] ?? 0;
      // Up to a second's worth is saved, so that a quiet service's burst is told whole.
      this.#budget[kind] = rate === 0 ? 0 : Math.min(rate, this.#budget[kind] + (rate * refillMs) / 1000);
    }
  }

  tellLeftOut(): void {
    for (const kind of Object.keys(this.#leftOut) as TrafficKind[]) {
      const count = this.#leftOut[kind];
      this.#leftOut[kind] = 0;
      if (count === 0 || !this.#wanted[kind]) continue;
      for (const observer of this.#observers) observer.leftOut?.(this.#name, kind, count);
    }
  }
}
