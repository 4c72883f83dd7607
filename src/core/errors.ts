export type StartErrorCode =
  /** Another program, or another service, listens on the port. */
  | "port-in-use"
  /** The port is below 1024 and the process may not bind it, or the operating system refused otherwise. */
  | "no-permission"
  /** The host is not an address of this machine, or does not resolve. */
  | "bad-address"
  /** Everything else; see the cause. */
  | "failed";

/** A service cannot start. The message says what was tried, with which value, and what to change. */
export class StartError extends Error {
  override readonly name = "StartError";
  constructor(
    readonly code: StartErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Any thrown value as an `Error`, the thrown value itself kept as the cause. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown), { cause: thrown });
}

/** The message of an error with those of its causes: `Cannot start "soap": address in use`. */
export function describeError(thrown: unknown): string {
  const messages: string[] = [];
  for (let error: unknown = thrown; error !== undefined && messages.length < 5; ) {
    const message = error instanceof Error ? error.message : String(error);
    if (message !== "" && !messages.some((seen) => seen.includes(message))) messages.push(message);
    // Such an error already says what is wrong and what to change; the runtime's message below adds nothing.
    if (error instanceof StartError && error.code !== "failed") break;
    error = error instanceof Error ? error.cause : undefined;
  }
  return messages.join(": ");
}
