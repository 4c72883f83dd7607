import type { Traffic, TrafficEvent, TrafficKind } from "../core/traffic.ts";
import { isSameRates, maxRates, type Observer, type SampleRates } from "./observer.ts";
import { refillMs } from "./refill.ts";
import { ServiceTraffic } from "./service-traffic.ts";

/**
 * Connects the traffic of all services to the observers. Without observers an event costs one comparison. With
 * observers and at full load it costs a counter, and only a sample per second is built and handed on.
 */
export class TrafficHub {
  readonly #observers = new Set<Observer>();
  readonly #services = new Map<string, ServiceTraffic>();
  readonly #rateListeners = new Set<(rates: SampleRates) => void>();
  #rates: SampleRates = {};
  /** Those that have thrown: each is reported once. */
  readonly #failed = new WeakSet<Observer>();
  readonly #onObserverError: (error: unknown) => void;
  #timer: Timer | undefined;
  #refills = 0;

  /** @param onObserverError called with the first error that an observer throws */
  constructor(onObserverError: (error: unknown) => void = () => {}) {
    this.#onObserverError = onObserverError;
  }

  /** The traffic of one service, which its role gets as `context.traffic`. */
  service(name: string): Traffic {
    return this.#service(name);
  }

  #service(name: string): ServiceTraffic {
    let traffic = this.#services.get(name);
    if (traffic === undefined) {
      traffic = new ServiceTraffic(name, this.#observers, (observer, error) => {
        if (this.#failed.has(observer)) return;
        this.#failed.add(observer);
        this.#onObserverError(error);
      });
      this.#services.set(name, traffic);
    }
    return traffic;
  }

  /** Hands on an event from a thread, which has sampled it already. */
  relay(event: TrafficEvent): void {
    this.#service(event.conversation.service).emit(event);
  }

  relaySampledOut(service: string, kind: TrafficKind, count: number): void {
    this.#service(service).relaySampledOut(kind, count);
  }

  /** The highest rates that any observer has for all services. */
  get rates(): SampleRates {
    return this.#rates;
  }

  /** The highest rates for one service, which some observers may watch more closely than the others. */
  ratesFor(service: string): SampleRates {
    return this.#service(service).rates;
  }

  /**
   * Calls back when the rates of all services or of one have changed: threads sample for themselves and have to know.
   * @returns how to unsubscribe
   */
  onRatesChange(call: (rates: SampleRates) => void): () => void {
    this.#rateListeners.add(call);
    return () => this.#rateListeners.delete(call);
  }

  /** @returns how to remove the observer */
  add(observer: Observer): () => void {
    this.#observers.add(observer);
    this.updateRates();
    this.#timer ??= setInterval(() => this.#refill(), refillMs);
    this.#timer.unref();
    return () => {
      this.#observers.delete(observer);
      this.updateRates();
      if (this.#observers.size > 0) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
    };
  }

  /** Reads the rates of all observers again. An observer that has changed its rates has to call this. */
  updateRates(): void {
    const rates = maxRates([...this.#observers].map((observer) => observer.rates));
    let hasChanged = !isSameRates(rates, this.#rates);
    this.#rates = rates;
    for (const traffic of this.#services.values()) hasChanged = traffic.updateRates() || hasChanged;
    if (hasChanged) for (const call of this.#rateListeners) call(rates);
  }

  #refill(): void {
    for (const traffic of this.#services.values()) traffic.refill();
    this.#refills = (this.#refills + 1) % (1000 / refillMs);
    if (this.#refills > 0) return;
    for (const traffic of this.#services.values()) traffic.reportSampledOut();
  }
}
