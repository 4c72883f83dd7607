import { formatHostPort } from "../core/address.ts";

export type DialErrorCode =
  /** Nobody listens there. */
  | "refused"
  /** The name has no address. */
  | "unresolved"
  /** No route, no network, or a firewall that says no. */
  | "unreachable"
  /** The peer reset the connection. */
  | "reset"
  /** Everything else; see the cause. */
  | "failed";

/** A peer cannot be reached, or a connection to it broke. */
export class DialError extends Error {
  override readonly name = "DialError";
  constructor(
    readonly code: DialErrorCode,
    readonly host: string,
    readonly port: number,
    options?: ErrorOptions,
  ) {
    super(dialMessages[code](formatHostPort(host, port), host), options);
  }
}

const dialMessages: Record<DialErrorCode, (peer: string, host: string) => string> = {
  refused: (peer) => `Cannot connect to ${peer}: connection refused`,
  unresolved: (peer, host) => `Cannot connect to ${peer}: the name "${host}" has no address`,
  unreachable: (peer) => `Cannot connect to ${peer}: the host cannot be reached`,
  reset: (peer) => `${peer} broke the connection off`,
  failed: (peer) => `Cannot talk to ${peer}`,
};

const codes: Readonly<Record<string, DialErrorCode>> = {
  ECONNREFUSED: "refused",
  ENOTFOUND: "unresolved",
  EAI_AGAIN: "unresolved",
  ENODATA: "unresolved",
  EHOSTUNREACH: "unreachable",
  ENETUNREACH: "unreachable",
  EHOSTDOWN: "unreachable",
  ENETDOWN: "unreachable",
  ECONNRESET: "reset",
  EPIPE: "reset",
};

/** An error of the operating system, the resolver or fetch as a `DialError`; undefined for any other error. */
export function asDialError(error: unknown, host: string, port: number): DialError | undefined {
  if (error instanceof DialError) return error;
  for (
    let cause: unknown = error, depth = 0;
    cause instanceof Error && depth < 5;
    cause = cause.cause, depth++
  ) {
    const code = "code" in cause && typeof cause.code === "string" ? codes[cause.code] : undefined;
    if (code !== undefined) return new DialError(code, host, port, { cause: error });
  }
  return undefined;
}
