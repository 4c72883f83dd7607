import { createRoute, z } from "@hono/zod-openapi";
import { type Problem, problem } from "../../../core/problem.ts";
import { type ServiceStatus, stateWords } from "../../run/service-status.ts";
import type { AddRoutes } from "../context.ts";
import {
  serviceDetails as details,
  json,
  nameParam,
  problem as problemSchema,
  refusals,
  service,
} from "../schemas.ts";
import { serviceDetails, serviceReports } from "../service-report.ts";
import { formFor } from "./tries.ts";

const listRoute = createRoute({
  method: "get",
  path: "/api/services",
  summary: "Every service with its state, addresses and counters",
  responses: { 200: json(z.array(service), "In the order of the configuration") },
});

const oneRoute = createRoute({
  method: "get",
  path: "/api/services/{name}",
  summary: "One service, with its clients and its configuration",
  request: { params: nameParam },
  responses: { 200: json(details, "The service"), 404: refusals[404] },
});

const problemsRoute = createRoute({
  method: "get",
  path: "/api/problems",
  summary: "What goes wrong just now, in sentences",
  responses: {
    200: json(z.array(problemSchema), 'Of all services; those of the process as a whole are "distsrv"\'s'),
  },
});

export const addServices: AddRoutes = (app, context) => {
  app.openapi(listRoute, async (c) => c.json(await serviceReports(context), 200));

  app.openapi(oneRoute, async (c) => {
    const { name } = c.req.valid("param");
    const form = await formFor(context, name);
    return c.json(await serviceDetails(context, name, form !== undefined), 200);
  });

  app.openapi(problemsRoute, (c) => {
    const { supervisor, health } = context;
    const ofProcess = ownedBy("distsrv", health.problems());
    const problems = supervisor.status().flatMap((status) => {
      const all = [...whyDown(status, supervisor.isStopping), ...supervisor.problems(status.name)];
      return ownedBy(status.name, all);
    });
    return c.json([...ofProcess, ...problems], 200);
  });
};

/** Why a service does not run. One that stops because the whole lab stops is not a problem. */
function whyDown({ state, error }: ServiceStatus, isDraining: boolean): Problem[] {
  if (state === "stopped")
    return isDraining ? [] : [problem("stopped-by-hand", "It was stopped by hand; start it to serve again")];
  if (error === undefined || state === "running") return [];
  return [problem("down", `It ${stateWords[state]}: ${error}`, { state, error })];
}

const ownedBy = (service: string, problems: readonly Problem[]) =>
  problems.map(({ text, code, values }) => ({ service, text, code, values: { ...values } }));
