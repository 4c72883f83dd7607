import { describeEvent } from "./labels.ts";
import type { Layout } from "./layout.ts";
import { rowHeight, rowShapes, type ToneOf } from "./row-shapes.ts";
import type { Row } from "./rows.ts";
import type { Shape } from "./shapes.ts";

/** Shapes as SVG elements, styled by wire.css. */
export function Shapes({ shapes }: { shapes: readonly Shape[] }) {
  return (
    <>
      {shapes.map((shape, index) => (
        <Element key={`${shape.is}${index}`} shape={shape} />
      ))}
    </>
  );
}

function Element({ shape }: { shape: Shape }) {
  const look = shape.tone === undefined ? shape.look : `${shape.look} tone-${shape.tone}`;
  switch (shape.is) {
    case "line":
      return <line class={look} x1={shape.x1} y1={shape.y1} x2={shape.x2} y2={shape.y2} />;
    case "path":
      return <path class={look} d={shape.d} />;
    case "dot":
      return <circle class={look} cx={shape.x} cy={shape.y} r={shape.r} />;
    case "box":
      return <rect class={look} x={shape.x} y={shape.y} width={shape.w} height={shape.h} rx={shape.r} />;
    case "text":
      return (
        <text class={look} x={shape.x} y={shape.y} text-anchor={shape.anchor}>
          {shape.text}
        </text>
      );
  }
}

interface RowGroupProps {
  readonly row: Row;
  readonly y: number;
  readonly layout: Layout;
  readonly toneOf: ToneOf;
  readonly isChosen: boolean;
  readonly onChoose: (row: number, opens: boolean) => void;
  /** The number of rows. */
  readonly count: number;
  /** The position of this row, from 1. */
  readonly place: number;
}

/** A row as an option of the listbox, which has the focus and handles the keys. */
export function RowGroup({ row, y, layout, toneOf, isChosen, onChoose, count, place }: RowGroupProps) {
  const canOpen = row.is === "event";
  return (
    <g
      id={`row-${row.no}`}
      class={`row row-${row.is}${isChosen ? " chosen" : ""}`}
      transform={`translate(0 ${y})`}
      role="option"
      aria-selected={isChosen}
      aria-setsize={count}
      aria-posinset={place}
      aria-label={describeRow(row)}
      onClick={() => canOpen && onChoose(row.no, true)}
    >
      <rect
        class={isChosen ? "row-back row-back-chosen" : "row-back"}
        x={2}
        y={1}
        width={layout.width - 4}
        height={rowHeight - 1}
        rx={6}
      />
      <Shapes shapes={rowShapes(row, 0, layout, toneOf)} />
    </g>
  );
}

function describeRow(row: Row): string {
  if (row.is === "gap") return `${row.count} events of ${row.service} left out`;
  return describeEvent(row.event, row.peer.label);
}
