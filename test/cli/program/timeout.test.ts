import { expect, test } from "bun:test";
import { TimedOutError } from "../../../src/cli/program/errors.ts";
import { formatDuration, pause, watchSilence, within } from "../../../src/cli/program/timeout.ts";

const never = () => new Promise<never>(() => {});
const signal = new AbortController().signal;
const complaint = (limit: string) => `nothing within ${limit}`;

test("work in time gives its result", async () => {
  expect(await within({ limit: 1000, signal, complaint }, async () => "done")).toBe("done");
});

test("work that takes too long is told so, and its signal is aborted", async () => {
  let given: AbortSignal | undefined;
  const work = within({ limit: 5, signal, complaint }, (stop) => {
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
  const work = within({ limit: 0, signal: controller.signal, complaint }, never);
  controller.abort(reason);
  expect(await work.catch((thrown: unknown) => thrown)).toBe(reason);
});

test("a watch is over after silence, not after time", async () => {
  const watch = watchSilence({ limit: 30, signal, complaint });
  let over = false;
  const told = watch.over.catch((error: unknown) => {
    over = true;
    return error;
  });
  const start = performance.now();
  while (performance.now() - start < 60) {
    await pause(5, signal);
    watch.heard();
  }
  expect(over).toBe(false);
  expect(await told).toBeInstanceOf(TimedOutError);
});

test.each([
  [0.412, "0.41 ms"],
  [3.44, "3.4 ms"],
  [250, "250 ms"],
  [1500, "1.5 s"],
  [10_000, "10 s"],
  [300_000, "5 min"],
])("%d ms reads %s", (milliseconds, text) => {
  expect(formatDuration(milliseconds)).toBe(text);
});
