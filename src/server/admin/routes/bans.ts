import { createRoute, z } from "@hono/zod-openapi";
import { formatRange, parseRange } from "../../../core/address-range.ts";
import type { Ban } from "../../../core/guards.ts";
import { addressRange, duration } from "../../../core/schema.ts";
import { askerOf } from "../caller.ts";
import type { AddRoutes } from "../context.ts";
import { RequestError } from "../request-error.ts";
import { failure, json } from "../schemas.ts";

const banned = z
  .object({
    address: z.string().meta({ description: "An address, or a network.", example: "10.0.0.0/8" }),
    reason: z.string(),
    by: z.enum(["file", "operator", "guard"]).meta({
      description: "The configuration, a person, or the guard that counts wrong logins.",
    }),
    since: z.number().meta({ description: "Milliseconds since 1970." }),
    until: z.number().nullable().meta({ description: "Milliseconds since 1970; null: for ever." }),
    within: z
      .string()
      .optional()
      .meta({ description: "Once it is lifted: a banned network that it is a part of." }),
  })
  .openapi("Ban");

/** Longer than the default of `banFor`, and still an end. */
const maxDays = "3650d";

const request = z.strictObject({
  address: addressRange,
  for: duration("forever", { min: "1s", max: maxDays, forever: true }).openapi({
    type: "string",
    example: "10m",
    description: "How long, such as 30s, 10m or 7d; absent: until it is lifted, or distsrv stops.",
  }),
  reason: z.string().min(1).max(200).default("by hand"),
  disconnect: z.boolean().default(true).openapi({
    description: "Whether its clients that are connected are disconnected; otherwise no new ones come in.",
  }),
});

const listRoute = createRoute({
  method: "get",
  path: "/api/bans",
  summary: "The addresses that no service lets in",
  responses: { 200: json(z.array(banned), "The oldest first") },
});

const banRoute = createRoute({
  method: "post",
  path: "/api/bans",
  summary: "Bans an address or a network from every service",
  description:
    "In memory: a ban ends with the process. The admin service lets in its own machine all the same.",
  request: { body: { required: true, content: { "application/json": { schema: request } } } },
  responses: {
    200: json(banned, "The ban, which has taken the place of an earlier one"),
    400: json(failure, "The request cannot be understood"),
    409: json(failure, "The configuration bans it already, or there are too many bans"),
  },
});

const unbanRoute = createRoute({
  method: "delete",
  path: "/api/bans",
  summary: "Lifts a ban",
  request: { query: z.object({ address: addressRange }) },
  responses: {
    200: json(banned, "The ban that was"),
    400: json(failure, "The request cannot be understood"),
    404: json(failure, "It is not banned"),
    409: json(failure, "The configuration bans it"),
  },
});

export const addBans: AddRoutes = (app, { bans, log, audit }) => {
  app.openapi(listRoute, (c) => c.json(bans.list().map(plain), 200));

  app.openapi(banRoute, (c) => {
    const { address: text, for: ms, reason, disconnect } = c.req.valid("json");
    const address = written(text);
    if (bans.get(address)?.by === "file")
      throw new RequestError(409, `Cannot ban ${address}: the configuration bans it already, for ever`);
    const since = Date.now();
    const until = Number.isFinite(ms) ? since + ms : null;
    const ban: Ban = { address, reason, by: "operator", since, until, disconnects: disconnect };
    if (!bans.add(ban))
      throw new RequestError(
        409,
        `Cannot ban ${address}: there are too many bans; lift some, or ban networks`,
      );
    log.info(`Banned ${address} ${until === null ? "for ever" : `for ${ms / 1000} s`}: ${reason}`);
    const seconds = until === null ? undefined : ms / 1000;
    audit?.("address-banned", { address, seconds, reason, ...askerOf(c) });
    return c.json(plain(ban), 200);
  });

  app.openapi(unbanRoute, (c) => {
    const address = written(c.req.valid("query").address);
    const ban = bans.get(address);
    if (ban === undefined) throw new RequestError(404, whyNotBanned(address, bans.find(address)));
    if (ban.by === "file") {
      const what = `Cannot lift the ban of ${address}: the configuration has it under bans:`;
      throw new RequestError(409, `${what}; take it out there, and reload`);
    }
    bans.remove(address);
    log.info(`Lifted the ban of ${address}`);
    audit?.("address-unbanned", { address, ...askerOf(c) });
    const around = bans.find(address);
    return c.json({ ...plain(ban), ...(around !== undefined && { within: around.address }) }, 200);
  });
};

const plain = ({ address, reason, by, since, until }: Ban) => ({ address, reason, by, since, until });

/** One way to write a range, however it was written. */
function written(text: string): string {
  const range = parseRange(text);
  if (range === undefined) throw new RangeError(`not a range of addresses: ${text}`);
  return formatRange(range);
}

function whyNotBanned(address: string, around: Ban | undefined): string {
  const what = `Cannot lift the ban of ${address}: it is not banned`;
  return around === undefined
    ? `${what}; distcli bans lists who is`
    : `${what} alone, but as a part of ${around.address}; lift that ban`;
}
