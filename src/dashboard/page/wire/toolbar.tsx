import type { ComponentChildren } from "preact";
import { Icon } from "../components/icons.tsx";
import { plural } from "../text/format.ts";
import { capacity, type WireFeed } from "./feed.ts";

interface ToolbarProps {
  readonly feed: WireFeed;
  readonly follows: boolean;
  readonly onFollow: () => void;
  readonly onExport: () => void;
  readonly canExport: boolean;
  readonly children: ComponentChildren;
}

export function Toolbar({ feed, follows, onFollow, onExport, canExport, children }: ToolbarProps) {
  const { isPaused, queued } = feed;
  return (
    <div class="toolbar" role="toolbar" aria-label="Wire">
      {children}
      <span class="toolbar-buttons">
        <button
          type="button"
          class={isPaused ? "primary" : ""}
          aria-pressed={isPaused}
          onClick={() => feed.setPaused(!isPaused)}
          title="Pause and go on (Space)"
        >
          <Icon name={isPaused ? "play" : "pause"} />
          <span class="wide-only">{isPaused ? "Go on" : "Pause"}</span>
          {isPaused && queued > 0 && <span class="badge">{queued.toLocaleString("en")}</span>}
        </button>
        <button type="button" aria-pressed={follows} onClick={onFollow} title="Follow the newest (f)">
          <Icon name="follow" />
          <span class="wide-only">Follow</span>
        </button>
        <button type="button" onClick={() => feed.clear()} title="Forget what is shown">
          <Icon name="clear" />
          <span class="wide-only">Clear</span>
        </button>
        <button type="button" onClick={onExport} disabled={!canExport} title="Export (e)">
          <Icon name="export" />
          <span class="wide-only">Export</span>
        </button>
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
      <span class={`live live-${state}`}>{state}</span>
      <span>{plural(list.rows.length, "row")}</span>
      {isPaused && queued > 0 && <span>{queued.toLocaleString("en")} came since</span>}
      {lost > 0 && <span>{lost.toLocaleString("en")} left out by the server's sampling</span>}
      {evicted > 0 && (
        <span>
          {evicted.toLocaleString("en")} older forgotten (the newest {capacity.toLocaleString("en")} are kept)
        </span>
      )}
    </p>
  );
}
