/** The measures of a row. */
export interface RowSize {
  readonly height: number;
  /** The y of the label and of the arrow within a row. */
  readonly baseline: number;
  readonly arrow: number;
  /** There is room for words. */
  readonly hasWords: boolean;
}

/** From arrows alone to a wide spacing. */
export const rowHeights = [14, 26, 30, 36, 46, 60] as const;
export const usualHeight = 36;
const leastWithWords = 26;

export function rowSize(height: number): RowSize {
  const hasWords = height >= leastWithWords;
  const arrow = Math.round(hasWords ? arrowWithWords(height) : height / 2);
  return { height, arrow, baseline: arrow - 9, hasWords };
}

const arrowWithWords = (height: number): number =>
  height < usualHeight ? 20 + (height - leastWithWords) * 0.4 : 24 + (height - usualHeight) * 0.6;

/** The next greater or smaller height. @param steps 1 or -1 */
export function zoomed(height: number, steps: number): number {
  const index = rowHeights.findIndex((each) => each >= height) + steps;
  return rowHeights[Math.min(Math.max(index, 0), rowHeights.length - 1)] ?? usualHeight;
}

/** The greatest height at which so many rows fit, or else the least. */
export function fitting(count: number, room: number): number {
  return rowHeights.findLast((height) => height * count <= room) ?? rowHeights[0];
}
