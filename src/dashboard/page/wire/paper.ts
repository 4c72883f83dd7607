import type { Excerpt } from "./excerpt.ts";
import type { Lane } from "./lanes.ts";
import { chooseLanes, type Layout, layOut, servicesOf } from "./layout.ts";
import type { Row } from "./rows.ts";

/** An A4 page, portrait, with margins of 25 mm: 160 by 247 mm, of which a caption takes some. */
export const paper = {
  /** In the units of the drawing. Its smallest text, of 11 units, is a little over 7 points on paper. */
  width: 700,
  height: 1050,
  /** The same width in pixels of 1/96 inch, which word processors take for the size of a picture. */
  widthOnPaper: 605,
  margin: 8,
  rowHeight: 28,
} as const;

/** Where the times end. */
const left = 88;
const minStep = 44;

/** A part of an excerpt that fits a page. */
export interface PaperPage {
  readonly rows: readonly Row[];
  readonly layout: Layout;
}

/**
 * Splits an excerpt into pages. All of them have the same lanes where these fit; otherwise each has those that talk
 * most on it.
 * @param rowsPerPage how many there may be
 */
export function paperPages(excerpt: Excerpt, order: readonly string[], rowsPerPage: number): PaperPage[] {
  const parts = evenParts(excerpt.rows, rowsPerPage);
  const shared = pageLayout(excerpt, excerpt.rows, order, new Set());
  if (shared.isWhole) return parts.map((rows) => ({ rows, layout: shared.layout }));
  let before: ReadonlySet<Lane> = new Set();
  return parts.map((rows) => {
    const { layout, lanes } = pageLayout(excerpt, rows, order, before);
    before = lanes;
    return { rows, layout };
  });
}

function pageLayout(
  { lanes, timeOf }: Excerpt,
  rows: readonly Row[],
  order: readonly string[],
  before: ReadonlySet<Lane>,
) {
  const width = paper.width - 2 * paper.margin;
  const services = servicesOf(rows, order);
  const choice = chooseLanes(rows, services, Math.floor((width - left) / minStep), before);
  const room = { width, left, minStep: 10, maxStep: 220, rowHeight: paper.rowHeight, timeOf };
  const layout = layOut(services, lanes, room, choice);
  return { layout, lanes: choice.lanes, isWhole: choice.withOthers.size === 0 };
}

/** As few parts as there must be, and all of about the same length. */
export function evenParts<T>(items: readonly T[], most: number): T[][] {
  const count = Math.max(1, Math.ceil(items.length / most));
  const length = Math.ceil(items.length / count);
  return Array.from({ length: count }, (_, part) => items.slice(part * length, (part + 1) * length));
}
