import { useCallback, useRef, useState } from "preact/hooks";
import { Empty } from "../components/empty.tsx";
import { useKeys } from "../state/keys.ts";
import { services } from "../state/lab.ts";
import { useStore } from "../state/store.ts";
import { Details } from "./details.tsx";
import { Diagram, type DiagramHandle } from "./diagram.tsx";
import { ExportDialog } from "./export-dialog.tsx";
import { FilterBar } from "./filter-bar.tsx";
import type { Row } from "./rows.ts";
import { StatusLine, Toolbar } from "./toolbar.tsx";
import { useFeed } from "./use-feed.ts";

/** The live sequence diagram. */
export function WirePage() {
  const order = useStore(services)?.map(({ name }) => name) ?? [];
  const { feed, filter, setFilter, isLive, version } = useFeed();
  const [follows, setFollows] = useState(true);
  const [chosen, setChosen] = useState<number>();
  const [isOpen, setOpen] = useState(false);
  const [exports, setExports] = useState(false);
  const diagram = useRef<DiagramHandle>(null);
  const search = useRef<HTMLInputElement>(null);
  const { list } = feed;
  const choose = useCallback((row: number | undefined, opens: boolean) => {
    setChosen(row);
    setOpen(opens && row !== undefined);
    if (row !== undefined) setFollows(false);
  }, []);
  // Arrow keys move the focus from anywhere on the page to the newest visible row.
  const enter = () => {
    const last = diagram.current?.inView().last;
    if (last === undefined || document.activeElement?.closest("[role=listbox]")) return;
    diagram.current?.focus();
    choose(Math.min(last, list.rows.at(-1)?.no ?? last), false);
  };
  useKeys({
    " ": () => feed.setPaused(!feed.isPaused),
    f: () => setFollows(true),
    "/": () => search.current?.focus(),
    e: () => setExports(true),
    Escape: () => setOpen(false),
    ArrowUp: enter,
    ArrowDown: enter,
  });
  const row = isOpen ? list.rows.find(({ no }) => no === chosen) : undefined;
  return (
    <div class="wire">
      <Toolbar
        feed={feed}
        follows={follows}
        onFollow={() => setFollows(!follows)}
        onExport={() => setExports(true)}
        canExport={list.rows.length > 0}
      >
        <FilterBar filter={filter} onChange={setFilter} order={order} search={search} />
      </Toolbar>
      <div class="wire-body">
        {list.rows.length === 0 ? (
          <Nothing isLive={isLive} isFiltered={feed.received > 0} />
        ) : (
          <Diagram
            list={list}
            version={version}
            order={order}
            follows={follows && !feed.isPaused}
            onFollow={setFollows}
            chosen={chosen}
            onChoose={choose}
            handle={diagram}
          />
        )}
        {row?.is === "event" && <Details row={row} onClose={() => setOpen(false)} />}
      </div>
      <StatusLine feed={feed} isLive={isLive} />
      {exports && (
        <ExportDialog
          inView={rowsInView(list.rows, diagram.current)}
          rows={list.rows}
          order={order}
          onClose={() => setExports(false)}
        />
      )}
    </div>
  );
}

function rowsInView(rows: readonly Row[], diagram: DiagramHandle | null): readonly Row[] {
  const span = diagram?.inView();
  return span === undefined ? rows : rows.filter(({ no }) => no >= span.first && no <= span.last);
}

function Nothing({ isLive, isFiltered }: { isLive: boolean; isFiltered: boolean }) {
  if (isFiltered)
    return (
      <Empty icon="filter" title="Nothing passes the filter">
        <p>Messages come in, and the filter above lets none of them through.</p>
      </Empty>
    );
  return (
    <Empty icon="wire" title={isLive ? "Nothing has been said yet" : "Connecting …"}>
      <p>
        Every message to and from a service appears here as an arrow. Send one from <a href="#/try">Try</a>,
        or from a terminal:
      </p>
      <p>
        <code>distcli echo 127.0.0.1 halo</code>
      </p>
    </Empty>
  );
}
