import { z } from "zod";
import { webAddress } from "../../core/address.ts";
import { labPorts } from "../../core/ports.ts";
import type { Role } from "../../core/role.ts";
import { host, port } from "../../core/schema.ts";
import { corsField, httpFields } from "../../net/http/config.ts";
import { withCors } from "../../net/http/cors.ts";
import { serveHttp } from "../../net/http/server.ts";
import { runningServer } from "../../net/tcp/running-server.ts";
import { tlsRole } from "../../net/tcp/tls-role.ts";
import { RpcEndpoint } from "./endpoint.ts";
import { RpcService } from "./service.ts";

export const jsonrpcConfig = z.strictObject({
  host,
  port: port(labPorts.jsonrpc),
  ...httpFields,
  cors: corsField,
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
  usesOperations: true,
  config: jsonrpcConfig,
  example: (_config, [address]) =>
    `curl -d '{"jsonrpc":"2.0","method":"add","params":[10,2],"id":1}' ${address === undefined ? "http://" : webAddress(address)}/`,
  ...tlsRole,
  async start(context, config) {
    const endpoint = new RpcEndpoint(context.operations, config.maxBatch, context.log);
    const server = await serveHttp(context, config, withCors(config.cors, new RpcService(endpoint)));
    return runningServer(server, config);
  },
};
