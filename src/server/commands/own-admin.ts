import { webAddress } from "../../core/address.ts";
import type { AdminConfig } from "../config/schema.ts";
import { reachable } from "../run/report.ts";

/** Why the admin service of a configuration cannot be asked by a command; undefined: it can. */
export function unreachableReason(admin: AdminConfig | false): string | undefined {
  if (admin === false) return "admin is false";
  if (admin.port === 0) return "admin.port is 0, and so another at each start";
  return admin.tls?.requireClientCert === true
    ? "admin.tls wants a certificate of each client, which this command has not"
    : undefined;
}

/**
 * Asks the admin service on this machine. Its certificate is not checked: it may be for another name, and one that has
 * just been renewed is not the one that still runs. Who has the port on this machine would get a request without TLS, too.
 */
export function fetchOwn(
  { host, port, tls }: AdminConfig,
  path: string,
  init: RequestInit,
): Promise<Response> {
  return fetch(ownUrl({ host, port, tls }, path), {
    ...init,
    ...(tls !== undefined && { tls: { rejectUnauthorized: false } }),
  });
}

export function ownUrl(
  { host, port, tls }: Pick<AdminConfig, "host" | "port" | "tls">,
  path: string,
): string {
  return `${webAddress(reachable({ transport: tls === undefined ? "tcp" : "tls", host, port }))}${path}`;
}
