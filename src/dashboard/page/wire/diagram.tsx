import type { RefObject } from "preact";
import { useImperativeHandle, useRef } from "preact/hooks";
import { texts } from "../text/language.ts";
import type { TimeRange } from "./address.ts";
import type { LaneName } from "./filter.ts";
import { Heads } from "./heads.tsx";
import type { Lane } from "./lanes.ts";
import { type Choice, chooseLanes, type Layout, layOut, servicesOf } from "./layout.ts";
import { lifelines } from "./lifelines.ts";
import { type Notes, noteKey } from "./notes.ts";
import { toneIn } from "./palette.ts";
import type { RowSpan } from "./range.ts";
import { rowId, useRowPress } from "./row-press.ts";
import { headHeight } from "./row-shapes.ts";
import type { Row, RowList } from "./rows.ts";
import { Ruler } from "./ruler.tsx";
import { nextRow, useScrollAnchor, useView } from "./scrolling.ts";
import { RowGroup, Shapes } from "./svg-shapes.tsx";
import { type TimeMode, timeIn } from "./times.ts";
import { visibleRows } from "./visible-rows.ts";

const words = texts({
  en: {
    list: "Messages, newest last",
  },
  id: {
    list: "Pesan, yang terbaru di bawah",
  },
});

export interface DiagramHandle {
  /** The numbers of the visible rows. */
  inView(): RowSpan;
  /** The height that rows have in all. */
  room(): number;
  focus(): void;
  /** Scrolls to a row. */
  scrollTo(row: number, place?: "top" | "middle"): void;
}

interface DiagramProps {
  readonly list: RowList;
  /** Changes with the list. */
  readonly version: number;
  readonly order: readonly string[];
  readonly rowHeight: number;
  readonly timeMode: TimeMode;
  readonly onTimeMode: (mode: TimeMode) => void;
  readonly follows: boolean;
  readonly onFollow: (follows: boolean) => void;
  /** The number of the row that is chosen. */
  readonly chosen: number | undefined;
  readonly onChoose: (row: number, opens: boolean) => void;
  readonly notes: Notes;
  readonly range: TimeRange | undefined;
  readonly onRange: (range: TimeRange | undefined) => void;
  readonly followed: LaneName | undefined;
  readonly onLane: (lane: LaneName | undefined) => void;
  readonly handle: RefObject<DiagramHandle | null>;
}

/** Narrower columns would have heads that say too little. */
const minStep = 76;

/** Rows around the visible ones whose lanes are shown, too: a lane does not come and go with each message. */
const nearby = 40;

