import { useEffect, useRef, useState } from "preact/hooks";
import { listenToTraffic } from "../api/traffic.ts";
import { store, useStore } from "../state/store.ts";
import { WireFeed } from "./feed.ts";
import { allTraffic, asQuery, type WireFilter } from "./filter.ts";

/** Outside of the component, so that the feed survives a visit to another page. */
const feed = new WireFeed(allTraffic);
const filterStore = store<WireFilter>(allTraffic);

/** Past events to begin with. */
const history = 500;
/** Debounces the filter, because every change opens a new stream. */
const debounceMs = 300;

export interface FeedState {
  readonly feed: WireFeed;
  readonly filter: WireFilter;
  readonly setFilter: (filter: WireFilter) => void;
  readonly isLive: boolean;
  /** Changes when there is something new to render. */
  readonly version: number;
}

/** Receives events while the page is open, and renders them once per frame. */
export function useFeed(): FeedState {
  const filter = useStore(filterStore);
  const [isLive, setLive] = useState(false);
  const version = useFrames(feed);
  const latest = JSON.stringify(asQuery(filter));
  const asked = useRef(latest);
  // While paused the stream stays the same, because a new one would begin from the start.
  const query = feed.isPaused ? asked.current : latest;
  useEffect(() => {
    const listen = () => {
      // With another filter the server has to send again what the old one has excluded.
      if (asked.current !== query) feed.clear(true);
      asked.current = query;
      return listenToTraffic(
        { ...asQuery(filterStore.get()), history },
        { traffic: (event) => feed.add(event), lost: (what) => feed.addLost(what), live: setLive },
      );
    };
    if (asked.current === query) return listen();
    let stop = () => {};
    const timer = setTimeout(() => {
      stop = listen();
    }, debounceMs);
    return () => {
      clearTimeout(timer);
      stop();
    };
  }, [query]);
  const setFilter = (next: WireFilter) => {
    feed.setFilter(next);
    filterStore.set(next);
  };
  return { feed, filter, setFilter, isLive, version };
}

/** The feed's version, read once per frame: two thousand messages per second cause sixty renderings. */
function useFrames({ version: first }: WireFeed): number {
  const [version, setVersion] = useState(first);
  useEffect(() => {
    let frame = requestAnimationFrame(function look() {
      setVersion(feed.version);
      frame = requestAnimationFrame(look);
    });
    return () => cancelAnimationFrame(frame);
  }, []);
  return version;
}
