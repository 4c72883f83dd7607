/** Milliseconds between two refills of tokens: often, so that a burst does not use up those of a whole second. */
export const refillMs = 100;
