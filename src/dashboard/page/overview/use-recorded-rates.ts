import { useEffect } from "preact/hooks";
import { getJson } from "../api/client.ts";
import { store } from "../state/store.ts";
import { useStore } from "../state/use-store.ts";
import { noRates, type RecordedRates, withNewer } from "./recorded-rates.ts";

/** It stays when one leaves the page, so that nothing is read twice. */
const recorded = store<RecordedRates>(noRates);

/** The server takes a point every ten seconds; one that is not there yet comes soon. */
const pollMs = 10_000;
const soonMs = 2000;

/** The server's record of the last hour; read while the component is mounted and the page is visible. */
export function useRecordedRates(): RecordedRates {
  useEffect(() => {
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout>;
    const poll = async () => {
      const isNew = !document.hidden && (await read(stop.signal));
      if (!stop.signal.aborted) timer = setTimeout(poll, isNew ? pollMs : soonMs);
    };
    void poll();
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, []);
  return useStore(recorded);
}

/** @returns false when there is nothing new, or the server does not answer */
async function read(signal: AbortSignal): Promise<boolean> {
  const known = recorded.get();
  const since = known.times.at(-1) ?? 0;
  try {
    const newer = await getJson<RecordedRates>(`/api/rates?since=${since}`, signal);
    recorded.set(withNewer(known, newer));
    return newer.times.length > 0;
  } catch {
    return false;
  }
}
