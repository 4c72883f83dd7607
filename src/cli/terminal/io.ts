/** Where text goes: the terminal, a pipe, or a string in a test. */
export interface Sink {
  readonly isTerminal: boolean;
  /** Columns of the terminal; 80 where there is none. */
  readonly columns: number;
  write(data: string | Uint8Array): void;
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
  /** Aborted with an `InterruptedError` by Ctrl-C. */
  readonly signal: AbortSignal;
  /** Absent when stdin is no terminal. A hidden prompter does not echo what is typed. */
  readonly openPrompter?: (options?: { readonly hidden?: boolean }) => Prompter;
}

/** The lines of a byte stream such as stdin, without their ends (`\n` or `\r\n`); the last line needs none. */
export async function* linesOf(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of bytes) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) yield withoutReturn(line);
  }
  rest += decoder.decode();
  if (rest !== "") yield withoutReturn(rest);
}

const withoutReturn = (line: string): string => (line.endsWith("\r") ? line.slice(0, -1) : line);
