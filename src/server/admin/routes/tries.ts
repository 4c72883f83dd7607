import { createRoute, z } from "@hono/zod-openapi";
import { describeError } from "../../../core/errors.ts";
import type { TryForm, TryMessage } from "../../../core/try.ts";
import type { AddRoutes } from "../app.ts";
import { jsonBody } from "../json-body.ts";
import { RequestError } from "../problem.ts";
import { json, nameParam, refusals, tryForm, tryResult } from "../schemas.ts";
import { formFor, tryTarget } from "../try-targets.ts";

const formsRoute = createRoute({
  method: "get",
  path: "/api/try",
  summary: "Forms to send one real request to a service",
  responses: { 200: json(z.array(tryForm), "One per service that runs and can be tried") },
});

const fieldValues = z.record(z.string(), z.union([z.string(), z.number()]));

const runRoute = createRoute({
  method: "post",
  path: "/api/try/{name}",
  summary: "Sends one real request to a service",
  request: {
    params: nameParam,
    body: { content: { "application/json": { schema: fieldValues } } },
  },
  responses: { 200: json(tryResult, "What went out and what came back"), ...refusals },
});

export const addTries: AddRoutes = (app, context) => {
  app.openapi(formsRoute, async (c) => {
    const names = context.supervisor.status().map(({ name }) => name);
    const forms = await Promise.all(names.map((name) => formFor(context, name)));
    return c.json(forms.filter((form) => form !== undefined).map(plainForm), 200);
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
    try {
      const { request, reply, ...rest } = await tries.run(target, asTexts(values.data));
      return c.json({ ...rest, request: encoded(request), reply: encoded(reply) }, 200);
    } catch (error) {
      throw new RequestError(400, `Cannot try "${name}": ${describeError(error)}`);
    }
  });
};

function plainForm({ fields, ...form }: TryForm) {
  return {
    ...form,
    fields: fields.map(({ options, ...field }) => ({ ...field, ...(options && { options: [...options] }) })),
  };
}

function asTexts(values: Readonly<Record<string, string | number>>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)]));
}

function encoded(message: TryMessage | null): { text: string; bytes?: string } | null {
  if (message === null) return null;
  const { text, bytes } = message;
  return bytes === undefined ? { text } : { text, bytes: Buffer.from(bytes).toString("base64") };
}
