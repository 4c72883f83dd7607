import { createRoute, z } from "@hono/zod-openapi";
import type { AddRoutes } from "../context.ts";
import { failure, json, nameParam, refusals, service } from "../schemas.ts";
import { serviceReport } from "../service-report.ts";

const route = createRoute({
  method: "post",
  path: "/api/services/{name}/{command}",
  summary: "Starts, stops or restarts one service",
  description:
    "A restart keeps the port. The answer comes when it is done; clients have `grace` to be served.",
  request: {
    params: nameParam.extend({
      command: z.enum(["start", "stop", "restart"]).openapi({ param: { name: "command", in: "path" } }),
    }),
  },
  responses: {
    200: json(service, "The service as it is now"),
    ...refusals,
    409: json(failure, "Its state does not allow it"),
    500: json(failure, "It cannot start"),
  },
});

const drainRoute = createRoute({
  method: "post",
  path: "/api/drain",
  summary: "Stops the whole process gracefully, like SIGTERM",
  responses: { 202: json(z.object({ draining: z.literal(true) }), "It stops") },
});

export const addControl: AddRoutes = (app, context) => {
  app.openapi(route, async (c) => {
    const { name, command } = c.req.valid("param");
    const { supervisor, log } = context;
    supervisor.statusOf(name);
    log.info(`${name} is asked to ${command}`);
    await supervisor.control(name, command);
    return c.json(await serviceReport(context, name), 200);
  });

  app.openapi(drainRoute, (c) => {
    // The answer goes out first.
    setImmediate(() => context.drain("asked to by the admin API"));
    return c.json({ draining: true as const }, 202);
  });
};
