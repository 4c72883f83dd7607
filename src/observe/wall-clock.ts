/** The system's clock has whole milliseconds, and is read a moment later. */
const tolerance = 5;

/** Milliseconds since 1970 with their fraction, by a clock that goes steadily, and is set when the system's is. */
export function wallClock(steady = () => performance.now(), system = () => Date.now()): () => number {
  let offset = performance.timeOrigin;
  return () => {
    const [passed, now] = [steady(), system()];
    // While a machine sleeps the steady clock may stand, and a server runs for weeks.
    if (Math.abs(passed + offset - now) > tolerance) offset = now - passed;
    return passed + offset;
  };
}
