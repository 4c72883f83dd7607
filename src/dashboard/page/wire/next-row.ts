/** Where a key leads from the chosen row, or from what is in view when none is chosen; undefined for other keys. */
export function nextRow(
  key: string,
  chosen: number | undefined,
  base: number,
  count: number,
  topRow: number,
): number | undefined {
  const last = base + count - 1;
  const from = chosen ?? (key === "ArrowUp" ? last + 1 : topRow - 1);
  const page = 10;
  const targets: Record<string, number> = {
    ArrowDown: from + 1,
    ArrowUp: from - 1,
    PageDown: from + page,
    PageUp: from - page,
    Home: base,
    End: last,
  };
  const target = targets[key];
  return target === undefined || count === 0 ? undefined : Math.min(Math.max(target, base), last);
}
