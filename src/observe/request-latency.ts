import { Histogram, type Registry } from "prom-client";
import type { TrafficEvent } from "../core/traffic.ts";
import type { Appetite, Observer, TrafficHub } from "./traffic-hub.ts";

/** Exchanges that have begun and are followed to their end; those that begin past it are not. */
const mostOpen = 10_000;

/**
 * How long HTTP requests take from their head to their answer, from the `open` and `close` that the net layer tells.
 *
 * Measuring each request would cost each request a clock and a map, also when nobody scrapes. So the seam is used,
 * only while somebody does, and only for a sample: 100 exchanges a second and service are begun to be followed.
 * Ends must be told for more of them than beginnings, or a slow request's would be left out for those of the quick
 * ones that came after it. Past 2,000 exchanges a second the slowest are under-represented for that reason; the
 * number of requests is never taken from here but from the services' own counters.
 */
export class RequestLatency implements Observer {
  readonly appetite: Appetite = { open: 100, close: 2000 };
  readonly #hub: TrafficHub;
  readonly #histogram: Histogram<"service">;
  readonly #begun = new Map<string, number>();
  readonly #now: () => number;
  #leave: (() => void) | undefined;

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
    this.#leave ??= this.#hub.add(this);
  }

  stop(): void {
    this.#leave?.();
    this.#leave = undefined;
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

  /** One whose end was left out stays until newer ones need its place. */
  #begin(id: string): void {
    this.#begun.set(id, this.#now());
    if (this.#begun.size <= mostOpen) return;
    for (const oldest of this.#begun.keys()) {
      this.#begun.delete(oldest);
      break;
    }
  }
}
