/** Milliseconds within which two signals are one: timeout(1) and npm send theirs to the program, and once more to its group. */
const oneSignal = 100;

export interface Interrupts<Signal> {
  /** Ends what runs in order. */
  readonly first: (signal: Signal) => void;
  /** Ends the program at once. */
  readonly again: () => void;
  /** Milliseconds of a clock that nobody sets. */
  readonly now: () => number;
}

/** What Ctrl-C does: the first ends the program in order, and a second one does not wait for that. */
export function interrupts<Signal = void>({
  first,
  again,
  now,
}: Interrupts<Signal>): (signal: Signal) => void {
  let since: number | undefined;
  return (signal) => {
    if (since === undefined) {
      since = now();
      first(signal);
    } else if (now() - since > oneSignal) again();
  };
}
