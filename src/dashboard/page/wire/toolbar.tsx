import type { ComponentChildren } from "preact";
import { Icon } from "../components/icons.tsx";
import { pageTitles } from "../state/route.ts";
import { integer } from "../text/format.ts";
import { texts } from "../text/language.ts";
import { OpenButton } from "./capture/open-button.tsx";
import { capacity, type WireFeed } from "./feed.ts";
import { MayNotRecord } from "./record-button.tsx";

const words = texts({
  en: {
    pause: "Pause",
    goOn: "Go on",
    pauseHint: "Pause and go on (Space)",
    follow: "Follow",
    followHint: "Follow the newest (f)",
    clear: "Clear",
    clearHint: "Forget what is shown",
    export: "Export",
    exportHint: "Export (e)",
    paused: "paused",
    live: "live",
    connecting: "connecting",
    rows: (count: number) => (count === 1 ? "1 row" : `${integer(count)} rows`),
    since: (count: string) => `${count} came since`,
    lost: (count: string) => `${count} left out by the server's sampling`,
    evicted: (count: string, kept: string) => `${count} older forgotten (the newest ${kept} are kept)`,
  },
  id: {
    pause: "Jeda",
    goOn: "Lanjut",
    pauseHint: "Jeda dan lanjutkan (Space)",
    follow: "Ikuti",
    followHint: "Ikuti yang terbaru (f)",
    clear: "Bersihkan",
    clearHint: "Lupakan yang ditampilkan",
    export: "Ekspor",
    exportHint: "Ekspor (e)",
    paused: "dijeda",
    live: "langsung",
    connecting: "menyambung",
    rows: (count) => `${integer(count)} baris`,
    since: (count) => `${count} datang sejak itu`,
    lost: (count) => `${count} tidak ikut sampel server`,
    evicted: (count, kept) => `${count} yang lebih lama dilupakan (${kept} terbaru disimpan)`,
  },
});

interface ToolbarProps {
  readonly feed: WireFeed;
  readonly follows: boolean;
  readonly onFollow: () => void;
  readonly onExport: () => void;
  readonly canExport: boolean;
  readonly record: ComponentChildren;
  readonly zoom: ComponentChildren;
  readonly children: ComponentChildren;
}

/** What is shown stands before how it is shown, and what makes a file of it at the end. */
export function Toolbar({ feed, follows, onFollow, onExport, canExport, ...props }: ToolbarProps) {
  const { isPaused, queued } = feed;
  return (
    <div class="toolbar" role="toolbar" aria-label={pageTitles.wire}>
      {props.children}
      <OpenButton />
      {props.zoom}
      <span class="toolbar-buttons">
        <button
          type="button"
          class={isPaused ? "primary" : ""}
          aria-pressed={isPaused}
          onClick={() => feed.setPaused(!isPaused)}
          title={words.pauseHint}
        >
          <Icon name={isPaused ? "play" : "pause"} />
          <span class="wide-only">{isPaused ? words.goOn : words.pause}</span>
          {isPaused && queued > 0 && <span class="badge">{integer(queued)}</span>}
        </button>
        <button type="button" aria-pressed={follows} onClick={onFollow} title={words.followHint}>
          <Icon name="follow" />
          <span class="wide-only">{words.follow}</span>
        </button>
        <button type="button" onClick={() => feed.clear()} title={words.clearHint}>
          <Icon name="clear" />
          <span class="wide-only">{words.clear}</span>
        </button>
        <button type="button" onClick={onExport} disabled={!canExport} title={words.exportHint}>
          <Icon name="export" />
          <span class="wide-only">{words.export}</span>
        </button>
        {props.record}
      </span>
    </div>
  );
}

/** How many rows there are, and how many events are missing from them. */
export function StatusLine({ feed, isLive }: { feed: WireFeed; isLive: boolean }) {
  const { list, isPaused, queued, lost, evicted } = feed;
  const state = isPaused ? "paused" : isLive ? "live" : "connecting";
  return (
    <p class="status-line">
      <span class={`live live-${state}`}>{words[state]}</span>
      <span>{words.rows(list.rows.length)}</span>
      {isPaused && queued > 0 && <span>{words.since(integer(queued))}</span>}
      {lost > 0 && <span>{words.lost(integer(lost))}</span>}
      {evicted > 0 && <span>{words.evicted(integer(evicted), integer(capacity))}</span>}
      <MayNotRecord />
    </p>
  );
}
