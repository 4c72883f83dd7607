export type ControlErrorCode =
  /** There is no service of this name. */
  | "unknown"
  /** Its state does not allow it. */
  | "conflict"
  /** It was tried, and the service does not let go. */
  | "stuck";

/** Somebody asked for what cannot be done with a service. The message says what was asked, and why not. */
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
