import type { Spread } from "./case.ts";

/** The middle value, or the mean of the two in the middle. @throws when there is none */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.ceil(sorted.length / 2) - 1];
  if (upper === undefined || lower === undefined) throw new Error("There is no median of no values");
  return (lower + upper) / 2;
}

export function spread(values: readonly number[]): Spread {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values) };
}

/**
 * Ratios of neighbours: what slows the machine for a while slows both of a pair, so the median of the pairs' ratios
 * is more reliable than the ratio of the medians.
 */
export function pairwise(ours: readonly number[], theirs: readonly number[]): Spread {
  if (ours.length !== theirs.length)
    throw new Error(`${ours.length} values cannot be paired with ${theirs.length}`);
  return spread(ours.map((value, round) => value / theirs[round]!));
}
