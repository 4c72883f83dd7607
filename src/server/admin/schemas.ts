import { z } from "@hono/zod-openapi";
import type { TryForm } from "../../core/try.ts";

export const failure = z
  .object({
    error: z.string().meta({ description: "What was tried, with which value, what would be right." }),
  })
  .openapi("Error");

const state = z.enum(["starting", "running", "waiting", "stopping", "stopped", "failed"]);

export const health = z.object({ status: z.literal("ok") }).openapi("Health");

export const readiness = z
  .object({
    ready: z.boolean(),
    services: z.record(z.string(), state),
    reasons: z
      .record(z.string(), z.string())
      .describe("Why services that run cannot do all of their work, by their names"),
  })
  .openapi("Readiness");

export const about = z
  .object({
    name: z.string(),
    version: z.string(),
    bun: z.string(),
    platform: z.string(),
    pid: z.int(),
    startedAt: z.number().meta({ description: "Milliseconds since 1970." }),
    uptime: z.number().meta({ description: "Seconds." }),
    config: z.string().meta({ description: "The name of the configuration file." }),
    memory: z.object({ rss: z.number(), heap: z.number() }).meta({ description: "Bytes." }),
    eventLoopLag: z
      .number()
      .meta({ description: "Milliseconds that a turn of the event loop took just now." }),
  })
  .openapi("About");

export const service = z
  .object({
    name: z.string(),
    role: z.string(),
    summary: z.string(),
    state,
    transport: z.string(),
    addresses: z.array(z.string()),
    transports: z.array(z.string()).meta({ description: "By what each of the addresses is spoken to." }),
    uptime: z.number().nullable().meta({ description: "Seconds since it began to run." }),
    restarts: z.int().meta({
      description: "How often it came to run again: after a failure, or by a restart that was asked for.",
    }),
    error: z.string().nullable(),
    clients: z
      .number()
      .nullable()
      .meta({ description: "Connected now; null where there are no connections." }),
    stats: z.record(z.string(), z.number()),
    example: z.string().nullable().meta({ description: "A shell command that talks to it." }),
    problems: z.array(z.string()),
  })
  .openapi("Service");

export const serviceDetails = service
  .extend({
    config: z.unknown().meta({ description: 'Its checked configuration, secrets as "***".' }),
    clientList: z.array(z.string()).meta({ description: "The first 1000 clients, host:port." }),
    views: z.array(z.string()),
    actions: z.array(z.string()),
    try: z.boolean(),
  })
  .openapi("ServiceDetails");

export const problem = z
  .object({
    service: z.string(),
    text: z.string().meta({ description: "The sentence in English." }),
    code: z.string().meta({
      description: "Which sentence it is, for those who say it in another language.",
      example: "mqtt-slow",
    }),
    values: z.record(z.string(), z.union([z.string(), z.number()])).meta({ description: "What it holds." }),
  })
  .openapi("Problem");

/** Typed, so that the compiler compares it with the contract in core. */
export const tryForm: z.ZodType<TryForm> = z
  .object({
    service: z.string(),
    role: z.string(),
    title: z.string(),
    fields: z
      .array(
        z.object({
          name: z.string(),
          label: z.string(),
          type: z.enum(["text", "password", "select"]),
          default: z.string(),
          options: z.array(z.string()).readonly().optional(),
        }),
      )
      .readonly(),
    address: z
      .object({
        transport: z.enum(["tcp", "tls", "ws", "wss", "udp", "ipc"]),
        host: z.string(),
        port: z.int(),
      })
      .meta({ description: "Where requests are sent." }),
  })
  .openapi("TryForm");

const tryMessage = z.object({
  text: z.string(),
  bytes: z.string().optional().meta({ description: "base64" }),
});

export const tryResult = z
  .object({
    ok: z.boolean(),
    ms: z.number(),
    request: tryMessage.nullable(),
    reply: tryMessage.nullable(),
    error: z.string().optional(),
  })
  .openapi("TryResult");

export type Service = z.infer<typeof service>;
export type ServiceDetails = z.infer<typeof serviceDetails>;

/** The `{name}` of a path: a service. */
export const nameParam = z.object({
  name: z.string().openapi({ param: { name: "name", in: "path" }, example: "mqtt" }),
});

export const json = <S extends z.ZodType>(schema: S, description: string) => ({
  description,
  content: { "application/json": { schema } },
});

/** Errors of every route that takes parameters. */
export const refusals = {
  400: json(failure, "The request cannot be understood"),
  404: json(failure, "There is no such thing"),
};

export const reloaded = z
  .object({
    applied: z.boolean().describe("Whether everything that the file asks for is so now"),
    services: z.array(
      z.object({
        name: z.string(),
        outcome: z.enum(["unchanged", "changed", "restarted", "started", "stopped", "failed"]),
        keys: z.array(z.string()).describe("The settings that changed"),
        reason: z.string().optional(),
      }),
    ),
    changed: z.array(z.string()).describe("Settings of the whole that are other ones now"),
    notApplied: z.array(z.string()).describe("Settings that only a start of distsrv itself applies"),
    failed: z
      .array(z.object({ name: z.string(), reason: z.string() }))
      .describe("Settings that could not be applied; the next reload tries again"),
    lines: z.array(z.string()).describe("The same for a person to read"),
  })
  .openapi("Reloaded");
