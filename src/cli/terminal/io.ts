/** Where text goes: the terminal, a pipe, or a string in a test. */
export interface Sink {
  readonly isTerminal: boolean;
  /** Columns of the terminal; 80 where there is none. */
  readonly columns: number;
  write(data: string | Uint8Array): void;
}

/** A person at a terminal, asked line by line. */
export interface Prompter {
  /** The line typed, without its end; undefined after Ctrl-D, or once `signal` is aborted. */
  ask(question: string, signal?: AbortSignal): Promise<string | undefined>;
  /** Lets `print` write lines while a question stands: the question is moved below them. */
  above(print: () => void): void;
  close(): void;
}

/**
 * Everything a command may touch of the process it runs in. Handed in, so that tests run commands without a
 * process, and only the entry knows `process`.
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
  /** Absent when stdin is no terminal. What is typed to a hidden one is not to be seen. */
  readonly openPrompter?: (options?: { readonly hidden?: boolean }) => Prompter;
}
