import { OpenAPIHono } from "@hono/zod-openapi";
import type { MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import type { AddRoutes, AdminContext } from "./context.ts";
import { guard } from "./guard.ts";
import { answerError, invalidRequest, RequestError } from "./request-error.ts";
import { addBackup } from "./routes/backup.ts";
import { addBans } from "./routes/bans.ts";
import { addControl } from "./routes/control.ts";
import { addEvents } from "./routes/events.ts";
import { addHealth } from "./routes/health.ts";
import { addMe } from "./routes/me.ts";
import { addMetrics } from "./routes/metrics.ts";
import { addPage } from "./routes/page.ts";
import { addRates } from "./routes/rates.ts";
import { addRecord } from "./routes/record.ts";
import { addServices } from "./routes/services.ts";
import { addTries } from "./routes/tries.ts";
import { addViewsAndActions } from "./routes/views-and-actions.ts";

const groups: readonly AddRoutes[] = [
  addHealth,
  addMe,
  addMetrics,
  addServices,
  addViewsAndActions,
  addControl,
  addBackup,
  addBans,
  addEvents,
  addRates,
  addRecord,
  addTries,
  addPage,
];

const maxBody = 1024 * 1024;

/** The admin service without its port; `fetch` answers a request. */
export function adminApp(context: AdminContext): OpenAPIHono {
  const app = new OpenAPIHono({
    defaultHook: (result) => {
      if (!result.success) throw invalidRequest(result.error, "data" in result ? result.data : undefined);
    },
  });
  app.onError((error, c) => answerError(error, c, context.log));
  app.use(head);
  app.use(guard(context));
  app.use(bodyLimit({ maxSize: maxBody, onError: refuseBody }));
  for (const add of groups) add(app, context);
  addDocument(app, context);
  refuseOtherMethods(app);
  app.notFound((c) =>
    c.json({ error: `There is nothing at ${c.req.path}; /openapi.json lists what there is` }, 404),
  );
  return app;
}

/** Answers that have no length before their end. */
const streamed = /^(text\/event-stream|application\/jsonl|application\/octet-stream)/;

/** Gives the answer to HEAD the Content-Length that GET would have. A stream is cancelled at once instead. */
const head: MiddlewareHandler = async (c, next) => {
  await next();
  if (c.req.raw.method !== "HEAD" || c.res.body === null) return;
  if (streamed.test(c.res.headers.get("content-type") ?? "")) return await c.res.body.cancel();
  const { byteLength } = await c.res.clone().arrayBuffer();
  c.res.headers.set("content-length", String(byteLength));
};

function refuseBody(): never {
  throw new RequestError(413, `Cannot take the request: its body is larger than ${maxBody} bytes`);
}

function addDocument(app: OpenAPIHono, { version }: AdminContext): void {
  app.openAPIRegistry.registerComponent("securitySchemes", "token", { type: "http", scheme: "bearer" });
  app.doc31("/openapi.json", {
    openapi: "3.1.0",
    info: { title: "distsrv: admin API", version },
    servers: [{ url: "/" }],
    security: [{}, { token: [] }],
  });
}

/** Answers 405, rather than 404, when a path exists with another method only. */
function refuseOtherMethods(app: OpenAPIHono): void {
  const methods = Map.groupBy(
    app.routes.filter(({ method }) => method !== "ALL"),
    ({ path }) => path,
  );
  for (const [path, routes] of methods) {
    const allow = [...new Set(routes.map(({ method }) => method))].join(", ");
    app.all(path, (c) => {
      const error = `Cannot ${c.req.method} ${c.req.path}: it takes ${allow}`;
      return c.json({ error }, 405, { allow });
    });
  }
}
