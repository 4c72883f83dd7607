import { createRoute, z } from "@hono/zod-openapi";
import type { AuditEvent } from "../../../core/audit.ts";
import { ConfigError } from "../../config/diagnostic.ts";
import { describeReload, isApplied, type ReloadReport } from "../../run/reloader.ts";
import { askerOf } from "../caller.ts";
import type { AddRoutes } from "../context.ts";
import { failure, json, nameParam, refusals, reloaded, service } from "../schemas.ts";
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

const reloadRoute = createRoute({
  method: "post",
  path: "/api/reload",
  summary: "Reads the file again and goes over to what it says",
  description:
    "The file is checked as a whole: a mistake in it changes nothing. A service whose settings did not change is not " +
    "touched; one that can apply the change live does; one that cannot is restarted alone.",
  responses: {
    200: json(reloaded, "What has become of each service"),
    409: json(failure, "It is stopping"),
    422: json(failure, "The file has mistakes"),
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
    const { supervisor, log, audit } = context;
    const asker = askerOf(c);
    supervisor.statusOf(name);
    log.info(`${name} is asked to ${command} by ${asker.by}`);
    await supervisor.control(name, command);
    audit?.(events[command], { name, ...asker });
    return c.json(await serviceReport(context, name), 200);
  });

  app.openapi(reloadRoute, async (c) => {
    try {
      const report = await context.reload(askerOf(c));
      return c.json(
        { ...plainReport(report), applied: isApplied(report), lines: describeReload(report) },
        200,
      );
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      return c.json({ error: error.report() }, 422);
    }
  });

  app.openapi(drainRoute, (c) => {
    const asker = askerOf(c);
    // The answer goes out first.
    setImmediate(() => context.drain(`Asked to by ${asker.by} through the admin API`, asker));
    return c.json({ draining: true as const }, 202);
  });
};

const events = {
  start: "service-started",
  stop: "service-stopped",
  restart: "service-restarted",
} as const satisfies Record<string, AuditEvent>;

/** Copied, so that the answer's lists may be its own. */
const plainReport = ({ services, changed, notApplied, failed }: ReloadReport) => ({
  services: services.map(({ keys, ...change }) => ({ ...change, keys: [...keys] })),
  changed: [...changed],
  notApplied: [...notApplied],
  failed: [...failed],
});
