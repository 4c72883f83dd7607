import { texts } from "../text/language.ts";
import { describeEvent, gapLabel } from "./labels.ts";
import type { Layout } from "./layout.ts";
import { noteSlip } from "./note-shapes.ts";
import type { Note } from "./notes.ts";
import { rowId } from "./row-press.ts";
import { rowShapes, type ToneOf } from "./row-shapes.ts";
import type { Row } from "./rows.ts";
import type { Shape } from "./shapes.ts";

const words = texts({
  en: {
    noted: (row: string, note: string) => `${row}. Note: ${note}`,
  },
  id: {
    noted: (row, note) => `${row}. Catatan: ${note}`,
  },
});

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
  readonly note: Note | undefined;
  /** The number of rows. */
  readonly count: number;
  /** The position of this row, from 1. */
  readonly place: number;
}

/** A row as an option of the listbox, which has the focus and handles keys and clicks. */
export function RowGroup({ row, y, layout, toneOf, isChosen, note, count, place }: RowGroupProps) {
  const isHighlighted = note?.isHighlighted === true;
  return (
    <g
      class={`row row-${row.is}${isChosen ? " chosen" : ""}${isHighlighted ? " noted" : ""}`}
      transform={`translate(0 ${y})`}
    >
      <rect
        id={rowId(row.no)}
        class={isChosen ? "row-back row-back-chosen" : "row-back"}
        role="option"
        aria-selected={isChosen}
        aria-setsize={count}
        aria-posinset={place}
        aria-label={describeRow(row, note)}
        x={2}
        y={1}
        width={layout.width - 4}
        height={layout.row.height - 1}
        rx={6}
      />
      {/* Beside the option and not in it, because its name says all this in a sentence. */}
      <g class="row-shapes">
        <Shapes shapes={rowShapes(row, 0, layout, toneOf)} />
        {note && <Shapes shapes={noteSlip(note, layout)} />}
      </g>
    </g>
  );
}

function describeRow(row: Row, note: Note | undefined): string {
  if (row.is === "gap") return gapLabel(row);
  const sentence = describeEvent(row.event, row.peer.label);
  return note === undefined || note.text === "" ? sentence : words.noted(sentence, note.text);
}
