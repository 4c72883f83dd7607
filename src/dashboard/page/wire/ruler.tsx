import { useRef, useState } from "preact/hooks";
import { texts } from "../text/language.ts";
import type { TimeRange } from "./address.ts";
import type { Layout } from "./layout.ts";
import { type RowSpan, rangeOf, spanOf } from "./range.ts";
import type { Row } from "./rows.ts";

const words = texts({
  en: {
    drag: "Drag to choose a range of time",
  },
  id: {
    drag: "Seret untuk memilih rentang waktu",
  },
});

interface RulerProps {
  readonly rows: readonly Row[];
  readonly layout: Layout;
  /** The rows that are drawn, and the upper edge of each. */
  readonly first: number;
  readonly last: number;
  readonly yOf: (no: number) => number;
  readonly range: TimeRange | undefined;
  readonly onRange: (range: TimeRange | undefined) => void;
  /** A click on the ruler, without dragging. */
  readonly onChoose: (row: number, opens: boolean) => void;
}

/** Beside the times: a tick for each row. Dragging along it chooses a range of time. */
export function Ruler({ rows, layout, first, last, yOf, range, onRange, onChoose }: RulerProps) {
  const [drag, setDrag] = useState<{ readonly from: number; readonly to: number }>();
  const area = useRef<SVGRectElement>(null);
  const dragged = drag && rangeOf(rows, drag.from, drag.to);
  const span = dragged === undefined ? range && spanOf(rows, range) : spanOf(rows, dragged);
  const x = layout.left - 5;
  const [top, bottom] = [yOf(first), yOf(last + 1)];
  const rowAt = (event: PointerEvent) => {
    const box = area.current?.getBoundingClientRect();
    const part = box === undefined ? 0 : (event.clientY - box.top) / box.height;
    const no = first + Math.floor(part * (last + 1 - first));
    return Math.min(Math.max(no, first), last);
  };
  const begin = (event: PointerEvent) => {
    if (event.button !== 0) return;
    area.current?.setPointerCapture(event.pointerId);
    const no = rowAt(event);
    setDrag({ from: no, to: no });
  };
  const end = () => {
    if (drag === undefined) return;
    setDrag(undefined);
    if (drag.from === drag.to) onChoose(drag.from, true);
    else onRange(dragged);
  };
  return (
    <g class="ruler">
      <path class="ruler-line" d={`M${x} ${top}V${bottom}${ticks(x, first, last, yOf, layout.row.arrow)}`} />
      {span && <Band span={span} x={x} width={layout.width} first={first} last={last} yOf={yOf} />}
      <rect
        ref={area}
        class="ruler-area"
        x={0}
        y={top}
        width={x + 3}
        height={Math.max(0, bottom - top)}
        onPointerDown={begin}
        onPointerMove={(event) => drag && setDrag({ from: drag.from, to: rowAt(event) })}
        onPointerUp={end}
        onPointerCancel={() => setDrag(undefined)}
      >
        <title>{words.drag}</title>
      </rect>
    </g>
  );
}

function ticks(x: number, first: number, last: number, yOf: (no: number) => number, arrow: number): string {
  let path = "";
  for (let no = first; no <= last; no++) path += `M${x - 3} ${yOf(no) + arrow}h3`;
  return path;
}

interface BandProps {
  readonly span: RowSpan;
  readonly x: number;
  readonly width: number;
  readonly first: number;
  readonly last: number;
  readonly yOf: (no: number) => number;
}

/** The chosen range: marked on the ruler, and what is outside of it fades. */
function Band({ span, x, width, first, last, yOf }: BandProps) {
  const from = Math.min(Math.max(span.first, first), last + 1);
  const to = Math.min(Math.max(span.last + 1, first), last + 1);
  const box = (a: number, b: number) => ({ y: yOf(a), height: Math.max(0, yOf(b) - yOf(a)) });
  return (
    <>
      <rect class="range-out" x={0} width={width} {...box(first, from)} />
      <rect class="range-out" x={0} width={width} {...box(to, last + 1)} />
      {to > from && <rect class="range-band" x={x - 2} width={4} {...box(from, to)} rx={2} />}
      {span.first >= first && span.first <= last && (
        <path class="range-edge" d={`M0 ${yOf(span.first)}H${width}`} />
      )}
      {span.last >= first && span.last <= last && (
        <path class="range-edge" d={`M0 ${yOf(span.last + 1)}H${width}`} />
      )}
    </>
  );
}
