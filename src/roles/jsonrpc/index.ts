import { z } from "zod";
import { formatAddress } from "../../core/address.ts";
import { labPorts } from "../../core/ports.ts";
import type { Role, RoleContext } from "../../core/role.ts";
import { host, port } from "../../core/schema.ts";
import { httpFields } from "../../net/http/config.ts";
import { BodyTooLargeError, type HttpExchange, serveHttp } from "../../net/http/server.ts";
import { printable } from "../../protocol/text/printable.ts";
import { errorText, RpcEndpoint } from "./endpoint.ts";
import { RpcError, rpcCodes } from "./error.ts";

export const jsonrpcConfig = z.strictObject({
  host,
  port: port(labPorts.jsonrpc),
  ...httpFields,
  maxBatch: z
    .int()
    .min(1)
    .default(1000)
    .describe("Calls in one batch; a larger batch is an invalid request."),
});

export type JsonrpcConfig = z.infer<typeof jsonrpcConfig>;

/** Every operation as a method of JSON-RPC 2.0. */
export const jsonrpc: Role<JsonrpcConfig> = {
  name: "jsonrpc",
  summary: "Calculator over JSON-RPC 2.0 by POST, with batches and notifications",
  config: jsonrpcConfig,
  example: (_config, [address]) =>
    `curl -d '{"jsonrpc":"2.0","method":"add","params":[10,2],"id":1}' http://${address === undefined ? "" : formatAddress(address)}/`,
  async start(context, config) {
    const endpoint = new RpcEndpoint(context.operations, config.maxBatch, context.log);
    const server = await serveHttp(context, config, (exchange) => serve(context, endpoint, exchange));
    return {
      addresses: [server.address],
      stats: () => server.stats(),
      problems: () => server.problems(),
      stop: (deadline) => server.stop(deadline),
    };
  },
};

const jsonType = { "content-type": "application/json" };

/**
 * JSON-RPC does not define its use over HTTP. Here a call is a POST to any path, of any content type (curl sends a
 * form's by default); every answer has status 200, errors included, and a notification gets 204.
 */
function serve(
  context: RoleContext,
  endpoint: RpcEndpoint,
  exchange: HttpExchange,
): Response | Promise<Response> {
  const { method } = exchange.request;
  if (method === "POST") return answerPost(context, endpoint, exchange);
  if (context.traffic.sample("message")) exchange.emitRequest(`Received: ${printable(method)}`);
  const headers = { allow: "POST, OPTIONS" };
  if (method === "OPTIONS") return reply(context, exchange, "", { status: 200, headers });
  const error = "Send a JSON-RPC 2.0 request by POST";
  return reply(context, exchange, JSON.stringify({ error }), {
    status: 405,
    headers: { ...headers, ...jsonType },
  });
}

async function answerPost(
  context: RoleContext,
  endpoint: RpcEndpoint,
  exchange: HttpExchange,
): Promise<Response> {
  try {
    const body = await exchange.body();
    if (context.traffic.sample("message")) exchange.emitRequest(`Received: ${printable(body)}`, body);
    const answer = endpoint.answer(body);
    if (answer === undefined) return reply(context, exchange, "", { status: 204 });
    return reply(context, exchange, answer, { headers: jsonType });
  } catch (error) {
    if (!(error instanceof BodyTooLargeError)) throw error;
    const text = errorText(new RpcError(rpcCodes.invalidRequest, error.message), null);
    return reply(context, exchange, text, { status: 413, headers: { ...jsonType, connection: "close" } });
  }
}

function reply(context: RoleContext, exchange: HttpExchange, body: string, init: ResponseInit): Response {
  const response = new Response(body === "" ? null : body, init);
  if (context.traffic.sample("message")) {
    exchange.emitReply(`Sent: ${response.status} ${printable(body)}`.trimEnd(), response, body);
  }
  return response;
}
