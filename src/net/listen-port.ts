import { formatHostPort } from "../core/address.ts";
import { StartError } from "../core/errors.ts";
import { labPorts } from "../core/ports.ts";
import { descriptorLimit, isOutOfDescriptors } from "./descriptors.ts";
import { portHolder } from "./port-holder.ts";

export interface ListenTarget {
  readonly service: string;
  /** The path of the listener's settings within the service's, if it has several listeners. */
  readonly part?: string | undefined;
  /** The path of its settings in the configuration, if not under `services`. */
  readonly settings?: string | undefined;
  readonly transport: "TCP" | "UDP";
  readonly host: string;
  readonly port: number;
}

/**
 * The operating system's error for a bind, as a `StartError` that says what to change.
 * @param taken ports that are not offered instead of a busy one; the one that is offered is added
 */
export function listenError(
  target: ListenTarget,
  cause: unknown,
  taken: Set<number> = new Set(),
): StartError {
  const { service, part, settings = `services.${service}`, transport, host, port } = target;
  const setting = `${settings}${part === undefined ? "" : `.${part}`}`;
  const tried = `Cannot start "${service}" on ${transport} ${formatHostPort(host, port)}`;
  const options = { cause };
  switch (errorCode(cause)) {
    case "EADDRINUSE":
      return new StartError(
        "port-in-use",
        `${tried}: the port is in use${inUseAdvice(transport, port, `${setting}.port`, taken)}`,
        options,
      );
    case "EACCES":
    case "EPERM":
      return new StartError(
        "no-permission",
        `${tried}: no permission. Ports below 1024 need root or CAP_NET_BIND_SERVICE; set ${setting}.port to 1024 or above`,
        options,
      );
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
      return new StartError("bad-address", `${tried}: ${badAddress(setting, host)}`, options);
    default:
      if (isOutOfDescriptors())
        return new StartError(
          "failed",
          `${tried}: all of the ${descriptorLimit()} file descriptors are open; raise the limit (ulimit -n)`,
          options,
        );
      // Bun reports a name that does not resolve without a code.
      if (!isIpAddress(host))
        return new StartError("bad-address", `${tried}: ${badAddress(setting, host)}`, options);
      return new StartError("failed", tried, options);
  }
}

/** ` by nginx (pid 812). Stop it, or take another port: --set services.echo.port=2223` */
function inUseAdvice(transport: "TCP" | "UDP", port: number, setting: string, taken: Set<number>): string {
  const { programs, usedPorts } = portHolder(transport, port);
  const lab: readonly number[] = Object.values(labPorts);
  let free = port;
  do free = free < 65_535 ? free + 1 : 1024;
  while (free !== port && (usedPorts.has(free) || lab.includes(free) || taken.has(free)));
  taken.add(free);
  const holder = programs.length === 0 ? "" : ` by ${programs.join(" and ")}`;
  const stop = programs.length === 0 ? "the other program" : programs.length === 1 ? "it" : "them";
  return `${holder}. Stop ${stop}, or take another port: --set ${setting}=${free}`;
}

function badAddress(setting: string, host: string): string {
  return `"${host}" is not an address of this machine. Set ${setting}.host to one, or to 0.0.0.0 for all`;
}

function errorCode(cause: unknown): string | undefined {
  return cause instanceof Error && "code" in cause ? String(cause.code) : undefined;
}

function isIpAddress(host: string): boolean {
  return host.includes(":") || /^\d+(\.\d+){3}$/.test(host);
}

/**
 * Binds a port exclusively for a moment. Called before several threads share the port (SO_REUSEPORT), because a second
 * copy of the program could share it as well, and nobody would notice.
 * @returns the real port
 * @throws the operating system's error when the port is in use
 */
export function probePort(host: string, port: number): number {
  const probe = Bun.listen({ hostname: host, port, socket: { data() {} } });
  const real = probe.port;
  probe.stop(true);
  return real;
}
