import { useEffect, useState } from "preact/hooks";
import { errorMessage, getJson } from "../api/client.ts";

export interface Polled<T> {
  readonly data: T | undefined;
  readonly error: string | undefined;
  /** Reads it now. */
  readonly again: () => void;
}

/** After an error the next poll waits longer, because the resource will hardly be there in a second. */
const errorFactor = 5;

/** Reads `path` every `every` milliseconds, while the component is mounted and the page is visible. */
export function usePoll<T>(path: string | undefined, every = 1000): Polled<T> {
  const [state, setState] = useState<{ path?: string; data?: T; error?: string }>({});
  const [count, again] = useState(0);
  useEffect(() => {
    if (path === undefined) return;
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout>;
    let wait = every;
    const poll = async () => {
      if (!document.hidden) {
        const next = await getJson<T>(path, stop.signal).then(
          (data) => ({ path, data }),
          (error: unknown) => ({ path, error: errorMessage(error) }),
        );
        if (stop.signal.aborted) return;
        wait = "error" in next ? every * errorFactor : every;
        setState((before) => ({ ...(before.path === path ? { data: before.data } : {}), ...next }));
      }
      timer = setTimeout(poll, wait);
    };
    void poll();
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [path, every, count]);
  const isCurrent = state.path === path;
  return {
    data: isCurrent ? state.data : undefined,
    error: isCurrent ? state.error : undefined,
    again: () => again((n) => n + 1),
  };
}

/** An asynchronous action of a form or a button. */
export interface Action {
  readonly isBusy: boolean;
  /** Why the last run failed. */
  readonly error: string | undefined;
  start(work: () => Promise<void>): void;
}

export function useAction(): Action {
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<string>();
  const start = (work: () => Promise<void>) => {
    setBusy(true);
    setError(undefined);
    work()
      .catch((failure: unknown) => setError(errorMessage(failure)))
      .finally(() => setBusy(false));
  };
  return { isBusy, error, start };
}
