import {
  describeReply,
  describeRequest,
  type HttpHandler,
  type HttpReply,
  type HttpRequest,
} from "../../net/http/server.ts";
import type { HttpError } from "../../protocol/http/http-error.ts";
import { printable } from "../../protocol/text/printable.ts";
import { errorText, type RpcEndpoint } from "./endpoint.ts";
import { RpcError, rpcCodes } from "./error.ts";

const jsonHeaders = { "Content-Type": "application/json" };
const allowed = { Allow: "POST, OPTIONS" };
const jsonAllowed = { ...jsonHeaders, ...allowed };
const nothing: HttpReply = { status: 204, headers: {}, body: "" };

/**
 * JSON-RPC does not define its use over HTTP. Here a call is a POST to any path, of any content type (curl sends a
 * form's by default); every answer has status 200, errors included, and a notification gets 204.
 */
export class RpcService implements HttpHandler {
  readonly #endpoint: RpcEndpoint;

  constructor(endpoint: RpcEndpoint) {
    this.#endpoint = endpoint;
  }

  answer(request: HttpRequest): HttpReply | Promise<HttpReply> {
    const { method } = request;
    if (method === "OPTIONS") return { status: 200, headers: allowed, body: "" };
    if (method !== "POST") {
      const error = "Send a JSON-RPC 2.0 request by POST";
      return { status: 405, headers: jsonAllowed, body: JSON.stringify({ error }) };
    }
    const answer = this.#endpoint.answer(request.bodyText, request);
    return answer instanceof Promise ? answer.then(replyOf) : replyOf(answer);
  }

  refuse({ status, message }: HttpError): HttpReply {
    const code = status === 500 ? rpcCodes.internalError : rpcCodes.invalidRequest;
    return { status, headers: jsonHeaders, body: errorText(new RpcError(code, message), null) };
  }

  describe(request: HttpRequest, reply: HttpReply) {
    const isCall = request.method === "POST" && reply.status !== 413;
    const received = isCall ? `Received: ${printable(request.body)}` : describeRequest(request);
    return { received, sent: describeReply(reply) };
  }
}

const replyOf = (text: string | undefined): HttpReply =>
  text === undefined ? nothing : { status: 200, headers: jsonHeaders, body: text };
