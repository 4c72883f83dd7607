import type { RefObject } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { rowHeight } from "./row-shapes.ts";

/** What part of the rows is to be seen. */
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

/** Following keeps the end in view; otherwise what is read stays where it is when old rows are forgotten. */
export function useStaying(
  scroller: RefObject<HTMLDivElement | null>,
  follows: boolean,
  base: number,
  height: number,
  version: number,
) {
  const before = useRef(base);
  useLayoutEffect(() => {
    const element = scroller.current;
    const gone = base - before.current;
    before.current = base;
    if (element === null) return;
    if (follows) element.scrollTop = element.scrollHeight;
    else if (gone > 0) element.scrollTop -= gone * rowHeight;
  }, [scroller, follows, base, height, version]);
}
