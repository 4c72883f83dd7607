import { parseIp } from "../../../core/address-range.ts";
import type { Endpoint } from "./ip-packet.ts";

export interface Endpoints {
  readonly service: Endpoint;
  readonly peer: Endpoint;
}

/**
 * The ends of a conversation from `host:port` of each. A service that listens on all addresses does not say on which
 * one it was met: it is the peer's own where that is of this machine, and the unspecified address otherwise.
 * @returns undefined where an end has no address: the path of a socket, or what a library does not tell
 */
export function endpointsOf(local: string, remote: string): Endpoints | undefined {
  const service = parseEndpoint(local);
  const peer = parseEndpoint(remote);
  if (service === undefined || peer === undefined) return undefined;
  const isMet = service.address.some((byte) => byte !== 0);
  if (isMet) return service.address.length === peer.address.length ? { service, peer } : undefined;
  const address = isLoopback(peer.address) ? peer.address : new Uint8Array(peer.address.length);
  return { service: { address, port: service.port }, peer };
}

function parseEndpoint(text: string): Endpoint | undefined {
  const [, host = "", port = ""] = /^\[?(.*?)\]?:(\d{1,5})$/.exec(text) ?? [];
  const address = parseAddress(host);
  return address === undefined || Number(port) > 0xffff ? undefined : { address, port: Number(port) };
}

function parseAddress(host: string): Uint8Array | undefined {
  const found = parseIp(host);
  if (found === undefined) return undefined;
  const bytes = new Uint8Array(found.bits / 8);
  for (let at = bytes.length - 1, left = found.value; at >= 0; at--, left >>= 8n)
    bytes[at] = Number(left & 0xffn);
  return bytes;
}

const isLoopback = (address: Uint8Array): boolean =>
  address.length === 4
    ? address[0] === 127
    : address.every((byte, position) => byte === (position === 15 ? 1 : 0));
