import { z } from "zod";
import { webAddress } from "../../core/address.ts";
import { labPorts } from "../../core/ports.ts";
import type { Role } from "../../core/role.ts";
import { host, port } from "../../core/schema.ts";
import { corsField, httpFields, publicUrlField } from "../../net/http/config.ts";
import { withCors } from "../../net/http/cors.ts";
import { serveHttp } from "../../net/http/server.ts";
import { runningServer } from "../../net/tcp/running-server.ts";
import { tlsRole } from "../../net/tcp/tls-role.ts";
import { RestService } from "./service.ts";

export const restConfig = z.strictObject({
  host,
  port: port(labPorts.rest),
  ...httpFields,
  cors: corsField,
  publicUrl: publicUrlField,
});

export type RestConfig = z.infer<typeof restConfig>;

/** Every operation as `GET /NAME?a=..&b=..` and as `POST /NAME` with JSON. */
export const rest: Role<RestConfig> = {
  name: "rest",
  summary: "Calculator over HTTP: GET /add?a=5&b=9, with OpenAPI and a page to try it",
  usesOperations: true,
  config: restConfig,
  example: (_config, [address]) =>
    `curl '${address === undefined ? "http://" : webAddress(address)}/add?a=5&b=9'`,
  ...tlsRole,
  async start(context, config) {
    const { operations, service } = context;
    const handler = new RestService(operations, { service, publicUrl: config.publicUrl });
    const server = await serveHttp(context, config, withCors(config.cors, handler));
    return runningServer(server, config);
  },
};
