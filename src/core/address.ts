/** What is spoken on a port of the network. */
export type NetworkTransport = "tcp" | "tls" | "ws" | "wss" | "udp";

/** Where a service really listens, or where a peer really is. */
export interface Address {
  readonly transport: NetworkTransport | "ipc";
  readonly host: string;
  readonly port: number;
}

/** `127.0.0.1:2222`, `[::1]:2222`, or the path of an `ipc` socket. */
export function formatAddress(address: Address): string {
  if (address.transport === "ipc") return address.host;
  return formatHostPort(address.host, address.port);
}

/** `http://127.0.0.1:8088`, or https where it speaks TLS. */
export const webAddress = (address: Address): string =>
  `${address.transport === "tls" ? "https" : "http"}://${formatAddress(address)}`;

/** An IPv4 peer of a server on `::` has the address `::ffff:127.0.0.1`; this gives `127.0.0.1`. */
export function plainHost(host: string): string {
  return host.replace(/^::ffff:(?=\d+\.)/, "");
}

/** Whether only this machine reaches a server that listens on `host`. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}

/** Whether the host is the path of a Unix socket: no name and no address begins like that. */
export const isSocketPath = (host: string): boolean => host.startsWith("/");

/** `127.0.0.1:2222`, `[::1]:2222`, or the path of a Unix socket alone. */
export function formatHostPort(host: string, port: number): string {
  if (isSocketPath(host)) return host;
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Of `host:port` or `[host]:port`; the path of a Unix socket is a host of its own. */
export const hostOf = (remote: string): string =>
  remote.startsWith("/") ? remote : remote.slice(0, remote.lastIndexOf(":")).replace(/^\[|\]$/g, "");
