import { useEffect, useState } from "preact/hooks";
import { getJson, wordsOf } from "../api/client.ts";

export interface Polled<T> {
  readonly data: T | undefined;
  readonly error: string | undefined;
  /** Reads it now. */
  readonly again: () => void;
}

/** Reads `path` every so many milliseconds while the component is there and the page is looked at. */
export function usePoll<T>(path: string | undefined, every = 1000): Polled<T> {
  const [state, setState] = useState<{ path?: string; data?: T; error?: string }>({});
  const [asked, again] = useState(0);
  useEffect(() => {
    if (path === undefined) return;
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout>;
    let wait = every;
    const turn = async () => {
      if (!document.hidden) {
        const next = await getJson<T>(path, stop.signal).then(
          (data) => ({ path, data }),
          (error: unknown) => ({ path, error: wordsOf(error) }),
        );
        if (stop.signal.aborted) return;
        // What is not there now will hardly be there in a second.
        wait = "error" in next ? every * 5 : every;
        setState((before) => ({ ...(before.path === path ? { data: before.data } : {}), ...next }));
      }
      timer = setTimeout(turn, wait);
    };
    void turn();
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [path, every, asked]);
  const isOurs = state.path === path;
  return {
    data: isOurs ? state.data : undefined,
    error: isOurs ? state.error : undefined,
    again: () => again((n) => n + 1),
  };
}
