import { z } from "zod";
import { formatAddress } from "../../core/address.ts";
import type { Operations } from "../../core/operation.ts";
import { labPorts } from "../../core/ports.ts";
import type { Role, RoleContext } from "../../core/role.ts";
import { host, port } from "../../core/schema.ts";
import { httpFields } from "../../net/http/config.ts";
import { type HttpExchange, serveHttp } from "../../net/http/server.ts";
import { answerQuery } from "./answer.ts";
import { describeRequest, RestCall } from "./call.ts";
import { type Reply, send } from "./reply.ts";
import { restRoutes } from "./routes.ts";
import { splitTarget, type Target } from "./target.ts";

export const restConfig = z.strictObject({ host, port: port(labPorts.rest), ...httpFields });

export type RestConfig = z.infer<typeof restConfig>;

/** Every operation as `GET /NAME?a=..&b=..` and as `POST /NAME` with JSON. */
export const rest: Role<RestConfig> = {
  name: "rest",
  summary: "Calculator over HTTP: GET /add?a=5&b=9, with OpenAPI and a page to try it",
  config: restConfig,
  example: (_config, [address]) =>
    `curl 'http://${address === undefined ? "" : formatAddress(address)}/add?a=5&b=9'`,
  async start(context, config) {
    const server = await serveHttp(context, config, restHandler(context));
    return {
      addresses: [server.address],
      stats: () => server.stats(),
      problems: () => server.problems(),
      stop: (deadline) => server.stop(deadline),
    };
  },
};

function restHandler({ operations, traffic, service }: RoleContext) {
  const routes = restRoutes(operations, service);
  return (exchange: HttpExchange): Response | Promise<Response> => {
    const { request } = exchange;
    const target = splitTarget(request.url);
    const reply = fastReply(operations, request.method, target);
    if (reply !== undefined) {
      if (traffic.sample("message")) exchange.emitRequest(describeRequest(request.method, target));
      return send(exchange, traffic, reply);
    }
    return routes.fetch(request, new RestCall(exchange, traffic, target));
  };
}

/**
 * Fast path for nearly every request, without the router: its context and promise cost about as much as the rest of
 * such a request.
 */
function fastReply(operations: Operations, method: string, { path, query }: Target): Reply | undefined {
  // For HEAD, Bun sends only the head, with the length of the body.
  if (method !== "GET" && method !== "HEAD") return undefined;
  const operation = operations.find(path.slice(1));
  return operation === undefined ? undefined : answerQuery(operation, query);
}
