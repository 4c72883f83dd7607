import { OpenAPIHono, z } from "@hono/zod-openapi";
import type { Operation, Operations } from "../../core/operation.ts";
import type { RestDescription } from "./description.ts";

/** The service as an OpenAPI 3.1 document: every operation under its name and each alias. */
export function openApiDocument({ service, publicUrl }: RestDescription, operations: Operations) {
  const { openAPIRegistry: registry, getOpenAPI31Document } = new OpenAPIHono();
  for (const operation of operations.all) {
    for (const name of [operation.name, ...operation.aliases]) {
      registry.registerPath(queryRoute(operation, name));
      registry.registerPath(bodyRoute(operation, name));
    }
  }
  return getOpenAPI31Document({
    openapi: "3.1.0",
    info: { title: `${service}: calculator`, version: "1.0.0", description },
    servers: [{ url: publicUrl ?? "/" }],
  });
}

const description =
  "Integers are exact at any size up to 4300 digits. A decimal operand gives a decimal result, and a decimal " +
  "is always written with its point or exponent. Every error is a JSON object with the member `error`.";

const operandText = (name: "a" | "b") =>
  z.string().meta({
    description: `Operand ${name}: an integer such as 5, or a decimal such as 1.5; the first one counts.`,
    example: name === "a" ? "5" : "9",
  });

const operandJson = z
  .union([z.number(), z.string()])
  .meta({ description: "A number, or a text for integers that the client's numbers cannot hold." });

const failure = z.object({ error: z.string(), detail: z.string().optional() }).openapi("Error");

const json = <S extends z.ZodType>(schema: S) => ({ "application/json": { schema } });

function responses(operation: Operation) {
  const result = operation.integer
    ? "An integer for integers, a decimal as soon as an operand is one."
    : "A number; a decimal wherever the operation leaves the integers.";
  return {
    200: {
      description: `The value of ${operation.expression}`,
      content: json(z.object({ result: z.number().meta({ description: result }) })),
    },
    400: {
      description: "An operand is missing or unreadable, or the result does not exist",
      content: json(failure),
    },
  };
}

function words(operation: Operation, name: string) {
  const alias = name === operation.name ? "" : ` (another name of ${operation.name})`;
  return { summary: `${operation.expression}${alias}`, tags: [operation.name] };
}

function queryRoute(operation: Operation, name: string) {
  return {
    method: "get" as const,
    path: `/${name}`,
    operationId: name,
    ...words(operation, name),
    request: { query: z.object({ a: operandText("a"), b: operandText("b") }) },
    responses: responses(operation),
  };
}

function bodyRoute(operation: Operation, name: string) {
  const body = z.object({ a: operandJson, b: operandJson }).meta({ example: { a: 5, b: 9 } });
  return {
    method: "post" as const,
    path: `/${name}`,
    operationId: `${name}_post`,
    ...words(operation, name),
    request: { body: { required: true, content: json(body) } },
    responses: {
      ...responses(operation),
      408: { description: "The body did not arrive in time", content: json(failure) },
      413: { description: "The body is larger than the service allows", content: json(failure) },
    },
  };
}
