import type { RefObject } from "preact";
import { useImperativeHandle, useRef } from "preact/hooks";
import type { Lane } from "./lanes.ts";
import { chooseLanes, layOut, servicesOf } from "./layout.ts";
import { foldedShapes, headShapes, lifelines } from "./lifelines.ts";
import { toneIn } from "./palette.ts";
import { headHeight, rowHeight } from "./row-shapes.ts";
import type { RowList } from "./rows.ts";
import { nextRow, useScrollAnchor, useView } from "./scrolling.ts";
import { RowGroup, Shapes } from "./svg-shapes.tsx";

export interface DiagramHandle {
  /** The numbers of the visible rows. */
  inView(): { readonly first: number; readonly last: number };
  focus(): void;
}

interface DiagramProps {
  readonly list: RowList;
  /** Changes with the list. */
  readonly version: number;
  readonly order: readonly string[];
  readonly follows: boolean;
  readonly onFollow: (follows: boolean) => void;
  /** The number of the row that is chosen. */
  readonly chosen: number | undefined;
  readonly onChoose: (row: number | undefined, opens: boolean) => void;
  readonly handle: RefObject<DiagramHandle | null>;
}

/** Rows that are rendered beyond both edges, so that scrolling shows no gaps. */
const overscan = 4;

/** Rows around the visible ones whose lanes are shown, too: a lane does not come and go with each message. */
const nearby = 40;

/** A list of thousands of rows, virtualised: only visible rows are rendered. */
export function Diagram({ list, version, order, follows, onFollow, chosen, onChoose, handle }: DiagramProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const view = useView(scroller);
  const { rows } = list;
  const base = rows[0]?.no ?? 0;
  const isNarrow = view.width < 560;
  const visible = { from: view.left, to: view.left + view.width };
  const left = isNarrow ? 58 : 104;
  const room = { width: view.width, left, minStep: isNarrow ? 100 : 104, maxStep: 320 };
  const toneOf = (service: string) => toneIn(order, service);
  // The rest of the height goes below the last row, so that the first visible row is whole while following.
  const rest = Math.max(0, view.height - headHeight) % rowHeight;
  const height = headHeight + rows.length * rowHeight + rest;
  const top = follows
    ? Math.max(0, height - view.height)
    : Math.min(view.top, Math.max(0, height - view.height));
  const first = Math.max(0, Math.floor((top - overscan * rowHeight) / rowHeight));
  const last = Math.min(rows.length - 1, Math.ceil((top + view.height) / rowHeight) + overscan);
  // What has not talked here and a little around is folded away.
  const near = rows.slice(Math.max(0, first - nearby), last + 1 + nearby);
  const names = servicesOf(near, order);
  const shownBefore = useRef<ReadonlySet<Lane>>(new Set());
  const columns = Math.floor((view.width - left) / room.minStep);
  const choice = chooseLanes(near, names, columns, shownBefore.current);
  shownBefore.current = choice.lanes;
  const layout = { ...layOut(names, list.lanes, room, choice), visible };
  const topRow = base + Math.max(0, Math.floor(top / rowHeight));
  const end = base + rows.length;
  const yOf = (no: number) => (no - base - first) * rowHeight + (no === end ? rest : 0);

  useImperativeHandle(handle, () => ({
    inView: () => ({
      first: base + Math.ceil(top / rowHeight),
      last: base + Math.floor((top + view.height - headHeight) / rowHeight) - 1,
    }),
    focus: () => scroller.current?.focus({ preventScroll: true }),
  }));
  useScrollAnchor(scroller, follows, base, height, version);
  const reveal = (no: number) => {
    const y = (no - base) * rowHeight;
    const at = scroller.current;
    if (at === null) return;
    if (y < at.scrollTop) at.scrollTop = y;
    else if (y + rowHeight + headHeight > at.scrollTop + at.clientHeight)
      at.scrollTop = y + rowHeight + headHeight - at.clientHeight;
  };
  const press = (event: KeyboardEvent) => {
    const next = nextRow(event.key, chosen, base, rows.length, topRow);
    if (next !== undefined) {
      event.preventDefault();
      onChoose(next, false);
      reveal(next);
    } else if (event.key === "Enter" && chosen !== undefined) onChoose(chosen, true);
  };
  const shown = rows.slice(first, last + 1);
  const slots = last - first + 1;
  return (
    <div
      class="wire-scroll"
      ref={scroller}
      tabIndex={0}
      role="listbox"
      aria-label="Messages, newest last"
      aria-activedescendant={chosen === undefined ? undefined : `row-${chosen}`}
      onKeyDown={press}
      onWheel={(event) => event.deltaY < 0 && onFollow(false)}
      onTouchMove={() => onFollow(false)}
      onPointerDown={(event) => event.target === scroller.current && onFollow(false)}
    >
      <svg class="wire-head" width={layout.width} height={headHeight} aria-hidden="true">
        <Shapes
          shapes={[
            ...foldedShapes(layout, Math.max(0, list.lanes.count - choice.talking)),
            ...headShapes(layout, topRow, toneOf),
          ]}
        />
      </svg>
      <div class="wire-space" style={{ height: `${height - headHeight}px`, width: `${layout.width}px` }}>
        <svg
          class="wire-rows"
          style={{ top: `${first * rowHeight}px` }}
          width={layout.width}
          height={slots * rowHeight + rest}
        >
          <title>Sequence of messages</title>
          <Shapes shapes={lifelines(layout, base + first, base + last, yOf, toneOf)} />
          {shown.map((row) => (
            // The key recycles the elements of rows that were scrolled out, so that none is created while it runs.
            <RowGroup
              key={row.no % (slots + 1)}
              row={row}
              y={yOf(row.no)}
              layout={layout}
              toneOf={toneOf}
              isChosen={row.no === chosen}
              onChoose={onChoose}
              count={rows.length}
              place={row.no - base + 1}
            />
          ))}
        </svg>
      </div>
    </div>
  );
}
