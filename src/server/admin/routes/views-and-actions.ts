import { createRoute, z } from "@hono/zod-openapi";
import { describeError } from "../../../core/errors.ts";
import type { AddRoutes } from "../app.ts";
import { findNamed } from "../find-named.ts";
import { RequestError } from "../request-error.ts";
import { json, nameParam, refusals } from "../schemas.ts";

const route = createRoute({
  method: "get",
  path: "/api/services/{name}/views/{view}",
  summary: "What a service shows of its insides",
  description: "The query is the view's own; GET /api/services/NAME lists the views.",
  request: {
    params: nameParam.extend({ view: z.string().openapi({ param: { name: "view", in: "path" } }) }),
  },
  responses: { 200: json(z.unknown(), "Whatever the view shows"), ...refusals },
});

export const addViews: AddRoutes = (app, { supervisor }) => {
  app.openapi(route, (c) => {
    const { name, view } = c.req.valid("param");
    const show = findNamed("view", view, supervisor.views(name), supervisor.statusOf(name));
    try {
      return c.json(show(c.req.query()) as object, 200);
    } catch (error) {
      throw new RequestError(400, `Cannot show ${name}'s view "${view}": ${describeError(error)}`);
    }
  });
};
