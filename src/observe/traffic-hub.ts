import type { Traffic, TrafficEvent, TrafficKind } from "../core/traffic.ts";
import { refillMs } from "./fair-sampler.ts";
import { type Appetite, hungriest, isSameAppetite } from "./observer.ts";
import { ServiceTraffic } from "./service-traffic.ts";

export type { Appetite } from "./observer.ts";

export interface Observer {
  /** Asked for when it is added, and by `TrafficHub.refresh` when it has changed: the most it takes of any service. */
  readonly appetite: Appetite;
  /** Where it takes less of some services than of others; asked for at the same times. */
  appetiteOf?(service: string): Appetite;
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

  /** What the hungriest observer of each kind takes of any service. */
  get appetite(): Appetite {
    return this.#appetite;
  }

  /** The same of one service: others may be watched alone. */
  appetiteOf(service: string): Appetite {
    return this.#service(service).appetite;
  }

  /**
   * Calls back whenever the appetite has changed, of all services or of one: threads sample for themselves, and must
   * be told.
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
    const appetite = hungriest([...this.#observers].map((observer) => observer.appetite));
    let hasChanged = !isSameAppetite(appetite, this.#appetite);
    this.#appetite = appetite;
    for (const traffic of this.#services.values()) hasChanged = traffic.adopt() || hasChanged;
    if (hasChanged) for (const call of this.#appetiteListeners) call(appetite);
  }

  #refill(): void {
    for (const traffic of this.#services.values()) traffic.refill();
    this.#turn = (this.#turn + 1) % (1000 / refillMs);
    if (this.#turn > 0) return;
    for (const traffic of this.#services.values()) traffic.tellLeftOut();
  }
}
