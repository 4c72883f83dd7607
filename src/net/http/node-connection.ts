import type { Socket } from "node:net";
import { type Address, plainHost } from "../../core/address.ts";

/** What the connections of one server share. */
export interface HttpConnectionOwner {
  readonly service: string;
  readonly idPrefix: string;
  /** Where the server listens. */
  readonly address: Address;
}

/**
 * One TCP connection of an HTTP server. Its addresses are read on demand, because the system call takes longer than the
 * accept.
 */
export class HttpConnection<Exchange = unknown> {
  /** The open exchanges: several when the client pipelines. */
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
