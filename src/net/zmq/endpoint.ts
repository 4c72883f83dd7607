import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { networkInterfaces } from "node:os";
import { formatHostPort } from "../../core/address.ts";

const tcpPattern = /^tcp:\/\/(\[[0-9a-f:.%\w]+\]|[^:[\]/\s]+):(\d{1,5}|\*)$/i;

export interface TcpEndpoint {
  readonly host: string;
  /** 0 lets the operating system choose. */
  readonly port: number;
}

/** The host and port of `tcp://HOST:PORT`; undefined for any other endpoint. */
export function parseTcpEndpoint(endpoint: string): TcpEndpoint | undefined {
  const [, host = "", digits = ""] = tcpPattern.exec(endpoint) ?? [];
  const port = digits === "*" ? 0 : Number(digits);
  if (host === "" || port > 65535) return undefined;
  return { host: host.replace(/^\[|\]$/g, ""), port };
}

export const formatTcpEndpoint = ({ host, port }: TcpEndpoint): string =>
  `tcp://${formatHostPort(host, port)}`;

/** @throws {Error} saying how an endpoint is written, when this one is invalid or of an unsupported transport */
export function checkEndpoint(endpoint: string): void {
  const isPath = /^ipc:\/\/./.test(endpoint);
  if (isPath || parseTcpEndpoint(endpoint) !== undefined) return;
  throw new Error(
    `must be an endpoint such as tcp://127.0.0.1:5555 or ipc:///tmp/lab.sock, and is ${JSON.stringify(endpoint)}`,
  );
}

/**
 * The endpoint as libzmq can bind it: it takes addresses and network interfaces, but resolves no names.
 * @throws the resolver's error for a name without an address
 */
export async function resolveBindEndpoint(endpoint: string): Promise<string> {
  const tcp = parseTcpEndpoint(endpoint);
  if (tcp === undefined || tcp.host === "*" || isIP(tcp.host) !== 0) return endpoint;
  if (tcp.host in networkInterfaces()) return endpoint;
  const { address } = await lookup(tcp.host);
  return formatTcpEndpoint({ host: address, port: tcp.port });
}

const addressesOf = (host: string): Promise<{ family: number }[]> => lookup(host, { all: true });

/**
 * Whether a peer has only IPv6 addresses. With the IPv6 option set, libzmq prefers IPv6 where there is an address, and
 * `localhost` would no longer be 127.0.0.1: so the option is set only for peers that need it.
 */
export async function connectsOverIpv6(endpoint: string, resolve = addressesOf): Promise<boolean> {
  const host = parseTcpEndpoint(endpoint)?.host;
  if (host === undefined || isIP(host) === 4) return false;
  if (host.includes(":")) return true;
  const addresses = await resolve(host).catch(() => []);
  return addresses.length > 0 && addresses.every(({ family }) => family === 6);
}

/** Whether the IPv6 option must be set before a socket binds to the endpoint. */
export function needsIpv6(endpoint: string): boolean {
  return parseTcpEndpoint(endpoint)?.host.includes(":") === true;
}
