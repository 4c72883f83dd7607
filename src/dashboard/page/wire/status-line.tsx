import { plural } from "../text/format.ts";
import { capacity, type WireFeed } from "./feed.ts";

/** What one sees, and what one does not: nothing is left out without a word. */
export function StatusLine({ feed, isLive }: { feed: WireFeed; isLive: boolean }) {
  const { list, isPaused, waiting, leftOut, forgotten } = feed;
  const state = isPaused ? "paused" : isLive ? "live" : "connecting";
  return (
    <p class="status-line">
      <span class={`live live-${state}`}>{state}</span>
      <span>{plural(list.rows.length, "row")}</span>
      {isPaused && waiting > 0 && <span>{waiting.toLocaleString("en")} came since</span>}
      {leftOut > 0 && <span>{leftOut.toLocaleString("en")} left out by the server's sampling</span>}
      {forgotten > 0 && (
        <span>
          {forgotten.toLocaleString("en")} older forgotten (the newest {capacity.toLocaleString("en")} are
          kept)
        </span>
      )}
    </p>
  );
}
