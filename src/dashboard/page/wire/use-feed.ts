import { useEffect, useRef, useState } from "preact/hooks";
import { listenToTraffic } from "../api/traffic.ts";
import { cell, useCell } from "../state/store.ts";
import { WireFeed } from "./feed.ts";
import { allTraffic, asQuery, type WireFilter } from "./filter.ts";

/** Kept outside of the page, so that who goes to another page and comes back finds everything in its place. */
const feed = new WireFeed(allTraffic);
const filterCell = cell<WireFilter>(allTraffic);

/** Past events that the page begins with. */
const history = 500;
/** Somebody who types a topic has not finished it with the first letter. */
const typingPause = 300;

export interface FeedState {
  readonly feed: WireFeed;
  readonly filter: WireFilter;
  readonly setFilter: (filter: WireFilter) => void;
  readonly isLive: boolean;
  /** Differs whenever there is something new to draw. */
  readonly version: number;
}

/** Listens while the page is open; whatever comes between two frames is drawn at once. */
export function useFeed(): FeedState {
  const filter = useCell(filterCell);
  const [isLive, setLive] = useState(false);
  const version = useFrames(feed);
  const wanted = JSON.stringify(asQuery(filter));
  const asked = useRef(wanted);
  // What is paused stands still: another stream, which begins anew, has to wait.
  const query = feed.isPaused ? asked.current : wanted;
  useEffect(() => {
    const listen = () => {
      // What another filter kept away has to be told again.
      if (asked.current !== query) feed.clear(true);
      asked.current = query;
      return listenToTraffic(
        { ...asQuery(filterCell.get()), history },
        { traffic: (event) => feed.add(event), leftOut: (what) => feed.addLeftOut(what), live: setLive },
      );
    };
    if (asked.current === query) return listen();
    let stop = () => {};
    const timer = setTimeout(() => {
      stop = listen();
    }, typingPause);
    return () => {
      clearTimeout(timer);
      stop();
    };
  }, [query]);
  const setFilter = (next: WireFilter) => {
    feed.setFilter(next);
    filterCell.set(next);
  };
  return { feed, filter, setFilter, isLive, version };
}

/** The feed's version, looked at once per frame: two thousand messages a second are sixty drawings a second. */
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
