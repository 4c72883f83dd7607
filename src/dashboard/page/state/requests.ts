import { useState } from "preact/hooks";
import { wordsOf } from "../api/client.ts";

/** Something that takes its time and may fail: whether it runs, and what it said when it failed. */
export interface Run {
  readonly isBusy: boolean;
  readonly error: string | undefined;
  start(work: () => Promise<void>): void;
}

export function useRun(): Run {
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<string>();
  const start = (work: () => Promise<void>) => {
    setBusy(true);
    setError(undefined);
    work()
      .catch((problem: unknown) => setError(wordsOf(problem)))
      .finally(() => setBusy(false));
  };
  return { isBusy, error, start };
}
