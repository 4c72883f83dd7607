import { onAbort } from "../../../core/deadline.ts";
import { shellWord } from "../../../protocol/text/shell-word.ts";
import type { Cli } from "../../program/command.ts";
import { InterruptedError } from "../../program/errors.ts";
import type { CliIo, Sink } from "../../terminal/io.ts";

/** What a command printed and how it ended. */
export interface StepResult {
  readonly command: string;
  /** With the colours of a terminal. */
  readonly output: string;
  /** `stopped`: it took too long, and was ended as by Ctrl-C. */
  readonly end: number | "stopped";
}

export interface RunningStep {
  /** Resolves once it has printed what it was to print, or has ended. */
  readonly ready: Promise<void>;
  readonly result: Promise<StepResult>;
}

/** Of output; what comes after it is left out, and the report says so. */
const maxOutput = 64 * 1024;
const columns = 96;

/** Runs a command as this program does, with a terminal that keeps what is printed. @param limitMs of its whole run */
export function runStep(cli: Cli, args: readonly string[], limitMs: number, readyAt?: RegExp): RunningStep {
  let output = "";
  const { promise: ready, resolve } = Promise.withResolvers<void>();
  const sink: Sink = {
    isTerminal: true,
    columns,
    write: (data) => {
      if (output.length < maxOutput) output += typeof data === "string" ? data : Buffer.from(data).toString();
      if (readyAt?.test(output)) resolve();
    },
  };
  const stop = new AbortController();
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    stop.abort(new InterruptedError());
  }, limitMs);
  const forget = onAbort(cli.io.signal, () => stop.abort(new InterruptedError()));
  const result = cli.invoke(args, ioOf(cli.io, sink, stop.signal)).then((status): StepResult => {
    clearTimeout(timer);
    forget();
    resolve();
    return { command: commandLine(args), output: limited(output), end: isLate ? "stopped" : status };
  });
  return { ready, result };
}

/** Colours are wanted, whatever our own output is. */
function ioOf({ env }: CliIo, sink: Sink, signal: AbortSignal): CliIo {
  return {
    stdin: (async function* () {})(),
    stdout: sink,
    stderr: sink,
    env: { ...env, NO_COLOR: undefined, TERM: "xterm", COLUMNS: undefined },
    signal,
  };
}

const limited = (output: string): string =>
  output.length < maxOutput ? output.trimEnd() : `${output.slice(0, maxOutput).trimEnd()}\n…`;

/** As one types it. */
const commandLine = (args: readonly string[]): string => ["distcli", ...args.map(shellWord)].join(" ");
