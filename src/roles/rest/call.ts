import type { Traffic } from "../../core/traffic.ts";
import { redactedTarget } from "../../net/http/head.ts";
import type { HttpExchange } from "../../net/http/server.ts";
import { printable } from "../../protocol/text/printable.ts";
import { type Reply, send } from "./reply.ts";
import type { Target } from "./target.ts";

/** A request in the router. Emits one `message` event for the request, with its body if it was read. */
export class RestCall {
  readonly #exchange: HttpExchange;
  readonly #traffic: Traffic;
  readonly #target: Target;
  #isEmitted = false;

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
    this.#emitRequest(body);
    return body;
  }

  send(reply: Reply): Response {
    if (!this.#isEmitted) this.#emitRequest();
    return send(this.#exchange, this.#traffic, reply);
  }

  #emitRequest(body?: Uint8Array): void {
    this.#isEmitted = true;
    if (!this.#traffic.sample("message")) return;
    const text = describeRequest(this.#exchange.request.method, this.#target);
    this.#exchange.emitRequest(body === undefined ? text : `${text} ${printable(body)}`, body);
  }
}

/** `Received: GET /add?a=5&b=9`, with `***` for credentials in the query */
export function describeRequest(method: string, { path, query }: Target): string {
  return `Received: ${method} ${printable(query === "" ? path : redactedTarget(`${path}?${query}`))}`;
}
