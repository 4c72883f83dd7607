import type { CommandContext } from "../program/command-context.ts";
import { PeerError, TimedOutError } from "../program/errors.ts";
import { pause } from "../program/schedule.ts";
import { type Came, type Expectation, Expecting } from "./expectation.ts";
import { conclude } from "./report.ts";

/** How a peer is asked. */
export interface Asking extends Expectation {
  /** Milliseconds to wait before it is asked again; absent: it is asked once. */
  readonly every?: number | undefined;
  /** Asks once. The context waits as long as `--within` allows; the signal is aborted when that is over. */
  ask(context: CommandContext, signal: AbortSignal): Promise<Came>;
}

/**
 * Asks until the answer is as expected, or the time is over. Where it is asked again, a peer that cannot be reached is no
 * error at once: it may be about to start.
 * @throws {NotMetError} when it does not come
 */
export async function expectAnswer(
  context: CommandContext,
  { ask, every, ...expectation }: Asking,
): Promise<void> {
  const expecting = new Expecting(expectation);
  const outcome = await expecting.outcome(context, async (signal) => {
    for (;;) {
      try {
        expecting.arrive(await ask(limitedBy(context, signal), signal));
      } catch (error) {
        if (!isTransient(error, every !== undefined)) throw error;
        expecting.failed(error);
      }
      if (every === undefined || expecting.isDecided) return;
      await pause(every, signal);
    }
  });
  conclude(context, expectation, outcome);
}

/** Silence is an answer that does not come; anything else may pass until the next attempt, if there is one. */
export const isTransient = (error: unknown, again: boolean): error is PeerError | TimedOutError =>
  error instanceof TimedOutError || (again && error instanceof PeerError);

/** The context without a limit of its own but `--timeout`: what is waited for ends with the signal. */
const limitedBy = (context: CommandContext, signal: AbortSignal): CommandContext => ({
  ...context,
  within: (silence, work) => context.within(silence, (own) => work(AbortSignal.any([own, signal])), 0),
});

/** Runs work with something that is closed afterwards, and at once when the signal is aborted. */
export async function closedBy<R extends { close(): void }, T>(
  signal: AbortSignal,
  resource: R,
  work: (resource: R) => Promise<T>,
): Promise<T> {
  const close = () => resource.close();
  signal.addEventListener("abort", close, { once: true });
  try {
    signal.throwIfAborted();
    return await work(resource);
  } finally {
    signal.removeEventListener("abort", close);
    close();
  }
}
