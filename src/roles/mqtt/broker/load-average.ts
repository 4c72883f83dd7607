/** The spans that a load is averaged over, by name, in seconds. */
const spans = { "1min": 60, "5min": 300, "15min": 900 } as const;

type Span = keyof typeof spans;

/**
 * How much of something happens in a minute, as exponential moving averages over 1, 5 and 15 minutes: the load of
 * Unix, and that of Mosquitto's `$SYS/broker/load`.
 */
export class LoadAverage {
  readonly #averages: Record<Span, number> = { "1min": 0, "5min": 0, "15min": 0 };
  #last: number;

  /** @param total the counter now: what it counted before is no load */
  constructor(total: number) {
    this.#last = total;
  }

  /** The counter is at `total`, so many seconds after the last update. */
  update(total: number, seconds: number): void {
    if (seconds <= 0) return;
    const perMinute = ((total - this.#last) * 60) / seconds;
    this.#last = total;
    for (const span of names) {
      const before = this.#averages[span];
      this.#averages[span] = perMinute + Math.exp(-seconds / spans[span]) * (before - perMinute);
    }
  }

  /** `["1min", "0.98"]` and so on. */
  entries(): [name: Span, value: string][] {
    return names.map((span) => [span, this.#averages[span].toFixed(2)]);
  }
}

const names: readonly Span[] = ["1min", "5min", "15min"];
