import type { Traffic } from "../../core/traffic.ts";
import { redactedTarget } from "../../net/http/head.ts";
import type { HttpExchange } from "../../net/http/server.ts";
import { printable } from "../../protocol/text/printable.ts";
import { type Reply, send } from "./reply.ts";
import type { Target } from "./target.ts";

/** One request on its way through the router: what is told of it is told once, with its body if it was read. */
export class RestCall {
  readonly #exchange: HttpExchange;
  readonly #traffic: Traffic;
  readonly #target: Target;
  #isTold = false;

  constructor(exchange: HttpExchange, traffic: Traffic, target: Target) {
    this.#exchange = exchange;
    this.#traffic = traffic;
    this.#target = target;
  }

  get query(): string {
    return this.#target.query;
  }

  /** @throws {BodyTooLargeError} */
  async body(): Promise<Uint8Array> {
    const body = await this.#exchange.body();
    this.#tell(body);
    return body;
  }

  send(reply: Reply): Response {
    if (!this.#isTold) this.#tell();
    return send(this.#exchange, this.#traffic, reply);
  }

  #tell(body?: Uint8Array): void {
    this.#isTold = true;
    if (!this.#traffic.wants("message")) return;
    const text = received(this.#exchange.request.method, this.#target);
    this.#exchange.emitRequest(body === undefined ? text : `${text} ${printable(body)}`, body);
  }
}

/** `Received: GET /add?a=5&b=9`, a token or a password in the query as `***` */
export function received(method: string, { path, query }: Target): string {
  return `Received: ${method} ${printable(query === "" ? path : redactedTarget(`${path}?${query}`))}`;
}
