import { createRoute, z } from "@hono/zod-openapi";
import type { AddRoutes } from "../context.ts";
import { ratePeriod } from "../record-rates.ts";
import { failure, json } from "../schemas.ts";

const series = z.array(z.number().nullable()).readonly();

const rates = z
  .object({
    every: z.number().meta({ description: "Seconds between two points." }),
    times: z.array(z.number()).readonly().meta({ description: "Milliseconds since 1970." }),
    services: z.record(
      z.string(),
      z.object({ messagesIn: series, messagesOut: series, bytesIn: series, bytesOut: series }),
    ),
  })
  .openapi("Rates");

const query = z.object({
  since: z.coerce
    .number()
    .min(0)
    .default(0)
    .meta({ description: "Only points after this, in milliseconds since 1970." }),
});

const route = createRoute({
  method: "get",
  path: "/api/rates",
  summary: "The rates of all services over the last hour",
  description:
    "A second, one value for each of `times`; null where a service did not run, or does not count this. A message is a " +
    "chunk, a datagram, a request or a message, depending on the protocol.",
  request: { query },
  responses: {
    200: json(rates, "By service"),
    400: json(failure, "The query cannot be understood"),
  },
});

export const addRates: AddRoutes = (app, context) => {
  app.openapi(route, (c) => {
    const { since } = c.req.valid("query");
    return c.json({ every: ratePeriod / 1000, ...context.rates.after(since) }, 200);
  });
};
