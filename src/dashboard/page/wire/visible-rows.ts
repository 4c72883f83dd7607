import { headHeight } from "./row-shapes.ts";

/** Which rows are drawn, of a list that may be thousands of rows long. */
export interface VisibleRows {
  /** Indexes into the list. */
  readonly first: number;
  readonly last: number;
  /** How far the list is scrolled, and how high it is. */
  readonly top: number;
  readonly height: number;
  /** Goes below the last row, so that the first visible row is whole while following. */
  readonly rest: number;
}

/** Rows that are rendered beyond both edges, so that scrolling shows no gaps. */
const overscan = 4;

export function visibleRows(
  count: number,
  rowHeight: number,
  view: { readonly top: number; readonly height: number },
  follows: boolean,
): VisibleRows {
  const rest = Math.max(0, view.height - headHeight) % rowHeight;
  const height = headHeight + count * rowHeight + rest;
  const most = Math.max(0, height - view.height);
  const top = follows ? most : Math.min(view.top, most);
  const first = Math.max(0, Math.floor((top - overscan * rowHeight) / rowHeight));
  const last = Math.min(count - 1, Math.ceil((top + view.height) / rowHeight) + overscan);
  return { first, last, top, height, rest };
}
