import { Hono } from "hono";
import { nearest } from "../../core/nearest.ts";
import type { Operations } from "../../core/operation.ts";
import { redactedTarget } from "../../protocol/http/secrets.ts";
import type { RestDescription } from "./description.ts";
import { docsPage, docsPolicy } from "./docs/page.ts";
import { errorReply, type Reply } from "./reply.ts";

/** The pages that describe the service, and the answers to everything else that is no operation. */
export function restRoutes(operations: Operations, description: RestDescription): Hono {
  const app = new Hono();
  const names = operations.all.flatMap(({ name, aliases }) => [name, ...aliases]);
  const docs = once(() => docsPage(description.service, operations));
  const document = once(async () => {
    // Loaded on demand, because only this document needs the library.
    const { openApiDocument } = await import("./openapi.ts");
    return JSON.stringify(openApiDocument(description, operations));
  });

  app.get("/", (context) => {
    context.header("vary", "accept");
    if (wantsHtml(context.req.header("accept"))) return context.redirect("/docs");
    return context.json(overview(operations));
  });
  app.get("/docs", async (context) => {
    context.header("content-security-policy", docsPolicy);
    context.header("content-type", "text/html; charset=utf-8");
    return context.body(await docs());
  });
  app.get("/openapi.json", async () => respond({ status: 200, headers: jsonType, body: await document() }));
  for (const page of ["/", "/docs", "/openapi.json"]) {
    app.all(page, (context) => respond(otherMethod(context.req.method, "GET, HEAD, OPTIONS")));
  }
  // Otherwise hono would print the error and answer with its own 500.
  app.onError((error) => {
    throw error;
  });
  app.notFound((context) => respond(notFound(context.req.path, names)));
  return app;
}

const jsonType = { "Content-Type": "application/json" };

const respond = ({ status, headers, body }: Reply): Response => new Response(body, { status, headers });

/** Made when it is asked for, and kept: it depends on the configuration alone. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

export function otherMethod(method: string, allow: string): Reply {
  if (method === "OPTIONS") return { status: 200, body: "", headers: { Allow: allow } };
  return errorReply(405, "Method not allowed", { detail: `${method} is none of ${allow}` }, { Allow: allow });
}

function overview(operations: Operations) {
  const list = operations.all.map(({ name, aliases, expression }) => ({
    name,
    aliases,
    expression,
    example: `/${name}?a=5&b=9`,
  }));
  return { operations: list, documentation: "/docs", openapi: "/openapi.json" };
}

function notFound(path: string, names: readonly string[]): Reply {
  // Nobody misspells a name so long, and comparing takes time by its length.
  const asked = path.replaceAll("/", "").slice(0, 100);
  const near = nearest(asked, names);
  const hint = near === undefined ? "" : ` Did you mean /${near}?`;
  // The answer is shown to observers, too.
  const detail = `There is nothing at ${redactedTarget(path)}.${hint}`;
  return errorReply(404, "Not found", { detail, operations: names });
}

/** A browser accepts text/html explicitly; curl, requests and fetch accept anything. */
const wantsHtml = (accept = "") => accept.includes("text/html");
