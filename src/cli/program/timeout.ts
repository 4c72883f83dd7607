import { TimedOutError } from "./errors.ts";

export interface Deadline {
  /** Gives up after so many milliseconds; 0 never does. */
  readonly limit: number;
  /** Aborts the work as well, with its own reason. */
  readonly signal: AbortSignal;
  /** What to say when it is over, given the limit as text: `No answer from 127.0.0.1:2222 within 10 s`. */
  readonly complaint: (limit: string) => string;
}

/**
 * Runs `work` until the deadline. The work is handed a signal to stop by; whether it obeys or not, the
 * promise settles when the time is over.
 * @throws {TimedOutError} with the complaint
 */
export async function within<T>(deadline: Deadline, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  deadline.signal.throwIfAborted();
  const given = new AbortController();
  const { promise: gaveUp, reject } = Promise.withResolvers<never>();
  gaveUp.catch(() => {}); // the race may have no listener left when it rejects
  const giveUp = (reason: unknown) => {
    given.abort(reason);
    reject(reason);
  };
  const interrupt = () => giveUp(deadline.signal.reason);
  deadline.signal.addEventListener("abort", interrupt, { once: true });
  const timer =
    deadline.limit === 0 ? undefined : setTimeout(() => giveUp(timedOut(deadline)), deadline.limit);
  try {
    return await Promise.race([gaveUp, work(given.signal)]);
  } finally {
    clearTimeout(timer);
    deadline.signal.removeEventListener("abort", interrupt);
  }
}

/** Runs `work` for as long as it takes, but no longer than until the signal is aborted. */
export const interruptible = <T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> =>
  within({ limit: 0, signal, complaint: () => "" }, work);

const timedOut = ({ complaint, limit }: Deadline) => new TimedOutError(complaint(formatDuration(limit)));

export interface SilenceWatch {
  /** The time starts again. */
  heard(): void;
  /** Never resolves; rejects when nothing was heard for too long, or when the work is aborted. */
  readonly over: Promise<never>;
  stop(): void;
}

/** A deadline that every sign of life pushes back. */
export function watchSilence(deadline: Deadline): SilenceWatch {
  const { promise: over, reject } = Promise.withResolvers<never>();
  over.catch(() => {});
  const abort = () => reject(deadline.signal.reason);
  if (deadline.signal.aborted) abort();
  deadline.signal.addEventListener("abort", abort, { once: true });
  let timer: Timer | undefined;
  const heard = () => {
    clearTimeout(timer);
    if (deadline.limit > 0) timer = setTimeout(() => reject(timedOut(deadline)), deadline.limit);
  };
  heard();
  const stop = () => {
    clearTimeout(timer);
    deadline.signal.removeEventListener("abort", abort);
  };
  return { heard, over, stop };
}

/** Resolves after `milliseconds`, rejects with the signal's reason when it is aborted before. */
export function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.reject(signal.reason);
  if (milliseconds <= 0) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const abort = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", abort);
      resolve();
    }, milliseconds);
    signal.addEventListener("abort", abort, { once: true });
  });
}

/** `250 ms`, `1.5 s`, `2 min`. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < 1) return `${milliseconds.toFixed(2)} ms`;
  if (milliseconds < 10) return `${Number(milliseconds.toFixed(1))} ms`;
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`;
  if (milliseconds < 120_000) return `${Number((milliseconds / 1000).toFixed(1))} s`;
  return `${Number((milliseconds / 60_000).toFixed(1))} min`;
}
