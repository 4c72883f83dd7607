/** What the shell is told. A result is 0; everything else says whose turn it is to look. */
export const exitCodes = {
  success: 0,
  /** The peer or the network failed. */
  failure: 1,
  /** The command line cannot be understood. */
  usage: 2,
  /** As timeout(1) says it. */
  timeout: 124,
  /** 128 + SIGINT. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** An error that a command ends with: its text goes to stderr, its status to the shell. */
export abstract class CliError extends Error {
  abstract readonly exit: ExitCode;
  /** A word for machines, printed by `--json`. */
  abstract readonly code: string;
}

/** The peer or the network failed: refused, closed, or answered something else than it should. */
export class PeerError extends CliError {
  override readonly name = "PeerError";
  override readonly exit = exitCodes.failure;
  constructor(
    readonly code: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** What was to be printed or logged cannot be written: the disk is full, for example. */
export class OutputError extends CliError {
  override readonly name = "OutputError";
  override readonly exit = exitCodes.failure;
  override readonly code = "output-failed";
}

/** The command line, or a file that it names, cannot be used. */
export class UsageError extends CliError {
  override readonly name = "UsageError";
  override readonly exit = exitCodes.usage;
  override readonly code = "usage";
}

/** The peer was silent for longer than `--timeout`. */
export class TimedOutError extends CliError {
  override readonly name = "TimedOutError";
  override readonly exit = exitCodes.timeout;
  override readonly code = "timed-out";
}

/** The user pressed Ctrl-C. */
export class InterruptedError extends CliError {
  override readonly name = "InterruptedError";
  override readonly exit = exitCodes.interrupted;
  override readonly code = "interrupted";
  constructor() {
    super("Interrupted");
  }
}
