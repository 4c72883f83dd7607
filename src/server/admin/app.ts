import { OpenAPIHono } from "@hono/zod-openapi";
import { bodyLimit } from "hono/body-limit";
import type { AdminContext } from "./context.ts";
import { guard } from "./guard.ts";
import { head } from "./head.ts";
import { answerError, RequestError } from "./request-error.ts";
import { requestMistake } from "./request-mistake.ts";
import { addActions } from "./routes/actions.ts";
import { addControl } from "./routes/control.ts";
import { addEvents } from "./routes/events.ts";
import { addHealth } from "./routes/health.ts";
import { addMetrics } from "./routes/metrics.ts";
import { addPage } from "./routes/page.ts";
import { addServices } from "./routes/services.ts";
import { addTries } from "./routes/tries.ts";
import { addViews } from "./routes/views-and-actions.ts";

/** What adds some routes to the app. */
export type AddRoutes = (app: OpenAPIHono, context: AdminContext) => void;

const groups: readonly AddRoutes[] = [
  addHealth,
  addMetrics,
  addServices,
  addViews,
  addActions,
  addControl,
  addEvents,
  addTries,
  addPage,
];

const maxBody = 1024 * 1024;

/** The admin service without its port: every request goes to `fetch`. */
export function adminApp(context: AdminContext): OpenAPIHono {
  const app = new OpenAPIHono({
    defaultHook: (result) => {
      if (!result.success) throw requestMistake(result.error, "data" in result ? result.data : undefined);
    },
  });
  app.onError((error, c) => answerError(error, c, context.log));
  app.use(head);
  app.use(guard(context.config));
  app.use(bodyLimit({ maxSize: maxBody, onError: refuseBody }));
  for (const add of groups) add(app, context);
  addDocument(app, context);
  refuseOtherMethods(app);
  app.notFound((c) =>
    c.json({ error: `There is nothing at ${c.req.path}; /openapi.json lists what there is` }, 404),
  );
  return app;
}

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

/** A path that is there, asked in a way that is not, is not "not found". */
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
