import { pause } from "./timeout.ts";

/** How often, and how far apart. */
export interface Schedule {
  /** Rounds; absent: one, or without end when `every` is given. */
  readonly repeat?: number | undefined;
  /** Milliseconds from the start of one round to the start of the next. */
  readonly every?: number | undefined;
}

/** Runs the rounds one after the other. A round that takes longer than `every` delays the next. */
export async function repeated(
  { repeat, every }: Schedule,
  signal: AbortSignal,
  round: (number: number) => Promise<void>,
): Promise<void> {
  const rounds = repeat ?? (every === undefined ? 1 : Number.POSITIVE_INFINITY);
  for (let number = 1; number <= rounds; number++) {
    const start = performance.now();
    await round(number);
    if (number < rounds) await pause((every ?? 0) - (performance.now() - start), signal);
  }
}
