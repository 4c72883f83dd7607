import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { CapturedConversation, CapturedCourse, CapturePicture } from "../../../capture/messages.ts";
import { Empty } from "../../components/empty.tsx";
import { useKeys } from "../../state/keys.ts";
import { services } from "../../state/lab.ts";
import { setQuery } from "../../state/route.ts";
import { useStore } from "../../state/use-store.ts";
import { integer } from "../../text/format.ts";
import { language, texts } from "../../text/language.ts";
import { formatAddress, type WireAddress } from "../address.ts";
import { Chips } from "../chips.tsx";
import { Details } from "../details.tsx";
import { Diagram, type DiagramHandle } from "../diagram.tsx";
import { ExportDialog } from "../export-dialog.tsx";
import type { WireFilter } from "../filter.ts";
import { FilterBar } from "../filter-bar.tsx";
import { toneIn } from "../palette.ts";
import { movedTo, rowsOf, spanOf } from "../range.ts";
import { fitting } from "../row-size.ts";
import type { RowList } from "../rows.ts";
import { useChosen } from "../use-chosen.ts";
import { useClosing } from "../use-closing.ts";
import { useAddress } from "../use-feed.ts";
import { useNotes, writeNote } from "../use-notes.ts";
import { rowHeightText, setRowHeight, timeMode } from "../view-settings.ts";
import { Zoom } from "../zoom.tsx";
import { CaptureSide } from "./capture-side.tsx";
import { CaptureStatus, CaptureToolbar, DamageBanner } from "./capture-toolbar.tsx";
import { laneNames } from "./captured-events.ts";
import { rowOfPacket, rowsOfCapture } from "./captured-rows.ts";
import { maxDrawn } from "./conversation-list.tsx";
import { captureQuery, closeCapture, type OpenedCapture } from "./opened-capture.ts";
import { ReportDialog } from "./report-dialog.tsx";

const words = texts({
  en: {
    emptyTitle: "Nothing is drawn",
    empty: "Choose a conversation in the list, or let more pass the filter.",
    noneTitle: "The capture has no conversation",
    none: (packets: string) => `It has ${packets} packets, none of them of TCP or UDP.`,
  },
  id: {
    emptyTitle: "Tidak ada yang digambar",
    empty: "Pilih percakapan dari daftar, atau longgarkan filter.",
    noneTitle: "Tangkapan ini tidak berisi percakapan",
    none: (packets) => `Isinya ${packets} paket, tidak satu pun TCP atau UDP.`,
  },
});

interface CaptureViewProps {
  readonly capture: Extract<OpenedCapture, { is: "open" }>;
}

