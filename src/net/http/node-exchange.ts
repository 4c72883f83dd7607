import type { IncomingMessage, ServerResponse } from "node:http";
import { type Address, formatAddress } from "../../core/address.ts";
import type { Conversation } from "../../core/traffic.ts";
import type { HttpConnection } from "./node-connection.ts";

/** One request and the answer to it, from its head to the answer's end: what observers call a conversation. */
export class NodeHttpExchange {
  #conversation: Conversation | undefined;

  constructor(
    readonly incoming: IncomingMessage,
    readonly response: ServerResponse,
    readonly connection: HttpConnection<NodeHttpExchange>,
    /** Counts up over all connections of the server. */
    readonly number: number,
  ) {
    connection.exchanges.add(this);
  }

  /** Neither answered nor given up. */
  get isOpen(): boolean {
    return this.connection.exchanges.has(this);
  }

  end(): void {
    this.connection.exchanges.delete(this);
  }

  get conversation(): Conversation {
    const { service, idPrefix } = this.connection.owner;
    this.#conversation ??= {
      id: `${idPrefix}#${this.number}`,
      service,
      transport: "http",
      local: formatAddress(this.local),
      remote: formatAddress(this.remote),
    };
    return this.#conversation;
  }

  /** Whether anybody has heard of it. When its connection is closed, it is too late to ask for its addresses. */
  get isKnown(): boolean {
    return this.#conversation !== undefined;
  }

  /** The address that the client connected to. */
  get local(): Address {
    return this.connection.local;
  }

  get remote(): Address {
    return this.connection.remote;
  }
}
