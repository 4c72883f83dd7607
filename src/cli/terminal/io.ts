import type { CommandNames } from "../../core/command-names.ts";
import { textOfBytes } from "../../protocol/text/byte-text.ts";

/** Where text goes: the terminal, a pipe, or a string in a test. */
export interface Sink {
  readonly isTerminal: boolean;
  /** Columns of the terminal; 80 where there is none. */
  readonly columns: number;
  write(data: string | Uint8Array): void;
  /**
   * Whether its reader is slower than what is written, which is held meanwhile: whoever writes without end waits for
   * `drained`, and then the peer waits, or drops and counts. Absent: never.
   */
  readonly isFull?: boolean;
  /** Resolves when it is not full, or not any more. */
  drained?(): Promise<void>;
}

/** Asks a person at a terminal for input, line by line. */
export interface Prompter {
  /** The line typed, without its end; undefined after Ctrl-D, or once `signal` is aborted. */
  ask(question: string, signal?: AbortSignal): Promise<string | undefined>;
  /** Lets `print` write lines while a question is open: the question is drawn again below them. */
  above(print: () => void): void;
  close(): void;
}

/**
 * Everything a command may use of the process it runs in. The entry hands it in: only the entry knows `process`, and
 * tests run commands without a process.
 */
export interface CliIo {
  readonly stdin: AsyncIterable<Uint8Array>;
  /** Results, and nothing else. */
  readonly stdout: Sink;
  /** Prompts, progress, notes, errors. */
  readonly stderr: Sink;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** How the programs are typed here; absent: by their names alone. */
  readonly names?: CommandNames;
  /** Aborted with an `InterruptedError` by Ctrl-C. */
  readonly signal: AbortSignal;
  /** Absent when stdin is no terminal. A hidden prompter does not echo what is typed. */
  readonly openPrompter?: (options?: { readonly hidden?: boolean }) => Prompter;
}

/**
 * The lines of a byte stream such as stdin, without their ends (`\n` or `\r\n`); the last line needs none. Bytes that are
 * not UTF-8 are kept (`bytesOfText`).
 */
export async function* linesOf(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let rest: Uint8Array[] = [];
  for await (const chunk of bytes) {
    let start = 0;
    for (let end = chunk.indexOf(lineFeed); end >= 0; end = chunk.indexOf(lineFeed, start)) {
      yield withoutReturn(Buffer.concat([...rest, chunk.subarray(start, end)]));
      rest = [];
      start = end + 1;
    }
    if (start < chunk.length) rest.push(chunk.slice(start));
  }
  if (rest.length > 0) yield withoutReturn(Buffer.concat(rest));
}

/** The lines as `linesOf` gives them; undefined where there is not a single one, as from /dev/null. */
export async function linesIfAny(
  bytes: AsyncIterable<Uint8Array>,
): Promise<AsyncIterable<string> | undefined> {
  const lines = linesOf(bytes);
  const first = await lines.next();
  return first.done ? undefined : startingWith(first.value, lines);
}

async function* startingWith(first: string, rest: AsyncIterable<string>): AsyncGenerator<string> {
  yield first;
  yield* rest;
}

const lineFeed = 0x0a;

function withoutReturn(line: Uint8Array): string {
  return textOfBytes(line.at(-1) === 0x0d ? line.subarray(0, -1) : line);
}
