import { expect } from "bun:test";

/**
 * Expects the promise to be rejected, as `expect(promise).rejects.toThrow(expected)` would. That one runs the event loop
 * inside of itself until the promise is settled, and the pipe of a process that becomes readable meanwhile is at times
 * never read again.
 */
export async function rejects(promise: Promise<unknown>, expected?: Parameters<Throws>[0]): Promise<void> {
  const outcome = await promise.then(
    (value) => () => value,
    (error: unknown) => () => {
      throw error;
    },
  );
  if (expected === undefined) expect(outcome).toThrow();
  else expect(outcome).toThrow(expected);
}

type Throws = ReturnType<typeof expect>["toThrow"];