/** A list of thousands of rows, virtualised: only visible rows are rendered. */
export function Diagram(props: DiagramProps) {
  const { list, version, order, rowHeight, follows, onFollow, chosen, onChoose, handle } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const listbox = useRef<HTMLDivElement>(null);
  const view = useView(scroller);
  const { rows } = list;
  const base = rows[0]?.no ?? 0;
  const { first, last, top, height, rest } = visibleRows(rows.length, rowHeight, view, follows);
  // What has not talked here and a little around is folded away.
  const near = rows.slice(Math.max(0, first - nearby), last + 1 + nearby);
  const { layout, folded } = useLayout(near, view, props);
  const toneOf = (service: string) => toneIn(order, service);
  const topRow = base + Math.max(0, Math.floor(top / rowHeight));
  const end = base + rows.length;
  const yOf = (no: number) => (no - base - first) * rowHeight + (no === end ? rest : 0);

  useImperativeHandle(handle, () => ({
    inView: () => ({
      first: base + Math.ceil(top / rowHeight),
      last: base + Math.floor((top + view.height - headHeight) / rowHeight) - 1,
    }),
    room: () => view.height - headHeight,
    focus: () => listbox.current?.focus({ preventScroll: true }),
    scrollTo: (row, place = "top") => {
      const above = place === "top" ? 0 : Math.max(0, view.height - headHeight - rowHeight) / 2;
      scroller.current?.scrollTo({ top: (row - base) * rowHeight - above });
    },
  }));
  useScrollAnchor(scroller, follows, base, rowHeight, version);
  const press = (event: KeyboardEvent) => {
    const next = nextRow(event.key, chosen, base, rows.length, topRow);
    if (next !== undefined) {
      event.preventDefault();
      onChoose(next, false);
      reveal(scroller.current, (next - base) * rowHeight, rowHeight);
    } else if (event.key === "Enter" && chosen !== undefined) onChoose(chosen, true);
  };
  const rowPress = useRowPress((no) => list.at(no)?.is === "event" && onChoose(no, true));
  const shown = rows.slice(first, last + 1);
  const slots = last - first + 1;
  return (
    <div
      class="wire-scroll"
      ref={scroller}
      onWheel={(event) => event.deltaY < 0 && onFollow(false)}
      onTouchMove={() => onFollow(false)}
      onPointerDown={(event) => event.target === scroller.current && onFollow(false)}
    >
      <Heads
        layout={layout}
        row={topRow}
        folded={folded}
        toneOf={toneOf}
        followed={props.followed}
        onFollow={props.onLane}
        timeMode={props.timeMode}
        onTimeMode={props.onTimeMode}
      />
      <div
        class="wire-space"
        style={{ height: `${height - headHeight}px`, width: `${layout.width}px` }}
        ref={listbox}
        tabIndex={0}
        role="listbox"
        aria-label={words.list}
        aria-activedescendant={chosen === undefined ? undefined : rowId(chosen)}
        onKeyDown={press}
        {...rowPress}
      >
        <svg
          class="wire-rows"
          role="presentation"
          style={{ top: `${first * rowHeight}px` }}
          width={layout.width}
          height={slots * rowHeight + rest}
        >
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
              note={row.is === "event" ? props.notes.get(noteKey(row.event)) : undefined}
              count={rows.length}
              place={row.no - base + 1}
            />
          ))}
          <Ruler
            rows={rows}
            layout={layout}
            first={base + first}
            last={base + last}
            yOf={yOf}
            range={props.range}
            onRange={props.onRange}
            onChoose={onChoose}
          />
        </svg>
      </div>
    </div>
  );
}

/** Where everything is, for the width that there is. Lanes that had a column keep it while that is fair. */
function useLayout(
  near: readonly Row[],
  view: { readonly left: number; readonly width: number },
  { list, order, rowHeight, timeMode, followed }: DiagramProps,
): { readonly layout: Layout; readonly folded: number } {
  const before = useRef<ReadonlySet<Lane>>(new Set());
  const isNarrow = view.width < 560;
  const left = isNarrow ? 62 : 104;
  const names = servicesOf(near, order);
  const choice: Choice = chooseLanes(near, names, Math.floor((view.width - left) / minStep), before.current);
  before.current = choice.lanes;
  const timeOf = timeIn(timeMode, list.rows, list.start ?? 0);
  const room = { width: view.width, left, minStep, maxStep: 320, rowHeight };
  // Where there is little room only the seconds.
  const short = timeMode === "clock" ? 6 : 0;
  const layout = layOut(
    names,
    list.lanes,
    { ...room, timeOf: isNarrow ? (row) => timeOf(row).slice(short).replace(" s", "") : timeOf },
    choice,
  );
  return {
    layout: { ...layout, visible: { from: view.left, to: view.left + view.width } },
    // The other lanes are not idle while one is followed.
    folded: followed === undefined ? Math.max(0, list.lanes.count - choice.talking) : 0,
  };
}

/** Scrolls as little as it takes to show a row. @param y its upper edge below the heads */
function reveal(scroller: HTMLElement | null, y: number, rowHeight: number): void {
  if (scroller === null) return;
  const bottom = y + rowHeight + headHeight;
  if (y < scroller.scrollTop) scroller.scrollTop = y;
  else if (bottom > scroller.scrollTop + scroller.clientHeight)
    scroller.scrollTop = bottom - scroller.clientHeight;
}