/** A capture as a sequence diagram: the conversations that are chosen, drawn as the live ones are. */
export function CaptureView({ capture }: CaptureViewProps) {
  const view = useCaptureView(capture);
  const { address, change, list, order, diagram, chosen, notes, span } = view;
  const { filter, range } = address;
  const { picture, file } = capture;
  const [dialog, setDialog] = useState<"export" | "report">();
  const [hasFilters, setFilters] = useState(false);
  const search = useRef<HTMLInputElement>(null);
  const times = useStore(timeMode);
  const closeLast = useClosing({
    capture: [true, closeCapture],
    details: [chosen.shown !== undefined, () => chosen.open(false)],
    filters: [hasFilters, () => setFilters(false)],
    lane: [filter.lane !== undefined, () => view.follow({ lane: undefined })],
    connection: [filter.connection !== "", () => view.follow({ connection: "" })],
    topic: [filter.topic !== "", () => view.follow({ topic: "" })],
    range: [range !== undefined, () => change({ range: undefined })],
  });
  useKeys({
    "/": () => search.current?.focus(),
    e: () => list.rows.length > 0 && setDialog("export"),
    Escape: closeLast,
    ArrowUp: view.enter,
    ArrowDown: view.enter,
    h: notes.toggleHighlight,
    n: () => writeNote(chosen.open),
    "[": () => view.moveEnd("from"),
    "]": () => view.moveEnd("to"),
  });
  return (
    <div class="wire capture">
      <CaptureToolbar
        file={file}
        showsTcp={address.showsTcp === true}
        onTcp={(showsTcp) => change({ showsTcp })}
        zoom={<Zoom rowHeight={view.rowHeight} onZoom={setRowHeight} onFit={view.fit} />}
        canExport={list.rows.length > 0}
        onExport={() => setDialog("export")}
        onReport={() => setDialog("report")}
        onClose={closeCapture}
      >
        <FilterBar
          filter={filter}
          onChange={(next) => change({ filter: next })}
          order={view.services}
          search={search}
          isOpen={hasFilters}
          onOpen={setFilters}
        />
      </CaptureToolbar>
      {picture.damage && <DamageBanner damage={picture.damage} />}
      <Chips filter={filter} range={range} onChange={(part) => change(part, "push")} />
      <div class="wire-body">
        <CaptureSide
          picture={picture}
          drawn={view.drawn}
          onDraw={view.draw}
          onShow={view.show}
          toneOf={view.toneOf}
        />
        {list.rows.length === 0 ? (
          <NothingDrawn picture={picture} />
        ) : (
          <Diagram
            list={list}
            version={view.version}
            order={order}
            rowHeight={view.rowHeight}
            timeMode={times}
            onTimeMode={timeMode.set}
            follows={false}
            onFollow={() => {}}
            chosen={chosen.row?.no}
            onChoose={chosen.choose}
            notes={notes.all}
            range={range}
            onRange={(next) => change({ range: next }, "push")}
            followed={filter.lane}
            onLane={(lane) => view.follow({ lane })}
            handle={diagram}
          />
        )}
        {chosen.shown && (
          <Details
            row={chosen.shown}
            connections={view.connections}
            filter={filter}
            onFollow={view.follow}
            tone={toneIn(order, chosen.shown.event.service)}
            note={notes.note}
            onNote={notes.set}
            onClose={() => chosen.open(false)}
          />
        )}
      </div>
      <CaptureStatus file={file} picture={picture} rows={list.rows.length} drawn={view.drawn.length} />
      {dialog === "report" && <ReportDialog capture={capture} onClose={() => setDialog(undefined)} />}
      {dialog === "export" && (
        <ExportDialog
          chosen={span && rowsOf(list.rows, span)}
          inView={diagram.current === null ? list.rows : rowsOf(list.rows, diagram.current.inView())}
          rows={list.rows}
          order={order}
          timeMode={times}
          notes={notes.all}
          onClose={() => setDialog(undefined)}
        />
      )}
    </div>
  );
}

/** So many are drawn at first. */
const firstDrawn = 12;

