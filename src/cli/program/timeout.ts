import { late, onAbort, withDeadline } from "../../core/deadline.ts";
import { formatDuration } from "../../protocol/text/units.ts";
import { TimedOutError } from "./errors.ts";

export interface Timeout {
  /** Milliseconds; 0 is no limit. */
  readonly limit: number;
  /** Aborts the work as well, with its own reason. */
  readonly signal: AbortSignal;
  /** The error's message, given the limit as text: `No answer from 127.0.0.1:2222 within 10 s`. */
  readonly message: (limit: string) => string;
}

/**
 * Runs `work` no longer than the limit. The work is given a signal to stop by; whether it does or not, the promise
 * settles when the limit is over.
 * @throws {TimedOutError} with the message
 */
export async function within<T>(timeout: Timeout, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const { limit, signal } = timeout;
  const stop = new AbortController();
  const stopListening = onAbort(signal, () => stop.abort(signal.reason));
  const timer = limit === 0 ? undefined : setTimeout(() => stop.abort(timedOut(timeout)), limit);
  try {
    return await interruptible(stop.signal, () => work(stop.signal));
  } finally {
    clearTimeout(timer);
    stopListening();
  }
}

/** Runs `work` for as long as it takes, but rejects with the signal's reason as soon as that is aborted. */
export async function interruptible<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  signal.throwIfAborted();
  const result = await withDeadline(work(), signal);
  if (result === late) throw signal.reason;
  return result;
}

export interface SilenceWatch {
  /** The peer has sent something: the time starts again. */
  reset(): void;
  /** It is not the peer that we wait for: no time counts until `reset`. */
  pause(): void;
  /** Never resolves; rejects when the peer was silent for too long, or when the signal is aborted. */
  readonly over: Promise<never>;
  stop(): void;
}

/** Limits the silence of a peer rather than the whole time: each `reset` starts the limit again. */
export function watchSilence(timeout: Timeout): SilenceWatch {
  const { limit, signal } = timeout;
  const { promise: over, reject } = Promise.withResolvers<never>();
  over.catch(() => {}); // it may reject before anybody awaits it
  const stopListening = onAbort(signal, () => reject(signal.reason));
  let timer: Timer | undefined;
  const reset = () => {
    clearTimeout(timer);
    if (limit > 0) timer = setTimeout(() => reject(timedOut(timeout)), limit);
  };
  reset();
  return {
    reset,
    pause: () => clearTimeout(timer),
    over,
    stop: () => {
      clearTimeout(timer);
      stopListening();
    },
  };
}

const timedOut = ({ message, limit }: Timeout) => new TimedOutError(message(formatDuration(limit)));
