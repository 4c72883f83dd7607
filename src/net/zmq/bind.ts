import { mkdtempSync, rmSync } from "node:fs";
import { networkInterfaces, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { PortClaim } from "../../core/role.ts";
import type { ZmqConfig } from "./config.ts";
import { parseTcpEndpoint } from "./endpoint.ts";

/** Where a socket listens, or what it connects to, as the TCP layer takes it. */
export interface SocketTarget {
  readonly host: string;
  readonly port: number;
  /** Of an `ipc` endpoint; an abstract name of Linux begins with NUL. */
  readonly path?: string;
}

/** @param endpoint checked by `checkEndpoint` */
export function socketTarget(endpoint: string): SocketTarget {
  const tcp = parseTcpEndpoint(endpoint);
  if (tcp !== undefined) return { ...tcp, host: listenHost(tcp.host) };
  const name = endpoint.replace(/^ipc:\/\//, "");
  return { host: "", port: 0, path: name.replace(/^@/, "\0") };
}

/** The TCP ports that a service listens on: its own, or those of its endpoints; none where it only connects. */
export function portClaims({ host, port, bind, connect }: ZmqConfig): PortClaim[] {
  if (bind.length === 0 && connect.length === 0) return [{ transport: "tcp", host, port, path: ["port"] }];
  return bind.flatMap((endpoint, index) => {
    const { path, ...target } = socketTarget(endpoint);
    return path === undefined ? [{ transport: "tcp" as const, ...target, path: ["bind", index] }] : [];
  });
}

/** As libzmq has it, `*` is every IPv4 address, and a network interface its first one. */
function listenHost(host: string): string {
  if (host === "*") return "0.0.0.0";
  return networkInterfaces()[host]?.find(({ family }) => family === "IPv4")?.address ?? host;
}

/** The endpoint that `ipc://*` stands for: a new path in a folder of its own. */
export function chosenIpcEndpoint(endpoint: string): string {
  if (endpoint !== "ipc://*") return endpoint;
  return `ipc://${join(mkdtempSync(join(tmpdir(), "zmq-")), "socket")}`;
}

/** Removes what a listener has left at its path. */
export function removeIpcPath(path: string, endpoint: string): void {
  if (path.startsWith("\0")) return;
  if (endpoint === "ipc://*") rmSync(dirname(path), { recursive: true, force: true });
  else rmSync(path, { force: true });
}
