/** The exit statuses. */
export const exitCodes = {
  success: 0,
  /** The peer or the network failed. */
  failure: 1,
  /** The command line cannot be understood. */
  usage: 2,
  /** `--timeout` is over; the same status as timeout(1)'s. */
  timeout: 124,
  /** 128 + SIGINT. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** An error that ends a command: its message goes to stderr, and `exit` is the exit status. */
export abstract class CliError extends Error {
  abstract readonly exit: ExitCode;
  /** Identifies the error for programs; printed with `--json`. */
  abstract readonly code: string;
}

/** The peer or the network failed: connection refused or closed, or a wrong answer. */
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

/** The peer cannot be reached, or the connection broke. The message ends with advice. */
export class ConnectionError extends PeerError {
  constructor(
    code: string,
    message: string,
    /** The reason alone, as a table shows it: `connection refused`. */
    readonly reason: string,
  ) {
    super(code, message);
  }
}

/** The output or the log file cannot be written, for example because the disk is full. */
export class OutputError extends CliError {
  override readonly name = "OutputError";
  override readonly exit = exitCodes.failure;
  override readonly code = "output-failed";
}

/** The command line, or a file named in it, cannot be used. */
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
