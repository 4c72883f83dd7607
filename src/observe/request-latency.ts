import { Histogram, type Registry } from "prom-client";
import type { TrafficEvent } from "../core/traffic.ts";
import type { Observer, SampleRates } from "./observer.ts";
import type { TrafficHub } from "./traffic-hub.ts";

/**
 * Measures HTTP requests from their arrival to their answer, which says how long that took.
 *
 * Timing every request would cost every request a clock, even without scrapes. So this observes a sample, and only while
 * somebody scrapes. The number of requests comes from the services' own counters, never from here.
 */
export class RequestLatency implements Observer {
  /** A request and its answer are sampled together. */
  readonly rates: SampleRates = { message: 200 };
  readonly #hub: TrafficHub;
  readonly #histogram: Histogram<"service">;
  #removeObserver: (() => void) | undefined;

  constructor(hub: TrafficHub, registry: Registry) {
    this.#hub = hub;
    this.#histogram = new Histogram({
      name: "distsrv_request_duration_seconds",
      help: "From the arrival of an HTTP request to its answer: a sample, taken while somebody scrapes.",
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
  }

  observe(event: TrafficEvent): void {
    if (event.kind !== "message" || event.duration === undefined) return;
    const { service, transport } = event.conversation;
    if (transport === "http") this.#histogram.observe({ service }, event.duration / 1000);
  }
}
