import { Histogram, type Registry } from "prom-client";
import type { TrafficEvent } from "../core/traffic.ts";
import type { Observer, SampleRates } from "./observer.ts";
import type { TrafficHub } from "./traffic-hub.ts";

/** Exchanges that are timed at once. Beyond that the oldest is dropped. */
const maxOpen = 10_000;

/**
 * Measures HTTP requests from their head to their answer, by the `open` and `close` events of the net layer.
 *
 * Timing every request would cost every request a clock and a map entry, even without scrapes. So this observes a
 * sample, and only while somebody scrapes: 100 `open` events per second and service. `close` has a higher rate,
 * because otherwise the end of a slow request would be sampled out in favour of the quick ones after it. Above 2,000
 * exchanges per second that still happens, and slow requests are under-represented. The number of requests comes from
 * the services' own counters, never from here.
 */
export class RequestLatency implements Observer {
  readonly rates: SampleRates = { open: 100, close: 2000 };
  readonly #hub: TrafficHub;
  readonly #histogram: Histogram<"service">;
  /** When each exchange began, by the conversation's id. */
  readonly #begun = new Map<string, number>();
  readonly #now: () => number;
  #removeObserver: (() => void) | undefined;

  constructor(hub: TrafficHub, registry: Registry, now: () => number = () => performance.now()) {
    this.#hub = hub;
    this.#now = now;
    this.#histogram = new Histogram({
      name: "distsrv_request_duration_seconds",
      help: "From an HTTP request's head to its answer: a sample, taken while somebody scrapes.",
      labelNames: ["service"],
      buckets: [
        0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
      ],
      registers: [registry],
    });
  }

  start(): void {
    this.#removeObserver ??= this.#hub.add(this);
  }

  stop(): void {
    this.#removeObserver?.();
    this.#removeObserver = undefined;
    this.#begun.clear();
  }

  observe({ kind, conversation: { id, service, transport } }: TrafficEvent): void {
    if (transport !== "http") return;
    if (kind === "open") this.#begin(id);
    if (kind !== "close") return;
    const begin = this.#begun.get(id);
    if (begin === undefined) return;
    this.#begun.delete(id);
    this.#histogram.observe({ service }, (this.#now() - begin) / 1000);
  }

  /** An exchange whose end was sampled out stays until it is the oldest of too many. */
  #begin(id: string): void {
    this.#begun.set(id, this.#now());
    if (this.#begun.size <= maxOpen) return;
    for (const oldest of this.#begun.keys()) {
      this.#begun.delete(oldest);
      break;
    }
  }
}
