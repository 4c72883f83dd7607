import type { Socket } from "node:net";
import { type Address, formatAddress, plainHost } from "../core/address.ts";
import type { Conversation } from "../core/traffic.ts";

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
export class HttpConnection {
  #conversation: Conversation | undefined;

  constructor(
    readonly socket: Socket,
    readonly owner: HttpConnectionOwner,
    readonly number: number,
  ) {}

  get conversation(): Conversation {
    const { service, idPrefix } = this.owner;
    this.#conversation ??= {
      id: `${idPrefix}#${this.number}`,
      service,
      transport: "http",
      local: formatAddress(this.local),
      remote: formatAddress(this.remote),
    };
    return this.#conversation;
  }

  /** Whether anybody has heard of it. When it is closed, it is too late to ask for its addresses. */
  get isKnown(): boolean {
    return this.#conversation !== undefined;
  }

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
