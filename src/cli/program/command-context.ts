import { bytesOfText } from "../../protocol/text/byte-text.ts";
import { terminalSafe } from "../../protocol/text/terminal-safe.ts";
import type { CliIo } from "../terminal/io.ts";
import { jsonLine } from "../terminal/json.ts";
import { type Style, styleFor } from "../terminal/style.ts";
import { type LogFile, noLogFile, openLogFile } from "./log-file.ts";
import type { SharedOptions } from "./options.ts";
import { type SilenceWatch, watchSilence, within } from "./timeout.ts";

/** Milliseconds that a peer has for one answer when there is no `--timeout`. */
export const defaultTimeout = 10_000;

/** One run of one command: what it prints to, how long it waits, and the signal that stops it. */
export interface CommandContext {
  readonly io: CliIo;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  /**
   * From here on Ctrl-C is how this command ends in order, as a capture does, or a subscription without a count: its status
   * is 0 then, and not 130. Not before it has begun with its work.
   */
  endByInterrupt(): void;
  readonly isEndedByInterrupt: boolean;
  /** Milliseconds of `--timeout`, if it was given. */
  readonly timeout: number | undefined;
  readonly json: boolean;
  readonly quiet: boolean;
  /** Colours for stdout and for stderr. */
  readonly style: Style;
  readonly noteStyle: Style;
  /** Prints a result to stdout: the text and a line end, or with `--json` the object as one line. */
  result(text: string, value: object): void;
  /** Resolves when whoever reads the results keeps up with them: to be awaited before the next one of an endless sequence. */
  drained(): Promise<void>;
  /** Prints a remark to stderr; not with `--quiet` or `--json`. */
  note(text: string): void;
  /**
   * Waits for the peer no longer than `--timeout` (or `limit`, 0 for ever, where it was not given).
   * `silence` is the beginning of the error's message: `No answer from 127.0.0.1:2222`.
   * @throws {TimedOutError}
   */
  within<T>(silence: string, work: (signal: AbortSignal) => Promise<T>, limit?: number): Promise<T>;
  /** For a peer that may send at any time: `--timeout`, where given, is the longest silence in between. */
  watchSilence(silence: string): SilenceWatch;
  close(): void;
}

const timeoutMessage = (silence: string) => (limit: string) =>
  `${silence} within ${limit}; --timeout sets another limit`;

export function openContext(io: CliIo, options: SharedOptions): CommandContext {
  const log: LogFile = options.log === undefined ? noLogFile : openLogFile(options.log);
  const json = options.json ?? false;
  const quiet = options.quiet ?? false;
  let isEndedByInterrupt = false;
  const print = (text: string) => {
    io.stdout.write(io.stdout.isTerminal ? terminalSafe(text) : bytesOfText(text));
    log.write(text);
  };
  return {
    io,
    json,
    quiet,
    signal: io.signal,
    endByInterrupt: () => {
      isEndedByInterrupt = true;
    },
    get isEndedByInterrupt() {
      return isEndedByInterrupt;
    },
    timeout: options.timeout,
    style: styleFor(io.stdout, io.env),
    noteStyle: styleFor(io.stderr, io.env),
    result: (text, value) => print(`${json ? jsonLine(value) : text}\n`),
    drained: async () => io.stdout.drained?.(),
    note: (text) => {
      if (!quiet && !json) io.stderr.write(`${terminalSafe(text)}\n`);
    },
    within: (silence, work, limit = defaultTimeout) =>
      within({ message: timeoutMessage(silence), signal: io.signal, limit: options.timeout ?? limit }, work),
    watchSilence: (silence) =>
      watchSilence({ message: timeoutMessage(silence), signal: io.signal, limit: options.timeout ?? 0 }),
    close: () => log.close(),
  };
}
