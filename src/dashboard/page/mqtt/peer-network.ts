import { ownKey } from "../../../core/address-range.ts";

/**
 * Whom a ban of `10.0.0.7:51544` or `[fd00::7]:51544` is about: the address or, of IPv6, its customer's network, in which
 * it could take another one at once. Undefined of a peer without an address, such as a UNIX socket.
 */
export function networkOfPeer(remote: string): string | undefined {
  const [, bracketed, plain] = /^(?:\[([^\]]+)\]|([^:]+)):\d+$/.exec(remote) ?? [];
  const host = bracketed ?? plain;
  return host === undefined ? undefined : ownKey(host);
}
