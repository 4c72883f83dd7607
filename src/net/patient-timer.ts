/** A timer that is later than this was held up by a busy loop, in milliseconds. */
export const lateMs = 10;

/**
 * Calls after so many milliseconds. When the loop was busy then, timers come before sockets: it is called a moment later,
 * so that what has arrived in time is read first.
 * @returns what takes it back
 */
export function patientTimer(call: () => void, ms: number): () => void {
  const dueAt = performance.now() + ms;
  let timer = setTimeout(() => {
    if (performance.now() - dueAt <= lateMs) call();
    else timer = setTimeout(call, 1);
  }, ms);
  return () => clearTimeout(timer);
}
