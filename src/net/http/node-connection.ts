import type { Socket } from "node:net";
import { type Address, plainHost } from "../../core/address.ts";

/** What the connections of one server have in common. */
export interface HttpConnectionOwner {
  readonly service: string;
  readonly idPrefix: string;
  /** Where the server listens. */
  readonly address: Address;
}

/**
 * One TCP connection of an HTTP server. Its addresses are asked of the operating system, which takes longer
 * than accepting it did: so they are asked when somebody wants to know.
 */
export class HttpConnection<Exchange = unknown> {
  /** Those that have begun and not ended: a client may send requests ahead. */
  readonly exchanges = new Set<Exchange>();

  constructor(
    readonly socket: Socket,
    readonly owner: HttpConnectionOwner,
  ) {}

  /** The address that the client connected to. */
  get local(): Address {
    const { localAddress, localPort } = this.socket;
    return address(localAddress ?? this.owner.address.host, localPort ?? this.owner.address.port);
  }

  get remote(): Address {
    const { remoteAddress, remotePort } = this.socket;
    return address(remoteAddress ?? "", remotePort ?? 0);
  }
}

function address(host: string, port: number): Address {
  return { transport: "tcp", host: plainHost(host), port };
}
