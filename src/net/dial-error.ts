import { formatHostPort } from "../core/address.ts";

export type DialErrorCode =
  /** Nobody listens there. */
  | "refused"
  /** The name has no address. */
  | "unresolved"
  /** No name server said whether the name has one. */
  | "no-name-server"
  /** This machine is in no network that leads there. */
  | "unreachable"
  /** There is such a network, and the host does not answer in it, or a router knows no way. */
  | "no-route"
  /** This machine has no address of that kind, such as IPv6, or the address is none to connect to. */
  | "bad-address"
  /** A firewall or a route of this machine forbids it. */
  | "forbidden"
  /** The operating system gave up waiting for the peer. */
  | "timed-out"
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
  "no-name-server": (peer, host) =>
    `Cannot connect to ${peer}: no name server answers what address "${host}" has`,
  unreachable: (peer) => `Cannot connect to ${peer}: the network is unreachable`,
  "no-route": (peer) => `Cannot connect to ${peer}: no route to the host`,
  "bad-address": (peer) => `Cannot connect to ${peer}: this machine cannot connect to such an address`,
  forbidden: (peer) => `Cannot connect to ${peer}: this machine forbids it`,
  "timed-out": (peer) => `Cannot connect to ${peer}: timed out`,
  reset: (peer) => `${peer} broke the connection off`,
  failed: (peer) => `Cannot talk to ${peer}`,
};

const codes: Readonly<Record<string, DialErrorCode>> = {
  ECONNREFUSED: "refused",
  ENOTFOUND: "unresolved",
  ENODATA: "unresolved",
  ERR_INVALID_URL: "unresolved", // of fetch, for 999.1.1.1
  EAI_AGAIN: "no-name-server",
  ENETUNREACH: "unreachable",
  ENETDOWN: "unreachable",
  EHOSTUNREACH: "no-route",
  EHOSTDOWN: "no-route",
  EADDRNOTAVAIL: "bad-address",
  EAFNOSUPPORT: "bad-address",
  EINVAL: "bad-address",
  EACCES: "forbidden",
  EPERM: "forbidden",
  ETIMEDOUT: "timed-out",
  ECONNRESET: "reset",
  ECONNABORTED: "reset",
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

const hidden: readonly DialErrorCode[] = ["unreachable", "no-route"];

/**
 * The real reason behind a refusal. Bun's sockets report a network or a host that cannot be reached as refused, too;
 * fetch has the operating system's own code. So a refused connection is tried once more with it. Any other error is
 * returned as it is.
 */
export async function withRealReason(error: unknown, host: string, port: number): Promise<unknown> {
  const refused = asDialError(error, host, port);
  if (refused?.code !== "refused") return error;
  const signal = AbortSignal.timeout(retryTimeout);
  try {
    await fetch(`http://${formatHostPort(host, port)}/`, { method: "HEAD", redirect: "manual", signal });
  } catch (second) {
    const reason = asDialError(second, host, port);
    if (reason !== undefined && hidden.includes(reason.code)) return reason;
  }
  return error;
}

/** Milliseconds: the kernel looks three seconds for a host in its own network. */
const retryTimeout = 4000;
