import { Hono } from "hono";
import { nearest } from "../../core/nearest.ts";
import type { Operation, Operations } from "../../core/operation.ts";
import { BodyTooLargeError } from "../../net/http/server.ts";
import { answerBody, answerQuery } from "./answer.ts";
import type { RestCall } from "./call.ts";
import { docsPage, docsPolicy } from "./docs/page.ts";
import { errorReply, jsonText, type Reply } from "./reply.ts";
import { splitTarget } from "./target.ts";

/** What Hono passes to a route besides the request. */
export interface RestEnv {
  Bindings: RestCall;
}

/** All routes of the service. Most requests, `GET /NAME?...`, are answered before they reach the router. */
export function restRoutes(operations: Operations, service: string): Hono<RestEnv> {
  const app = new Hono<RestEnv>({ getPath: ({ url }) => splitTarget(url).path });
  const names = operations.all.flatMap(({ name, aliases }) => [name, ...aliases]);

  app.get("/", (context) => {
    const isBrowser = wantsHtml(context.req.header("accept"));
    return context.env.send(isBrowser ? toDocs : overview(operations));
  });
  app.get("/docs", async (context) => context.env.send(html(await docsPage(service, operations))));
  app.get("/openapi.json", async (context) => {
    // Loaded on demand, because only this document needs the library.
    const { openApiDocument } = await import("./openapi.ts");
    return context.env.send(jsonText(JSON.stringify(openApiDocument(service, operations))));
  });

  app.get("/:name", (context, next) => {
    const operation = operations.find(context.req.param("name"));
    if (operation === undefined) return next();
    return context.env.send(answerQuery(operation, context.env.query));
  });
  app.post("/:name", async (context, next) => {
    const operation = operations.find(context.req.param("name"));
    if (operation === undefined) return next();
    return context.env.send(await postReply(operation, context.env));
  });
  app.all("/:name", (context, next) => {
    const methods = allowedMethods(operations, context.req.param("name"));
    if (methods === undefined) return next();
    return context.env.send(otherMethod(context.req.method, methods));
  });
  app.all("/", (context) => context.env.send(otherMethod(context.req.method, pageMethods)));
  // Otherwise Hono would print the error and answer with its own 500.
  app.onError((error) => {
    throw error;
  });
  app.notFound((context) => context.env.send(notFound(context.req.path, names)));
  return app;
}

const operationMethods = "GET, HEAD, POST, OPTIONS";
const pageMethods = "GET, HEAD, OPTIONS";

function allowedMethods(operations: Operations, name: string): string | undefined {
  if (operations.find(name) !== undefined) return operationMethods;
  return name === "docs" || name === "openapi.json" ? pageMethods : undefined;
}

function otherMethod(method: string, allow: string): Reply {
  if (method === "OPTIONS") return { status: 200, body: "", headers: { allow } };
  return errorReply(405, "Method not allowed", { detail: `${method} is none of ${allow}` }, { allow });
}

async function postReply(operation: Operation, call: RestCall): Promise<Reply> {
  try {
    return answerBody(operation, await call.body());
  } catch (error) {
    if (!(error instanceof BodyTooLargeError)) throw error;
    return errorReply(413, "Request too large", { detail: error.message }, { connection: "close" });
  }
}

function overview(operations: Operations): Reply {
  const list = operations.all.map(({ name, aliases, expression }) => ({
    name,
    aliases,
    expression,
    example: `/${name}?a=5&b=9`,
  }));
  return jsonText(JSON.stringify({ operations: list, documentation: "/docs", openapi: "/openapi.json" }));
}

function notFound(path: string, names: readonly string[]): Reply {
  const asked = path.replaceAll("/", "");
  const near = nearest(asked, names);
  const hint = near === undefined ? "" : ` Did you mean /${near}?`;
  const detail = `There is nothing at ${path}.${hint}`;
  return errorReply(404, "Not found", { detail, operations: names });
}

const toDocs: Reply = { status: 302, body: "", headers: { location: "/docs", vary: "accept" } };

const html = (body: string): Reply => ({
  status: 200,
  body,
  headers: { "content-type": "text/html; charset=utf-8", "content-security-policy": docsPolicy },
});

/** A browser accepts text/html explicitly; curl, requests and fetch accept anything. */
const wantsHtml = (accept = "") => accept.includes("text/html");
