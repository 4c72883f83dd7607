/** Structured values that travel with a line; they must survive a structured clone between threads. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

export type LogLevel = "debug" | "info" | "warning" | "error";

/** What every part of distsrv logs through. Where the lines go is the entry's decision. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warning(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}
