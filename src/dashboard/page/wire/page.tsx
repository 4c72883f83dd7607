import { useEffect, useRef, useState } from "preact/hooks";
import { useKeys } from "../state/keys.ts";
import { services } from "../state/lab.ts";
import { useMay } from "../state/me.ts";
import { recorder } from "../state/recording.ts";
import { useStore } from "../state/use-store.ts";
import type { TimeRange } from "./address.ts";
import { WithCapture } from "./capture/with-capture.tsx";
import { Chips } from "./chips.tsx";
import { Details } from "./details.tsx";
import { Diagram, type DiagramHandle } from "./diagram.tsx";
import { ExportDialog } from "./export-dialog.tsx";
import { servicesOf, type WireFilter } from "./filter.ts";
import { FilterBar } from "./filter-bar.tsx";
import { Nothing } from "./nothing.tsx";
import { movedTo, rowsOf, spanOf } from "./range.ts";
import { RecordButton } from "./record-button.tsx";
import { Recording } from "./recording.tsx";
import { fitting } from "./row-size.ts";
import { StatusLine, Toolbar } from "./toolbar.tsx";
import { useChosen } from "./use-chosen.ts";
import { useClosing } from "./use-closing.ts";
import { type FeedState, useFeed } from "./use-feed.ts";
import { useNotes, writeNote } from "./use-notes.ts";
import { rowHeightText, setRowHeight, timeMode } from "./view-settings.ts";
import { Zoom } from "./zoom.tsx";

/** The live sequence diagram, or that of a capture which was opened here. */
export function WirePage() {
  return <WithCapture live={LivePage} />;
}

function LivePage() {
  const page = useWirePage();
  const { feed, filter, range, change, isLive, version } = page.state;
  const { order, diagram, chosen, notes, span, times } = page;
  const { list } = feed;
  const [exports, setExports] = useState(false);
  const [hasFilters, setFilters] = useState(false);
  const search = useRef<HTMLInputElement>(null);
  const { lane, connection, topic } = filter;
  const closeLast = useClosing({
    details: [chosen.shown !== undefined, () => chosen.open(false)],
    filters: [hasFilters, () => setFilters(false)],
    lane: [lane !== undefined, () => page.follow({ lane: undefined })],
    connection: [connection !== "", () => page.follow({ connection: "" })],
    topic: [topic !== "", () => page.follow({ topic: "" })],
    range: [range !== undefined, () => page.setRange(undefined)],
  });
  useKeys({
    " ": () => feed.setPaused(!feed.isPaused),
    f: () => page.setFollows(true),
    "/": () => search.current?.focus(),
    e: () => setExports(true),
    r: page.record,
    Escape: closeLast,
    ArrowUp: page.enter,
    ArrowDown: page.enter,
    h: notes.toggleHighlight,
    n: () => writeNote(chosen.open),
    "[": () => page.moveEnd("from"),
    "]": () => page.moveEnd("to"),
  });
  return (
    <div class="wire">
      <Toolbar
        feed={feed}
        follows={page.follows}
        onFollow={() => page.setFollows(!page.follows)}
        onExport={() => setExports(true)}
        canExport={list.rows.length > 0}
        record={<RecordButton services={page.recorded} onPress={page.record} />}
        zoom={<Zoom rowHeight={page.rowHeight} onZoom={setRowHeight} onFit={page.fit} />}
      >
        <FilterBar
          filter={filter}
          onChange={(next) => change({ filter: next })}
          order={order}
          search={search}
          isOpen={hasFilters}
          onOpen={setFilters}
        />
      </Toolbar>
      <Recording />
      <Chips filter={filter} range={range} onChange={(part) => change(part, "push")} />
      <div class="wire-body">
        {list.rows.length === 0 ? (
          <Nothing isLive={isLive} isFiltered={feed.received > 0} />
        ) : (
          <Diagram
            list={list}
            version={version}
            order={order}
            rowHeight={page.rowHeight}
            timeMode={times}
            onTimeMode={timeMode.set}
            follows={page.follows && !feed.isPaused}
            onFollow={page.setFollows}
            chosen={chosen.row?.no}
            onChoose={chosen.choose}
            notes={notes.all}
            range={range}
            onRange={page.setRange}
            followed={lane}
            onLane={(next) => page.follow({ lane: next })}
            handle={diagram}
          />
        )}
        {chosen.shown && (
          <Details
            row={chosen.shown}
            connections={feed.connections}
            filter={filter}
            onFollow={page.follow}
            note={notes.note}
            onNote={notes.set}
            onClose={() => chosen.open(false)}
          />
        )}
      </div>
      <StatusLine feed={feed} isLive={isLive} />
      {exports && (
        <ExportDialog
          chosen={span && rowsOf(list.rows, span)}
          inView={rowsInView(page.state, diagram.current)}
          rows={list.rows}
          order={order}
          timeMode={times}
          notes={notes.all}
          onClose={() => setExports(false)}
        />
      )}
    </div>
  );
}

/** What the page shows, and what can be done with it. */
function useWirePage() {
  const state = useFeed();
  const { feed, filter, range, change } = state;
  const { list } = feed;
  const [follows, setFollows] = useState(true);
  const diagram = useRef<DiagramHandle>(null);
  const chosen = useChosen(feed, diagram, () => setFollows(false));
  const span = range && spanOf(list.rows, range);
  const order = useStore(services)?.map(({ name }) => name) ?? [];
  const recorded = servicesOf(filter, order);
  const mayRecord = useMay("admin");
  // With another filter it stands among other rows.
  useEffect(() => {
    if (chosen.row !== undefined && !follows) diagram.current?.scrollTo(chosen.row.no, "middle");
  }, [filter]);
  const setRange = (next: TimeRange | undefined) => {
    setFollows(false);
    change({ range: next }, "push");
  };
  return {
    state,
    order,
    diagram,
    chosen,
    notes: useNotes(chosen.row),
    times: useStore(timeMode),
    rowHeight: Number(useStore(rowHeightText)),
    follows,
    setFollows,
    span,
    setRange,
    moveEnd: (end: "from" | "to") => chosen.row && setRange(movedTo(list.rows, range, chosen.row.no, end)),
    follow: (part: Partial<WireFilter>) => change({ filter: { ...filter, ...part } }, "push"),
    /** The services that a recording would be of; undefined: all. */
    recorded,
    /** Stops the recording that runs, or starts one. */
    record: () => {
      if (recorder.state.get().kind === "running") recorder.stop();
      else if (mayRecord) void recorder.start(recorded);
    },
    /** Makes the rows, or those of the chosen time, as high as they can be. */
    fit: () => {
      const count = span === undefined ? list.rows.length : span.last - span.first + 1;
      setRowHeight(fitting(count, diagram.current?.room() ?? 0));
      // Once the rows have their new height.
      if (span !== undefined) requestAnimationFrame(() => diagram.current?.scrollTo(span.first));
    },
    /** Arrow keys move the focus from anywhere on the page to the newest visible row. */
    enter: () => {
      const last = diagram.current?.inView().last;
      if (last === undefined || document.activeElement?.closest("[role=listbox]")) return;
      diagram.current?.focus();
      chosen.choose(Math.min(last, list.rows.at(-1)?.no ?? last), false);
    },
  };
}

function rowsInView({ feed: { list } }: FeedState, diagram: DiagramHandle | null) {
  const span = diagram?.inView();
  return span === undefined ? list.rows : rowsOf(list.rows, span);
}
