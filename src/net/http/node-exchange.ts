import type { IncomingMessage, ServerResponse } from "node:http";
import { type Address, formatAddress } from "../../core/address.ts";
import type { Conversation } from "../../core/traffic.ts";
import type { HttpConnection } from "./node-connection.ts";

/** One request and its reply, from the request's head to the reply's end: one conversation for observers. */
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

  /** Neither answered nor aborted. */
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

  /** Whether an event was emitted for it. Without one, the addresses of a closed connection cannot be read any more. */
  get wasObserved(): boolean {
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