/** What is shown of a capture, and what can be done with it. */
function useCaptureView({ picture, courses: fetch }: CaptureViewProps["capture"]) {
  const address = useAddress(captureQuery);
  const { filter, range, showsTcp = false } = address;
  const change = (part: Partial<WireAddress>, how: "push" | "replace" = "replace") =>
    setQuery(formatAddress({ ...address, ...part }), how);
  const [drawn, draw] = useState<readonly number[]>(() =>
    picture.conversations.slice(0, firstDrawn).map(({ number }) => number),
  );
  const courses = useCourses(fetch, drawn);
  const spoken = useStore(language);
  const { list, connections } = useMemo(
    () => rowsOfCapture(picture, courses, filter, showsTcp),
    [picture, courses, filter, showsTcp, spoken],
  );
  const version = useVersion(list);
  const diagram = useRef<DiagramHandle>(null);
  // One object for the whole life of the view, with the list of now.
  const feed = useRef({ list }).current;
  feed.list = list;
  const chosen = useChosen(feed, diagram, () => {});
  const span = range && spanOf(list.rows, range);
  const seek = useSeeking(list, courses, (row) => {
    chosen.choose(row, false);
    diagram.current?.scrollTo(row, "middle");
  });
  const lab = useStore(services)?.map(({ name }) => name) ?? [];
  const { nameOf, own } = useMemo(() => servicesIn(picture), [picture]);
  // What the lab has keeps the colour that it has on the other pages.
  const order = [...lab, ...own.filter((name) => !lab.includes(name))];
  return {
    address,
    change,
    list,
    connections,
    version,
    drawn,
    draw,
    diagram,
    chosen,
    span,
    notes: useNotes(chosen.row),
    rowHeight: Number(useStore(rowHeightText)),
    services: own,
    order,
    toneOf: (conversation: CapturedConversation) => toneIn(order, nameOf(conversation)),
    follow: (part: Partial<WireFilter>) => change({ filter: { ...filter, ...part } }, "push"),
    moveEnd: (end: "from" | "to") =>
      chosen.row && change({ range: movedTo(list.rows, range, chosen.row.no, end) }, "push"),
    /** Draws the packet's conversation with TCP's own arrows, among which the packet is, and goes there. */
    show: (packet: number, conversation: number | undefined) => {
      if (conversation !== undefined && !drawn.includes(conversation))
        draw([...drawn, conversation].slice(-maxDrawn));
      if (!hasPacket(list, packet)) change({ showsTcp: true });
      seek({ packet, conversation });
    },
    fit: () => {
      const count = span === undefined ? list.rows.length : span.last - span.first + 1;
      setRowHeight(fitting(count, diagram.current?.room() ?? 0));
    },
    enter: () => {
      const first = diagram.current?.inView().first;
      if (first === undefined || document.activeElement?.closest("[role=listbox]")) return;
      diagram.current?.focus();
      chosen.choose(first, false);
    },
  };
}

/** What the conversations that are drawn said; what was drawn before stays until it is there. */
function useCourses(
  fetch: (numbers: readonly number[]) => Promise<readonly CapturedCourse[]>,
  drawn: readonly number[],
): readonly CapturedCourse[] {
  const [courses, setCourses] = useState<readonly CapturedCourse[]>([]);
  useEffect(() => {
    let isCurrent = true;
    void fetch(drawn).then((next) => isCurrent && setCourses(next));
    return () => {
      isCurrent = false;
    };
  }, [fetch, drawn]);
  return courses;
}

interface Sought {
  readonly packet: number;
  readonly conversation: number | undefined;
}

/** Goes to a packet as soon as its conversation is drawn. @returns how to ask for it */
function useSeeking(list: RowList, courses: readonly CapturedCourse[], go: (row: number) => void) {
  const [sought, seek] = useState<Sought>();
  useEffect(() => {
    if (sought === undefined) return;
    const { packet, conversation } = sought;
    if (conversation !== undefined && !courses.some(({ number }) => number === conversation)) return;
    const row = rowOfPacket(list, packet);
    if (row === undefined) return;
    seek(undefined);
    go(row);
  }, [sought, list]);
  return seek;
}

/** Another number for each list. */
function useVersion(list: RowList): number {
  const last = useRef({ list, version: 0 });
  if (last.current.list !== list) last.current = { list, version: last.current.version + 1 };
  return last.current.version;
}

const hasPacket = ({ rows }: RowList, packet: number): boolean =>
  rows.some((row) => row.is === "event" && row.event.captured?.packet === packet);

function servicesIn({ conversations }: CapturePicture) {
  const nameOf = laneNames(conversations);
  return { nameOf, own: [...new Set(conversations.map(nameOf))] };
}

function NothingDrawn({ picture: { conversations, packets } }: { picture: CapturePicture }) {
  const isEmpty = conversations.length === 0;
  return (
    <Empty icon="wire" title={isEmpty ? words.noneTitle : words.emptyTitle}>
      <p>{isEmpty ? words.none(integer(packets)) : words.empty}</p>
    </Empty>
  );
}
