import { createRoute, z } from "@hono/zod-openapi";
import { describeError } from "../../../core/errors.ts";
import { nearest } from "../../../core/nearest.ts";
import { type ServiceStatus, stateWords } from "../../run/service-status.ts";
import { askerOf } from "../caller.ts";
import type { AddRoutes } from "../context.ts";
import { jsonBody } from "../json-body.ts";
import { RequestError } from "../request-error.ts";
import { json, nameParam, refusals } from "../schemas.ts";

const viewRoute = createRoute({
  method: "get",
  path: "/api/services/{name}/views/{view}",
  summary: "What a service shows of its insides",
  description: "The query is the view's own; GET /api/services/NAME lists the views.",
  request: {
    params: nameParam.extend({ view: z.string().openapi({ param: { name: "view", in: "path" } }) }),
  },
  responses: { 200: json(z.unknown(), "Whatever the view shows"), ...refusals },
});

const actionRoute = createRoute({
  method: "post",
  path: "/api/services/{name}/actions/{action}",
  summary: "Asks a service to do something",
  description: "The body is the action's own; GET /api/services/NAME lists the actions.",
  request: {
    params: nameParam.extend({ action: z.string().openapi({ param: { name: "action", in: "path" } }) }),
    body: { content: { "application/json": { schema: z.unknown() } } },
  },
  responses: { 200: json(z.object({ result: z.unknown() }), "What came of it"), ...refusals },
});

export const addViewsAndActions: AddRoutes = (app, { supervisor, log }) => {
  app.openapi(viewRoute, (c) => {
    const { name, view } = c.req.valid("param");
    const show = findNamed("view", view, supervisor.views(name), supervisor.statusOf(name));
    try {
      return c.json(show(c.req.query()) as object, 200);
    } catch (error) {
      throw new RequestError(400, `Cannot show ${name}'s view "${view}": ${describeError(error)}`);
    }
  });

  app.openapi(actionRoute, async (c) => {
    const { name, action } = c.req.valid("param");
    const act = findNamed("action", action, supervisor.actions(name), supervisor.statusOf(name));
    const input = await jsonBody(c);
    try {
      const asker = askerOf(c);
      const result = (await act(input, asker)) ?? null;
      log.info(`${name} was asked to ${action} by ${asker.by}`);
      return c.json({ result }, 200);
    } catch (error) {
      throw new RequestError(400, `Cannot ${action} on "${name}": ${describeError(error)}`);
    }
  });
};

/** @throws {RequestError} that lists what there is, or says that the service does not run */
function findNamed<T>(
  what: "view" | "action",
  name: string,
  all: Readonly<Record<string, T>>,
  service: ServiceStatus,
): T {
  // `all["constructor"]` would find a property of Object.
  const found = Object.hasOwn(all, name) ? all[name] : undefined;
  if (found !== undefined) return found;
  if (service.state !== "running") {
    throw new RequestError(
      409,
      `Cannot use the ${what} "${name}": "${service.name}" ${stateWords[service.state]}`,
    );
  }
  const names = Object.keys(all);
  const guess = nearest(name, names);
  const hint =
    names.length === 0
      ? "it has none"
      : guess === undefined
        ? `there are ${names.join(", ")}`
        : `did you mean "${guess}"?`;
  throw new RequestError(404, `There is no ${what} "${name}" of "${service.name}": ${hint}`);
}
