import { Histogram, type Registry } from "prom-client";

const intervalMs = 50;

/** Measures how late timers fire because the event loop is busy. Every reply of the main thread waits as long. */
export class EventLoopLag {
  readonly #histogram: Histogram;
  #timer: Timer | undefined;

  constructor(registry: Registry) {
    this.#histogram = new Histogram({
      name: "distsrv_event_loop_lag_seconds",
      help: "How late timers of the main thread are served; measured while somebody scrapes.",
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
      registers: [registry],
    });
  }

  start(): void {
    if (this.#timer !== undefined) return;
    let due = performance.now() + intervalMs;
    this.#timer = setInterval(() => {
      const now = performance.now();
      this.#histogram.observe(Math.max(0, now - due) / 1000);
      due = now + intervalMs;
    }, intervalMs);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
