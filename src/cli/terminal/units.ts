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
