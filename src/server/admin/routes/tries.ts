import { createRoute, z } from "@hono/zod-openapi";
import { describeError } from "../../../core/errors.ts";
import type { TryForm, TryMessage, TryTarget } from "../../../core/try.ts";
import { reachable } from "../../run/report.ts";
import type { AddRoutes, AdminContext } from "../context.ts";
import { jsonBody } from "../json-body.ts";
import { RequestError } from "../request-error.ts";
import { failure, json, nameParam, refusals, tryForm, tryResult } from "../schemas.ts";

const formsRoute = createRoute({
  method: "get",
  path: "/api/try",
  summary: "Forms to send one real request to a service",
  responses: { 200: json(z.array(tryForm), "One per service that runs and can be tried") },
});

/** Each of them holds a connection until the service has answered. */
const maxConcurrent = 8;

const fieldValues = z.record(z.string(), z.union([z.string(), z.number()]));

const runRoute = createRoute({
  method: "post",
  path: "/api/try/{name}",
  summary: "Sends one real request to a service",
  request: {
    params: nameParam,
    body: { content: { "application/json": { schema: fieldValues } } },
  },
  responses: {
    200: json(tryResult, "What went out and what came back"),
    ...refusals,
    503: json(failure, "Too many are being sent already"),
  },
});

export const addTries: AddRoutes = (app, context) => {
  let running = 0;

  app.openapi(formsRoute, async (c) => {
    const names = context.supervisor.status().map(({ name }) => name);
    const forms = await Promise.all(names.map((name) => formFor(context, name)));
    return c.json(
      forms.filter((form) => form !== undefined),
      200,
    );
  });

  app.openapi(runRoute, async (c) => {
    const { name } = c.req.valid("param");
    const target = tryTarget(context, name);
    const tries = await context.tries?.();
    if (target === undefined || tries?.form(target) === undefined) {
      throw new RequestError(404, `Cannot try "${name}": it does not run, or there is no form for it`);
    }
    const values = fieldValues.safeParse((await jsonBody(c)) ?? {});
    if (!values.success)
      throw new RequestError(400, `Cannot try "${name}": the values must be texts by field name`);
    if (running >= maxConcurrent) {
      throw new RequestError(
        503,
        `Cannot try "${name}": ${maxConcurrent} requests are under way; wait for one`,
      );
    }
    running++;
    try {
      // The request ends when the client disconnects or the server stops.
      const signal = AbortSignal.any([c.req.raw.signal, context.stopping]);
      const { request, reply, ...rest } = await tries.run(target, asTexts(values.data), signal);
      return c.json({ ...rest, request: toBase64(request), reply: toBase64(reply) }, 200);
    } catch (error) {
      throw new RequestError(400, `Cannot try "${name}": ${describeError(error)}`);
    } finally {
      running--;
    }
  });
};

type Dependencies = Pick<AdminContext, "plan" | "supervisor" | "tries">;

/** The service as its clients need to know it; undefined while it does not run. */
function tryTarget(context: Dependencies, name: string): TryTarget | undefined {
  const { state, addresses } = context.supervisor.statusOf(name);
  if (state !== "running") return undefined;
  const { role, config } = context.supervisor.plannedOf(name);
  const operations = context.plan.definitions.map((definition) => definition.name);
  return { service: name, role: role.name, addresses: addresses.map(reachable), config, operations };
}

/** Undefined when the service cannot be tried. @throws {ControlError} when there is no service of this name */
export async function formFor(context: Dependencies, name: string): Promise<TryForm | undefined> {
  const target = tryTarget(context, name);
  if (target === undefined || context.tries === undefined) return undefined;
  return (await context.tries()).form(target);
}

function asTexts(values: Readonly<Record<string, string | number>>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)]));
}

function toBase64(message: TryMessage | null): { text: string; bytes?: string } | null {
  if (message === null) return null;
  const { text, bytes } = message;
  return bytes === undefined ? { text } : { text, bytes: Buffer.from(bytes).toString("base64") };
}
