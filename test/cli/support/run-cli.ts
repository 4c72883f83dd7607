import type { Cli, CliCommand } from "../../../src/cli/program/command.ts";
import { InterruptedError } from "../../../src/cli/program/errors.ts";
import { run } from "../../../src/cli/program/run.ts";
import type { CliIo, Prompter, Sink } from "../../../src/cli/terminal/io.ts";

export interface RunCliOptions {
  /** What is piped into the command. */
  readonly stdin?: string | Uint8Array;
  /** What a person types, line by line, when asked; makes stdin a terminal. After the last one: Ctrl-D. */
  readonly answers?: readonly string[];
  /** After the last answer the person says nothing, instead of Ctrl-D. */
  readonly holdAnswers?: boolean;
  /** stdout and stderr are terminals. */
  readonly terminal?: boolean;
  readonly env?: CliIo["env"];
  readonly readServices?: Cli["readServices"];
  readonly invoke?: Cli["invoke"];
  /** Reads stdout; absent: somebody who is never too slow. */
  readonly reader?: SlowReader;
}

/** Takes what has been written to a pipe only when it is asked to: until then the pipe is full. */
export class SlowReader {
  #held: PromiseWithResolvers<void> | undefined;

  get isFull(): boolean {
    return this.#held !== undefined;
  }

  wrote(): void {
    this.#held ??= Promise.withResolvers();
  }

  drained(): Promise<void> {
    return this.#held?.promise ?? Promise.resolve();
  }

  take(): void {
    this.#held?.resolve();
    this.#held = undefined;
  }
}

/** A command that runs; its texts grow while it does. */
export interface RunningCli {
  /** What has been printed so far. */
  readonly stdout: string;
  readonly stdoutBytes: Buffer;
  readonly stderr: string;
  /** Both in the order they appeared: what a person sees on a terminal that does not echo. */
  readonly screen: string;
  /** Ctrl-C. */
  interrupt(): void;
  /** The exit status. */
  readonly exit: Promise<number>;
}

/** Runs `distcli ARGS` without a process, with these commands registered. */
export function startCli(
  commands: CliCommand | readonly CliCommand[],
  args: readonly string[],
  options: RunCliOptions = {},
): RunningCli {
  const printed = { stdout: "", stderr: "", screen: "" };
  const bytes: Uint8Array[] = [];
  const decoder = new TextDecoder();
  const sink = (name: "stdout" | "stderr"): Sink => ({
    isTerminal: options.terminal ?? false,
    columns: 100,
    write: (data) => {
      const text = typeof data === "string" ? data : decoder.decode(data);
      printed[name] += text;
      if (name === "stdout") bytes.push(typeof data === "string" ? Buffer.from(data) : data);
      printed.screen += text;
      if (name === "stdout") options.reader?.wrote();
    },
    get isFull() {
      return name === "stdout" && options.reader?.isFull === true;
    },
    drained: async () => (name === "stdout" ? options.reader?.drained() : undefined),
  });
  const interrupt = new AbortController();
  const stderr = sink("stderr");
  const { answers } = options;
  const io: CliIo = {
    stdin: piped(options.stdin ?? ""),
    stdout: sink("stdout"),
    stderr,
    env: options.env ?? {},
    signal: interrupt.signal,
    openPrompter:
      answers === undefined ? undefined : () => scripted(answers, options.holdAnswers ?? false, stderr),
  };
  const list = typeof commands === "function" ? [commands] : commands;
  const { readServices, invoke } = options;
  const exit = run(args, io, {
    ...{ commands: list, version: "0.0.0-test", readServices },
    ...(invoke !== undefined && { invoke }),
  });
  return {
    get stdout() {
      return printed.stdout;
    },
    get stdoutBytes() {
      return Buffer.concat(bytes);
    },
    get stderr() {
      return printed.stderr;
    },
    get screen() {
      return printed.screen;
    },
    interrupt: () => interrupt.abort(new InterruptedError()),
    exit,
  };
}

/** Runs it to its end. */
export async function runCli(...args: Parameters<typeof startCli>) {
  const cli = startCli(...args);
  const exit = await cli.exit;
  return { exit, stdout: cli.stdout, stdoutBytes: cli.stdoutBytes, stderr: cli.stderr, screen: cli.screen };
}

async function* piped(input: string | Uint8Array): AsyncGenerator<Uint8Array> {
  if (input.length > 0) yield typeof input === "string" ? new TextEncoder().encode(input) : input;
}

function scripted(answers: readonly string[], hold: boolean, stderr: Sink): Prompter {
  const left = [...answers];
  return {
    ask: async (question, signal) => {
      stderr.write(question);
      const answer = left.shift();
      if (answer !== undefined || !hold) return answer;
      return new Promise((resolve) => {
        signal?.addEventListener("abort", () => resolve(undefined), { once: true });
      });
    },
    above: (print) => print(),
    close: () => {},
  };
}
