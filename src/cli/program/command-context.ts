import type { CliIo } from "../terminal/io.ts";
import { jsonLine } from "../terminal/json.ts";
import { type Style, styleFor } from "../terminal/style.ts";
import { terminalSafe } from "../terminal/terminal-safe.ts";
import { type LogFile, noLogFile, openLogFile } from "./log-file.ts";
import type { SharedOptions } from "./options.ts";
import { type SilenceWatch, watchSilence, within } from "./timeout.ts";

/** The time a peer is given for one answer when the command line does not say. */
export const defaultTimeout = 10_000;

/** One run of one command: what it prints to, how long it waits, when it must stop. */
export interface CommandContext {
  readonly io: CliIo;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  /** Milliseconds of `--timeout`, if it was given. */
  readonly timeout: number | undefined;
  readonly json: boolean;
  readonly quiet: boolean;
  /** Colours for stdout and for stderr. */
  readonly style: Style;
  readonly noteStyle: Style;
  /** A result: one text (a line end is added) for a person, one object a line for `--json`. */
  result(text: string, value: object): void;
  /** The result's own bytes, nothing added; the object all the same with `--json`. */
  rawResult(bytes: Uint8Array, value: object): void;
  /** Beside the results, for a person: stderr, but not with `--quiet` or `--json`. */
  note(text: string): void;
  /**
   * Waits for the peer no longer than `--timeout` (or `limit`, 0 for ever, where it was not given).
   * `silence` is the beginning of the complaint: `No answer from 127.0.0.1:2222`.
   * @throws {TimedOutError}
   */
  within<T>(silence: string, work: (signal: AbortSignal) => Promise<T>, limit?: number): Promise<T>;
  /** For a peer that may speak at any time: `--timeout`, where given, is the longest silence between. */
  watchSilence(silence: string): SilenceWatch;
  close(): void;
}

const overdue = (silence: string) => (limit: string) =>
  `${silence} within ${limit}; --timeout sets another limit`;

export function openContext(io: CliIo, options: SharedOptions): CommandContext {
  const log: LogFile = options.log === undefined ? noLogFile : openLogFile(options.log);
  const json = options.json ?? false;
  const quiet = options.quiet ?? false;
  const print = (data: string | Uint8Array) => {
    io.stdout.write(typeof data === "string" && io.stdout.isTerminal ? terminalSafe(data) : data);
    log.write(data);
  };
  return {
    io,
    json,
    quiet,
    signal: io.signal,
    timeout: options.timeout,
    style: styleFor(io.stdout, io.env),
    noteStyle: styleFor(io.stderr, io.env),
    result: (text, value) => print(`${json ? jsonLine(value) : text}\n`),
    rawResult: (bytes, value) => print(json ? `${jsonLine(value)}\n` : bytes),
    note: (text) => {
      if (!quiet && !json) io.stderr.write(`${terminalSafe(text)}\n`);
    },
    within: (silence, work, limit = defaultTimeout) =>
      within({ complaint: overdue(silence), signal: io.signal, limit: options.timeout ?? limit }, work),
    watchSilence: (silence) =>
      watchSilence({ complaint: overdue(silence), signal: io.signal, limit: options.timeout ?? 0 }),
    close: () => log.close(),
  };
}
