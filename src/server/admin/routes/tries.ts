import { createRoute, z } from "@hono/zod-openapi";
import { describeError } from "../../../core/errors.ts";
import type { TryMessage } from "../../../core/try.ts";
import type { AddRoutes } from "../app.ts";
import { jsonBody } from "../json-body.ts";
import { RequestError } from "../request-error.ts";
import { failure, json, nameParam, refusals, tryForm, tryResult } from "../schemas.ts";
import { formFor, tryTarget } from "../try-targets.ts";

const formsRoute = createRoute({
  method: "get",
  path: "/api/try",
  summary: "Forms to send one real request to a service",
  responses: { 200: json(z.array(tryForm), "One per service that runs and can be tried") },
});

/** Each holds a connection, for as long as its service takes to answer. */
const mostAtOnce = 8;

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
  let underWay = 0;

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
    if (underWay >= mostAtOnce) {
      throw new RequestError(503, `Cannot try "${name}": ${mostAtOnce} requests are under way; wait for one`);
    }
    underWay++;
    try {
      // Nobody waits for the answer when whoever asked has gone, or the whole stops.
      const signal = AbortSignal.any([c.req.raw.signal, context.stopping]);
      const { request, reply, ...rest } = await tries.run(target, asTexts(values.data), signal);
      return c.json({ ...rest, request: encoded(request), reply: encoded(reply) }, 200);
    } catch (error) {
      throw new RequestError(400, `Cannot try "${name}": ${describeError(error)}`);
    } finally {
      underWay--;
    }
  });
};

function asTexts(values: Readonly<Record<string, string | number>>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)]));
}

function encoded(message: TryMessage | null): { text: string; bytes?: string } | null {
  if (message === null) return null;
  const { text, bytes } = message;
  return bytes === undefined ? { text } : { text, bytes: Buffer.from(bytes).toString("base64") };
}
