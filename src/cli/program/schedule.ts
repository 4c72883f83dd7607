import type { Command, OptionValues } from "@commander-js/extra-typings";
import { onAbort, withTimeout } from "../../core/deadline.ts";
import type { CommandContext } from "./command-context.ts";
import { durationMs, wholeNumber } from "./options.ts";

/** How often something is done, and how far apart. */
export interface Schedule {
  /** Number of rounds; absent: one, or without end when `every` is given. */
  readonly repeat?: number | undefined;
  /** Milliseconds from the end of one round, such as its answer, to the start of the next. */
  readonly every?: number | undefined;
}

/** Adds the options `--repeat`, `--every` and `--clients`. */
export function withSchedule<A extends unknown[], O extends OptionValues>(command: Command<A, O>) {
  return command
    .option("--repeat <n>", "do it so many times", wholeNumber(1))
    .option("--every <duration>", "pause before the next time; without --repeat: until Ctrl-C", durationMs)
    .option(
      "--clients <n>",
      "so many clients at once, each on its own connection",
      wholeNumber(1, 50_000),
      1,
    );
}

/**
 * Runs the rounds one after the other, with the whole pause between them. A round that had to wait, as with an
 * iterative server, is not made up for: its next message keeps its distance from the answer. Those without end end in order
 * by Ctrl-C, once the first of them is over.
 */
export async function repeated(
  { repeat, every }: Schedule,
  { signal, endByInterrupt }: Pick<CommandContext, "signal" | "endByInterrupt">,
  round: (number: number) => Promise<void>,
  sleep = pause,
): Promise<void> {
  const rounds = repeat ?? (every === undefined ? 1 : Number.POSITIVE_INFINITY);
  for (let number = 1; number <= rounds; number++) {
    await round(number);
    if (rounds === Number.POSITIVE_INFINITY) endByInterrupt();
    if (number < rounds) await sleep(every ?? 0, signal);
  }
}

/** Resolves after `milliseconds`, or rejects with the signal's reason if that is aborted before. */
export async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  if (milliseconds <= 0) return;
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const stopListening = onAbort(signal, () => reject(signal.reason));
  try {
    await withTimeout(aborted, milliseconds);
  } finally {
    stopListening();
  }
}
