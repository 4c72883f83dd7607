import { type Address, formatHostPort } from "../../core/address.ts";

// A name or address with an optional port; an IPv6 address stands in brackets. Nothing that could be markup.
const hostHeader = /^(?:[A-Za-z0-9][A-Za-z0-9._-]{0,252}|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?$/;

/**
 * Where a client reaches the service that it is talking to: what it said itself in its Host header, or, when
 * it said none or nonsense, the address that its connection goes to.
 */
export function serviceLocation(host: string | undefined, connected: () => Address): string {
  if (host !== undefined && hostHeader.test(host)) return `http://${host}/`;
  const address = connected();
  return `http://${formatHostPort(address.host, address.port)}/`;
}
