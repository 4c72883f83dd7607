/** What a race against time gives when the time was over first. */
export const late = Symbol("late");

export type Late = typeof late;

/** Calls when `signal` is aborted, at once if it is already. @returns what takes that back */
export function onAbort(signal: AbortSignal, call: () => void): () => void {
  if (signal.aborted) {
    call();
    return () => {};
  }
  signal.addEventListener("abort", call, { once: true });
  return () => signal.removeEventListener("abort", call);
}

/** Settles as `work` does, or with `late` once `milliseconds` have passed. Neither leaves a timer behind. */
export async function withTimeout<T>(work: Promise<T>, milliseconds: number): Promise<T | Late> {
  const { promise: expired, resolve } = Promise.withResolvers<Late>();
  const timer = setTimeout(resolve, milliseconds, late);
  try {
    return await Promise.race([work, expired]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Settles as `work` does, or with `late` once `deadline` has been aborted and `extra` milliseconds have passed since:
 * what honours the deadline itself needs that moment more to say so.
 */
export async function withDeadline<T>(work: Promise<T>, deadline: AbortSignal, extra = 0): Promise<T | Late> {
  const { promise: expired, resolve } = Promise.withResolvers<Late>();
  let timer: Timer | undefined;
  const forgetDeadline = onAbort(deadline, () => {
    if (extra > 0) timer = setTimeout(resolve, extra, late);
    else resolve(late);
  });
  try {
    return await Promise.race([work, expired]);
  } finally {
    forgetDeadline();
    clearTimeout(timer);
  }
}
