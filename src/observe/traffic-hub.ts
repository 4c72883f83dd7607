import type { Traffic, TrafficEvent, TrafficKind } from "../core/traffic.ts";
import { refillMs, ServiceTraffic } from "./service-traffic.ts";

/** How many events of each kind an observer takes a second and service; a kind not named is not wanted. */
export type Appetite = Readonly<Partial<Record<TrafficKind, number>>>;

export interface Observer {
  /** Asked for again every tenth of a second: it may change while it observes. */
  readonly appetite: Appetite;
  observe(event: TrafficEvent): void;
  /** Told once a second for each service and kind of which events were left out of the sample. */
  leftOut?(service: string, kind: TrafficKind, count: number): void;
}

/**
 * Spreads the traffic of all services to whoever observes. Nobody observing costs a service one comparison per
 * event; somebody observing a service at full load costs it a sample of so many events a second and a counter.
 */
export class TrafficHub {
  readonly #observers = new Set<Observer>();
  readonly #services = new Map<string, ServiceTraffic>();
  readonly #appetiteListeners = new Set<(appetite: Appetite) => void>();
  #appetite: Appetite = {};
  #timer: Timer | undefined;
  #turn = 0;

  /** The seam of one service: what its role gets as `context.traffic`. */
  service(name: string): Traffic {
    return this.#service(name);
  }

  #service(name: string): ServiceTraffic {
    let traffic = this.#services.get(name);
    if (traffic === undefined) {
      traffic = new ServiceTraffic(name, this.#observers);
      this.#services.set(name, traffic);
      traffic.refill(this.#appetite);
    }
    return traffic;
  }

  /** Hands an event on that happened elsewhere, in a thread that has sampled it already. */
  relay(event: TrafficEvent): void {
    this.#service(event.conversation.service).emit(event);
  }

  relayLeftOut(service: string, kind: TrafficKind, count: number): void {
    this.#service(service).tell(kind, count);
  }

  /** What the hungriest observer of each kind takes. */
  get appetite(): Appetite {
    return this.#appetite;
  }

  /**
   * Calls back whenever the appetite has changed: threads sample for themselves, and must be told.
   * @returns how to stop that
   */
  onAppetite(call: (appetite: Appetite) => void): () => void {
    this.#appetiteListeners.add(call);
    return () => this.#appetiteListeners.delete(call);
  }

  /** @returns how to stop observing */
  add(observer: Observer): () => void {
    this.#observers.add(observer);
    this.refresh();
    this.#timer ??= setInterval(() => this.#refill(), refillMs);
    this.#timer.unref();
    return () => {
      this.#observers.delete(observer);
      this.refresh();
      if (this.#observers.size > 0) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
    };
  }

  /** Asks all observers for their appetite now, for one that has just changed its own. */
  refresh(): void {
    const appetite = this.#hungriest();
    const hasChanged = JSON.stringify(appetite) !== JSON.stringify(this.#appetite);
    this.#appetite = appetite;
    for (const traffic of this.#services.values()) traffic.refill(appetite);
    if (hasChanged) for (const call of this.#appetiteListeners) call(appetite);
  }

  #hungriest(): Appetite {
    const total: Partial<Record<TrafficKind, number>> = {};
    for (const { appetite } of this.#observers) {
      for (const [kind, rate] of Object.entries(appetite) as [TrafficKind, number][]) {
        if (rate > 0) total[kind] = Math.max(total[kind] ?? 0, rate);
      }
    }
    return total;
  }

  #refill(): void {
    this.refresh();
    this.#turn = (this.#turn + 1) % (1000 / refillMs);
    if (this.#turn > 0) return;
    for (const traffic of this.#services.values()) traffic.tellLeftOut();
  }
}
