import type { RefObject } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";

/** The visible part of the scrolled rows. */
export function useView(scroller: RefObject<HTMLDivElement | null>) {
  const [view, setView] = useState({ top: 0, left: 0, width: 800, height: 600 });
  useLayoutEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    const look = () =>
      setView({
        top: element.scrollTop,
        left: element.scrollLeft,
        width: element.clientWidth,
        height: element.clientHeight,
      });
    look();
    const resized = new ResizeObserver(look);
    resized.observe(element);
    element.addEventListener("scroll", look, { passive: true });
    return () => {
      resized.disconnect();
      element.removeEventListener("scroll", look);
    };
  }, [scroller]);
  return view;
}

/**
 * Follows the newest row; or else keeps the visible rows where they are while old rows are evicted above them, and while
 * rows become higher or lower.
 */
export function useScrollAnchor(
  scroller: RefObject<HTMLDivElement | null>,
  follows: boolean,
  base: number,
  rowHeight: number,
  version: number,
) {
  const before = useRef({ base, rowHeight });
  useLayoutEffect(() => {
    const element = scroller.current;
    const gone = base - before.current.base;
    const zoom = rowHeight / before.current.rowHeight;
    before.current = { base, rowHeight };
    if (element === null) return;
    if (follows) element.scrollTop = element.scrollHeight;
    else if (zoom !== 1) element.scrollTop *= zoom;
    else if (gone > 0) element.scrollTop -= gone * rowHeight;
  }, [scroller, follows, base, rowHeight, version]);
}

/** The row that a key selects, relative to the chosen or the first visible row; undefined for other keys. */
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
