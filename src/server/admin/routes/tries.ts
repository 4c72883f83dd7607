import { createRoute, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { describeError } from "../../../core/errors.ts";
import type { Tries, TryForm, TryMessage, TryResult, TryTarget } from "../../../core/try.ts";
import { reachable } from "../../run/report.ts";
import { askerOf } from "../caller.ts";
import type { AddRoutes, AdminContext } from "../context.ts";
import { jsonBody } from "../json-body.ts";
import { invalidRequest, RequestError } from "../request-error.ts";
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

/** Bytes that may be sent as they are, and milliseconds that may be waited for their answer. */
const maxRawBytes = 64 * 1024;
const maxWait = 25_000;

const rawRequest = z.strictObject({
  bytes: z.base64().max(Math.ceil(maxRawBytes / 3) * 4),
  wait: z.int().min(1).max(maxWait).default(5000).meta({ description: "Milliseconds for the first byte." }),
  untilClose: z.boolean().default(false).meta({
    description: "The answer ends when the service closes, and not when it is silent for a moment.",
  }),
  finish: z.boolean().default(false).meta({ description: "Close the sending side afterwards." }),
});

const rawRoute = createRoute({
  method: "post",
  path: "/api/try/{name}/raw",
  summary: "Sends bytes to a service as they are",
  description: `At most ${maxRawBytes} bytes. No answer within \`wait\` is no error: \`reply\` is null then.`,
  request: {
    params: nameParam,
    body: { content: { "application/json": { schema: rawRequest } } },
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
    const { tries, target } = await triable(context, name);
    const values = fieldValues.safeParse((await jsonBody(c)) ?? {});
    if (!values.success)
      throw new RequestError(400, `Cannot try "${name}": the values must be texts by field name`);
    return await sent(c, name, (signal) => tries.run(target, asTexts(values.data), signal));
  });

  app.openapi(rawRoute, async (c) => {
    const { name } = c.req.valid("param");
    const { tries, target } = await triable(context, name);
    const given = rawRequest.safeParse((await jsonBody(c)) ?? {});
    if (!given.success) throw invalidRequest(given.error, undefined);
    const bytes = Buffer.from(given.data.bytes, "base64");
    return await sent(c, name, (signal) => tries.sendRaw(target, { ...given.data, bytes }, signal));
  });

  /** Sends one request, unless too many are under way. */
  async function sent(c: Context, name: string, send: (signal: AbortSignal) => Promise<TryResult>) {
    if (running >= maxConcurrent) {
      throw new RequestError(
        503,
        `Cannot try "${name}": ${maxConcurrent} requests are under way; wait for one`,
      );
    }
    running++;
    try {
      context.audit?.("service-tried", { name, ...askerOf(c) });
      // The request ends when the client disconnects or the server stops.
      const signal = AbortSignal.any([c.req.raw.signal, context.stopping]);
      const { request, reply, ...rest } = await send(signal);
      return c.json({ ...rest, request: toBase64(request), reply: toBase64(reply) }, 200);
    } catch (error) {
      throw new RequestError(400, `Cannot try "${name}": ${describeError(error)}`);
    } finally {
      running--;
    }
  }
};

/** @throws {RequestError} when the service cannot be tried @throws {ControlError} when there is none of this name */
async function triable(
  context: Dependencies,
  name: string,
): Promise<{ readonly tries: Tries; readonly target: TryTarget }> {
  const target = tryTarget(context, name);
  const tries = await context.tries?.();
  if (target !== undefined && tries?.form(target) !== undefined) return { tries, target };
  throw new RequestError(404, `Cannot try "${name}": it does not run, or there is no form for it`);
}

type Dependencies = Pick<AdminContext, "supervisor" | "tries">;

/** The service as its clients need to know it; undefined while it does not run. */
function tryTarget(context: Dependencies, name: string): TryTarget | undefined {
  const { state, addresses } = context.supervisor.statusOf(name);
  if (state !== "running") return undefined;
  const { role, config } = context.supervisor.plannedOf(name);
  const operations = context.supervisor.plan.definitions.map((definition) => definition.name);
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
