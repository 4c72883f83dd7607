// Times and amounts of data as a person reads them.

const [minute, hour, day] = [60_000, 3_600_000, 86_400_000];

/** `250 ms`, `1.5 s`, `2 min`, `36 h`, `7 d`. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < 1) return `${milliseconds.toFixed(2)} ms`;
  if (milliseconds < 10) return `${Number(milliseconds.toFixed(1))} ms`;
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  if (milliseconds < 120_000) return `${Number((milliseconds / 1000).toFixed(1))} s`;
  if (milliseconds < 2 * hour) return `${Number((milliseconds / minute).toFixed(1))} min`;
  if (milliseconds < 2 * day) return `${Number((milliseconds / hour).toFixed(1))} h`;
  return `${Number((milliseconds / day).toFixed(1))} d`;
}

/** Milliseconds for `--json`, to the microsecond. */
export const roundMs = (milliseconds: number): number => Number(milliseconds.toFixed(3));

const units = ["kB", "MB", "GB", "TB"];

/** `999 B`, `1.5 kB`, `210 MB`. */
export function formatSize(bytes: number): string {
  if (bytes < 1000) return `${Math.round(bytes)} B`;
  let value = bytes;
  let unit = "B";
  for (const larger of units) {
    if (value < 999.5) break;
    value /= 1000;
    unit = larger;
  }
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${unit}`;
}

/** `480 MB/s`. */
export function formatRate(bytes: number, milliseconds: number): string {
  return `${formatSize((bytes / Math.max(milliseconds, 1)) * 1000)}/s`;
}
