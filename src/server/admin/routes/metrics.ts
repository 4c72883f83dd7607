import { createRoute, z } from "@hono/zod-openapi";
import type { AddRoutes } from "../context.ts";

const route = createRoute({
  method: "get",
  path: "/metrics",
  summary: "Everything that is counted, as Prometheus reads it",
  responses: {
    200: {
      description: "Text exposition format 0.0.4",
      content: { "text/plain": { schema: z.string() } },
    },
  },
});

export const addMetrics: AddRoutes = (app, { metrics }) => {
  app.openapi(route, async (c) =>
    c.text(await metrics(), 200, { "content-type": "text/plain; version=0.0.4; charset=utf-8" }),
  );
};
