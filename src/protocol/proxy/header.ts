import { invalidHeader, type ProxyHeader, partialHeader } from "./api.ts";
import { readVersion1, startsVersion1 } from "./version-1.ts";
import { readVersion2, startsVersion2 } from "./version-2.ts";

export type { ProxyHeader, ProxySource } from "./api.ts";

/** The longest header that is taken: one of version 2 with every address and 320 bytes of extensions. */
export const maxProxyHeader = 536;

/**
 * Reads the header of the PROXY protocol that stands before everything else on a connection, of version 1 or 2.
 * https://www.haproxy.org/download/2.9/doc/proxy-protocol.txt
 * @param bytes all that has come so far
 */
export function readProxyHeader(bytes: Uint8Array): ProxyHeader {
  if (bytes.length === 0) return partialHeader;
  if (startsVersion1(bytes)) return readVersion1(bytes);
  if (startsVersion2(bytes)) return readVersion2(bytes, maxProxyHeader);
  return invalidHeader("it does not begin with a header of the PROXY protocol");
}
