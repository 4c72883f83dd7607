export type ControlErrorCode =
  /** There is no service of this name. */
  | "unknown"
  /** The state of the service does not allow the command. */
  | "conflict"
  /** The service does not stop. */
  | "stuck";

/** A command for a service that cannot be carried out. The message says which command, and why not. */
export class ControlError extends Error {
  override readonly name = "ControlError";
  constructor(
    readonly code: ControlErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
