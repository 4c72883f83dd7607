export interface BackoffOptions {
  /** The first pause; the second is at least 100 ms. */
  readonly firstMs?: number;
  readonly maxMs?: number;
  /** Whoever ran for so long starts over with the first pause. */
  readonly calmMs?: number;
  readonly now?: () => number;
}

/** Growing pauses between attempts: each twice the one before, up to half a minute. */
export function backoff(options: BackoffOptions = {}): { next(): number } {
  const { firstMs = 100, maxMs = 30_000, calmMs = 60_000, now = Date.now } = options;
  let pause = firstMs;
  let last = Number.NEGATIVE_INFINITY;
  return {
    next() {
      const at = now();
      // The time since the attempt was made, not since the pause before it began.
      pause = at - last - pause > calmMs ? firstMs : Math.min(maxMs, Math.max(100, pause * 2));
      last = at;
      return pause;
    },
  };
}
