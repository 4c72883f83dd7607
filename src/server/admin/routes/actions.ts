import { createRoute, z } from "@hono/zod-openapi";
import { describeError } from "../../../core/errors.ts";
import type { AddRoutes } from "../app.ts";
import { findNamed } from "../find-named.ts";
import { jsonBody } from "../json-body.ts";
import { RequestError } from "../request-error.ts";
import { json, nameParam, refusals } from "../schemas.ts";

const route = createRoute({
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

export const addActions: AddRoutes = (app, { supervisor, log }) => {
  app.openapi(route, async (c) => {
    const { name, action } = c.req.valid("param");
    const act = findNamed("action", action, supervisor.actions(name), supervisor.statusOf(name));
    const input = await jsonBody(c);
    try {
      const result = (await act(input)) ?? null;
      log.info(`${name} was asked to ${action}`);
      return c.json({ result }, 200);
    } catch (error) {
      throw new RequestError(400, `Cannot ${action} on "${name}": ${describeError(error)}`);
    }
  });
};
