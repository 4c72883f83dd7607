import { expect, jest, onTestFinished, test } from "bun:test";
import { TimedOutError } from "../../../src/cli/program/errors.ts";
import { watchSilence, within } from "../../../src/cli/program/timeout.ts";

const never = () => new Promise<never>(() => {});
const signal = new AbortController().signal;
const message = (limit: string) => `nothing within ${limit}`;

test("work in time gives its result", async () => {
  expect(await within({ limit: 1000, signal, message }, async () => "done")).toBe("done");
});

test("work that takes too long gets its signal aborted, and the message as an error", async () => {
  let given: AbortSignal | undefined;
  const work = within({ limit: 5, signal, message }, (stop) => {
    given = stop;
    return never();
  });
  const error = await work.catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(TimedOutError);
  expect(error).toMatchObject({ message: "nothing within 5 ms", exit: 124 });
  expect(given?.reason).toBe(error);
});

test("an abort ends work that does not listen, with the abort's own reason", async () => {
  const controller = new AbortController();
  const reason = new Error("Ctrl-C");
  const work = within({ limit: 0, signal: controller.signal, message }, never);
  controller.abort(reason);
  expect(await work.catch((thrown: unknown) => thrown)).toBe(reason);
});

test("a watch is over after silence, not after time", () => {
  jest.useFakeTimers();
  onTestFinished(() => void jest.useRealTimers());
  const watch = watchSilence({ limit: 30, signal, message });
  for (let time = 0; time < 120; time += 20) {
    jest.advanceTimersByTime(20);
    expect(Bun.peek.status(watch.over)).toBe("pending");
    watch.reset();
  }
  jest.advanceTimersByTime(29);
  expect(Bun.peek.status(watch.over)).toBe("pending");
  jest.advanceTimersByTime(1);
  expect(Bun.peek(watch.over)).toBeInstanceOf(TimedOutError);
});

test("a watch that pauses counts no time", () => {
  jest.useFakeTimers();
  onTestFinished(() => void jest.useRealTimers());
  const watch = watchSilence({ limit: 30, signal, message });
  watch.pause();
  jest.advanceTimersByTime(1000);
  watch.reset();
  jest.advanceTimersByTime(29);
  expect(Bun.peek.status(watch.over)).toBe("pending");
  jest.advanceTimersByTime(1);
  expect(Bun.peek.status(watch.over)).toBe("rejected");
});
