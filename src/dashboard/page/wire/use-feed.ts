import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { listenToTraffic } from "../api/traffic.ts";
import { route, setQuery } from "../state/route.ts";
import { useStore } from "../state/use-store.ts";
import { formatAddress, parseAddress, type TimeRange, type WireAddress } from "./address.ts";
import { WireFeed } from "./feed.ts";
import { allTraffic, asQuery, type WireFilter } from "./filter.ts";
import { FramePacer } from "./frame-pacer.ts";

/** Outside of the component, so that the feed survives a visit to another page. */
const feed = new WireFeed(allTraffic);
/** The query of the page when it was open last: the link in the navigation has none. */
const lastQuery = { text: "" };

/** Past events to begin with: about all that the server keeps, so that a linked picture comes back. */
const history = 3000;
/** Debounces the filter, because every change opens a new stream. */
const debounceMs = 300;

export interface FeedState {
  readonly feed: WireFeed;
  readonly filter: WireFilter;
  readonly range: TimeRange | undefined;
  /** Changes the address. `push`: the browser's Back leads to what was shown before. */
  readonly change: (part: Partial<WireAddress>, how?: "push" | "replace") => void;
  readonly isLive: boolean;
  /** Changes when there is something new to render. */
  readonly version: number;
}

/** Receives events while the page is open, and renders them once per frame. */
export function useFeed(): FeedState {
  const address = useAddress(lastQuery);
  const { filter, range } = address;
  const [isLive, setLive] = useState(false);
  const version = useFrames(feed);
  const latest = JSON.stringify(asQuery(filter));
  const asked = useRef(latest);
  const current = useRef(filter);
  current.current = filter;
  // At once, so that what is rendered with a filter are its rows.
  useMemo(() => feed.setFilter(filter), [filter]);
  // While paused the stream stays the same, because a new one would begin from the start.
  const query = feed.isPaused ? asked.current : latest;
  useEffect(() => {
    const listen = () => {
      // With another filter the server has to send again what the old one has excluded.
      if (asked.current !== query) feed.clear(true);
      asked.current = query;
      return listenToTraffic(
        { ...asQuery(current.current), history },
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
  const change: FeedState["change"] = (part, how = "replace") =>
    setQuery(formatAddress({ ...address, ...part }), how);
  return { feed, filter, range, change, isLive, version };
}

/** What the address says; where it says nothing on arrival, what it said when the page was open last. */
export function useAddress(last: { text: string }): WireAddress {
  const { page, query: shown } = useStore(route);
  const [arrived, setArrived] = useState(false);
  const query = arrived || shown !== "" ? shown : last.text;
  useLayoutEffect(() => {
    if (!arrived && query !== shown) setQuery(query, "replace");
    setArrived(true);
    if (page === "wire") last.text = query;
  }, [query]);
  return useMemo(() => parseAddress(query), [query]);
}

/** The feed's version, read once in every other frame: two thousand messages per second cause thirty renderings. */
function useFrames({ version: first }: WireFeed): number {
  const [version, setVersion] = useState(first);
  useEffect(() => {
    const pacer = new FramePacer();
    let shown = first;
    let frame = requestAnimationFrame(function look(now) {
      if (pacer.frame(now, feed.version !== shown)) {
        shown = feed.version;
        setVersion(shown);
      }
      frame = requestAnimationFrame(look);
    });
    return () => cancelAnimationFrame(frame);
  }, []);
  return version;
}
