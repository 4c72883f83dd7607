import { StartError, type StartErrorCode } from "../../core/errors.ts";
import { listenError } from "../listen-port.ts";
import { portHolder } from "../port-holder.ts";
import { parseTcpEndpoint } from "./endpoint.ts";
import { IpcPathError } from "./ipc-path.ts";

const codes: Readonly<Record<string, StartErrorCode>> = {
  EADDRINUSE: "port-in-use",
  EACCES: "no-permission",
  EPERM: "no-permission",
  EADDRNOTAVAIL: "bad-address",
  ENODEV: "bad-address",
  ENOTFOUND: "bad-address",
  EINVAL: "bad-address",
  ENOENT: "bad-address",
  ENOTDIR: "bad-address",
  ENOTSOCK: "bad-address",
};

const advice: Record<StartErrorCode, string> = {
  "port-in-use": "it is in use. Stop the other program or change",
  "no-permission": "no permission. Ports below 1024 need root or CAP_NET_BIND_SERVICE; change",
  "bad-address": "this machine has no such address. Change",
  failed: "check",
};

export interface BindTarget {
  readonly service: string;
  readonly endpoint: string;
  /** The configuration's key that the endpoint came from. */
  readonly key: "port" | "bind" | "connect";
}

/** Why a socket could not be bound or connected, as a `StartError` that says what to change. */
export function bindError({ service, endpoint, key }: BindTarget, cause: unknown): StartError {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  const tcp = parseTcpEndpoint(endpoint);
  const startCode = codes[code] ?? "failed";
  if (key === "port" && tcp !== undefined) {
    // libzmq says ENODEV where the system calls say EADDRNOTAVAIL.
    const known =
      startCode === "bad-address" ? Object.assign(new Error(code), { code: "EADDRNOTAVAIL" }) : cause;
    return listenError({ service, transport: "TCP", ...tcp }, known);
  }
  const why = cause instanceof IpcPathError ? `${cause.reason}, or change` : adviceFor(startCode, tcp?.port);
  const message = `Cannot start "${service}" on ${endpoint}: ${why} services.${service}.${key}`;
  return new StartError(startCode, message, { cause });
}

function adviceFor(code: StartErrorCode, port: number | undefined): string {
  const programs = code === "port-in-use" && port !== undefined ? portHolder("TCP", port).programs : [];
  return programs.length === 0
    ? advice[code]
    : `it is in use by ${programs.join(" and ")}. Stop that program or change`;
}
