/** Time, handed in so that a test may hold it. */
export interface Clock {
  /** Milliseconds that only grow. */
  now(): number;
  /** Calls again and again. @returns what stops it */
  every(milliseconds: number, call: () => void): () => void;
  /** Calls once this turn of the event loop has handled what the network brought. */
  soon(call: () => void): void;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  every: (milliseconds, call) => {
    const timer = setInterval(call, milliseconds);
    return () => clearInterval(timer);
  },
  soon: (call) => {
    setImmediate(call);
  },
};
