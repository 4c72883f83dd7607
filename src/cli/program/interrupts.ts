/** Milliseconds within which two signals are one: timeout(1) sends its own to the program, and once more to their group. */
const oneSignal = 100;

export interface Interrupts {
  /** Ends what runs in order. */
  readonly first: () => void;
  /** Ends the program at once. */
  readonly again: () => void;
  /** Milliseconds of a clock that nobody sets. */
  readonly now: () => number;
}

/** What Ctrl-C does: the first ends the command in order, and a second one does not wait for that. */
export function interrupts({ first, again, now }: Interrupts): () => void {
  let since: number | undefined;
  return () => {
    if (since === undefined) {
      since = now();
      first();
    } else if (now() - since > oneSignal) again();
  };
}
