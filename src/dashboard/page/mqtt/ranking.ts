import type { Busy } from "./broker-api.ts";

/** Messages a second, or bytes a second. */
export type Measure = "rate" | "byteRate";

export interface Bar {
  readonly name: string;
  readonly value: number;
}

const places = 10;

/** The first ten by the measure. */
export function ranked<T extends Busy>(
  rows: readonly T[],
  measure: Measure,
  name: (row: T) => string,
): Bar[] {
  return rows
    .map((row) => ({ name: name(row), value: row[measure] }))
    .sort((a, b) => b.value - a.value)
    .slice(0, places);
}
