import packageJson from "../package.json" with { type: "json" };
import { commands } from "./cli/commands/index.ts";
import { exitCodes, InterruptedError, OutputError } from "./cli/program/errors.ts";
import { report, run, wantsJson } from "./cli/program/run.ts";
import type { CliIo, Sink } from "./cli/terminal/io.ts";
import { terminalPrompter } from "./cli/terminal/prompter.ts";
import { onAbort } from "./core/deadline.ts";
import { describeError } from "./core/errors.ts";
import { interrupts } from "./core/interrupts.ts";
import { invokeProcess } from "./invoke-process.ts";
import { namesHere } from "./names-here.ts";
import { ownProgram } from "./own-program.ts";
import { setLocalZone } from "./protocol/text/zone/find-zone.ts";

// The entry of the client: its only file that touches the process.

const interrupted = new AbortController();

const interrupt = interrupts({
  first: () => interrupted.abort(new InterruptedError()),
  again: () => process.exit(exitCodes.interrupted),
  now: () => performance.now(),
});

setLocalZone(process.env.TZ);
process.on("SIGINT", interrupt);
process.stderr.on("error", () => {});

/** Whoever asks for colours without a terminal shows them on one, or keeps them. (https://bixense.com/clicolors) */
const hasColours = !["", "0"].includes(process.env.CLICOLOR_FORCE ?? "");

function sink(stream: NodeJS.WriteStream): Sink {
  let full: PromiseWithResolvers<void> | undefined;
  const drain = () => {
    full?.resolve();
    full = undefined;
  };
  // Where it is closed nothing is held any more, either.
  for (const event of ["drain", "error", "close"]) stream.on(event, drain);
  return {
    isTerminal: stream.isTTY === true || hasColours,
    columns: Number(process.env.COLUMNS) || stream.columns || 80,
    write: (data) => {
      if (!stream.write(data)) full ??= Promise.withResolvers();
    },
    get isFull() {
      return full !== undefined;
    },
    drained: () => full?.promise ?? Promise.resolve(),
  };
}

/** stdin, ending early on Ctrl-C. */
async function* stdin(): AsyncGenerator<Uint8Array> {
  const reader = Bun.stdin.stream().getReader();
  onAbort(interrupted.signal, () => void reader.cancel());
  for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
}

const io: CliIo = {
  stdin: stdin(),
  stdout: sink(process.stdout),
  stderr: sink(process.stderr),
  env: process.env,
  names: namesHere(),
  signal: interrupted.signal,
  openPrompter: process.stdin.isTTY
    ? (options) => terminalPrompter({ ...options, input: process.stdin, output: process.stderr, interrupt })
    : undefined,
};

const args = process.argv.slice(2);

let hasFailedToWrite = false;
process.stdout.on("error", cannotWrite);

function cannotWrite(error: Error): void {
  // The reader of a pipe, such as head, has closed it. That is no failure.
  if ("code" in error && error.code === "EPIPE") process.exit(exitCodes.success);
  if (hasFailedToWrite) return;
  hasFailedToWrite = true;
  const failed = new OutputError(`Cannot write to the standard output: ${describeError(error)}`);
  const status = report(failed, io, wantsJson(args));
  process.stderr.end(() => process.exit(status));
}

const status = await run(args, io, {
  commands,
  version: packageJson.version,
  invoke: invokeProcess(ownProgram("distcli")),
  // Loaded on demand, because it imports all the roles.
  readServices: async (path) => (await import("./expected-services.ts")).expectedServices(path, process.env),
});
// We exit explicitly, because something may still be open, such as a terminal. The output must be written first, which
// only the callback of `end` waits for. A failed write emits its error after the callback, hence setImmediate, and
// `cannotWrite` then ends the process.
process.exitCode = status;
// Should only that wait be left, it would not keep the process alive.
setInterval(() => {}, 60_000);
process.stdout.end(() => setImmediate(leave));

function leave(): void {
  if (!hasFailedToWrite) process.stderr.end(() => process.exit(status));
}
