/** Where a service really listens, or where a peer really is. */
export interface Address {
  readonly transport: "tcp" | "tls" | "ws" | "wss" | "udp" | "ipc";
  readonly host: string;
  readonly port: number;
}

/** `127.0.0.1:2222`, `[::1]:2222`, or the path of an `ipc` socket. */
export function formatAddress(address: Address): string {
  if (address.transport === "ipc") return address.host;
  return formatHostPort(address.host, address.port);
}

/** An IPv4 peer of a server on `::` has the address `::ffff:127.0.0.1`; this gives `127.0.0.1`. */
export function plainHost(host: string): string {
  return host.replace(/^::ffff:(?=\d+\.)/, "");
}

/** Whether only this machine reaches a server that listens on `host`. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}

export function formatHostPort(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
