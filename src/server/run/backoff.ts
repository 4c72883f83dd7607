export interface BackoffOptions {
  /** The first pause; the second is at least 100 ms. */
  readonly firstMs?: number;
  readonly maxMs?: number;
  /** After a run of this length the pauses start over with the first one. */
  readonly resetMs?: number;
  readonly now?: () => number;
}

/** Growing pauses between attempts: each twice the one before, up to half a minute. */
export function backoff(options: BackoffOptions = {}): { next(): number } {
  const { firstMs = 100, maxMs = 30_000, resetMs = 60_000, now = Date.now } = options;
  let pause = firstMs;
  let last = Number.NEGATIVE_INFINITY;
  return {
    next() {
      const at = now();
      // The time since the last attempt, that is, since the end of the last pause.
      pause = at - last - pause > resetMs ? firstMs : Math.min(maxMs, Math.max(100, pause * 2));
      last = at;
      return pause;
    },
  };
}
