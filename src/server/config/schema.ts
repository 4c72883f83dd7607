import { z } from "zod";
import { isLoopback } from "../../core/address.ts";
import type { Role } from "../../core/role.ts";
import { byteSize, duration, hostText, port, secret } from "../../core/schema.ts";
import { tlsField, tlsObject } from "../../core/tls-setting.ts";
import { adminUsers } from "./admin-users.ts";
import { bansSchema, guardSchema } from "./guard-schema.ts";
import { generatedToken, tokenError } from "./token-text.ts";

/** A name that is a path segment for REST, an element for SOAP and a method for JSON-RPC alike. */
const operationName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "must be a name of letters, digits and underscores");

export const operationSchema = z.union([
  z.string(),
  z.strictObject({
    expression: z.string().describe("Arithmetic in a and b, e.g. a^2 - b^2."),
    aliases: z.array(operationName).default([]).describe("Other names for the same operation."),
  }),
]);

export const logSchema = z.strictObject({
  level: z
    .enum(["debug", "info", "warning", "error"])
    .default("info")
    .describe("The lowest level that is logged."),
  format: z
    .enum(["auto", "text", "json"])
    .default("auto")
    .describe(
      "text for people, json for machines (a JSON object per line), auto: text on a terminal, else json.",
    ),
  file: z
    .string()
    .min(1)
    .optional()
    .describe(
      "Also write every line to this file, whose path starts at the folder of this one; absent: only to the output.",
    ),
  messages: z
    .int()
    .min(0)
    .default(100)
    .describe(
      "Messages logged per second and service; of further ones only the count is logged. 0 for none.",
    ),
});

export type LogConfig = z.infer<typeof logSchema>;

const auditFile = z
  .string()
  .min(1)
  .describe("A JSON Lines file, whose path starts at the folder of this one; who rotates it sends SIGUSR1.");

export const auditSchema = z
  .union([auditFile, z.strictObject({ file: auditFile })])
  .transform((value) => (typeof value === "string" ? { file: value } : value));

const captureFile = z
  .string()
  .min(1)
  .describe(
    "A pcapng file, whose path starts at the folder of this one; one that is there becomes NAME.1.pcapng.",
  );

/** Less would be another file for each few packets. */
const minCaptureSize = 100_000;

export const captureMap = z.strictObject({
  file: captureFile,
  services: z.array(z.string()).min(1).optional().describe("Only these services; absent: all."),
  maxFileSize: byteSize("100MB")
    .refine((bytes) => bytes >= minCaptureSize, "must be 100KB or more")
    .describe("After so many bytes another file begins."),
  maxFileTime: duration("forever", { min: "1s", forever: true }).describe(
    "After so long another file begins, if there is anything in this one; forever: when it is full.",
  ),
  files: z
    .int()
    .min(1)
    .max(1000)
    .default(10)
    .describe("The newest so many are kept: NAME.pcapng, NAME.1.pcapng, NAME.2.pcapng, ..."),
  lua: z
    .boolean()
    .default(false)
    .describe("Also write NAME.lua beside it, a script by which Wireshark and tshark know the services."),
});

export const captureSchema = z
  .union([captureFile, captureMap])
  .transform((value) => (typeof value === "string" ? captureMap.parse({ file: value }) : value));

export const adminMap = z
  .strictObject({
    host: hostText
      .default("127.0.0.1")
      .describe("Address to listen on; any but this machine's own (127.0.0.1, ::1) needs a token."),
    port: port(8088),
    token: secret(tokenError)
      .meta({ secret: true, type: "string", pattern: `^(?:${generatedToken}|[!-~]{16,})$` })
      .optional()
      .describe(
        "What a client must show as Authorization: Bearer TOKEN, to do everything; generate: a new one at each start; " +
          "absent: that of the environment's DISTSRV_ADMIN_TOKEN or DISTSRV_ADMIN_TOKEN_FILE. With neither that nor users it " +
          "listens on 127.0.0.1 only, and nobody but the user who runs distsrv, and root, may do more than look.",
      ),
    users: adminUsers
      .default([])
      .describe("Those who have a token of their own, and what they may do with it."),
    tls: tlsField,
    hosts: z
      .array(z.string().min(1))
      .default([])
      .describe("Further names under which browsers reach it, e.g. lab.example.org behind a proxy."),
  })
  .superRefine(({ host, token, users }, context) => {
    if (token !== undefined || users.length > 0 || isLoopback(host)) return;
    const message = `must be set, 16 characters or more, or "generate", or users: others than this machine can reach ${host}`;
    context.addIssue({ code: "custom", path: ["token"], message });
  });

/** The keys of its `tls`. */
export const adminTlsKeys = Object.keys(tlsObject.shape);

export type AdminConfig = z.infer<typeof adminMap>;

export const adminSchema = z
  .union([z.boolean(), adminMap])
  .transform((value) => (value === true ? adminMap.parse({}) : value));

/** The keys beside the services. */
export const settingsSchema = z.strictObject({
  host: hostText.default("127.0.0.1").describe("Every service listens here unless it says otherwise."),
  grace: duration("5s").describe("How long a stop waits for clients to be served before it drops them."),
  log: logSchema.prefault({}).describe("What is logged, how and where."),
  audit: auditSchema
    .optional()
    .describe(
      "Also record in a file of its own who comes and who is refused, at MQTT brokers, and who changes what by the admin service; absent: nowhere.",
    ),
  capture: captureSchema
    .optional()
    .describe(
      "Also write all that the services receive and send to a pcapng file, for `distcli explain` and Wireshark, without root; absent: nowhere.",
    ),
  watch: z
    .boolean()
    .default(false)
    .describe(
      "Read this file again whenever it changes, as `distsrv reload` does; a mistake in it changes nothing.",
    ),
  guard: guardSchema
    .prefault({})
    .describe("What becomes of those who try passwords out, of MQTT users and of the admin service's token."),
  bans: bansSchema,
  admin: adminSchema
    .prefault({})
    .describe("The dashboard and its API, for browsers and distcli; false for none."),
});

export type Settings = z.infer<typeof settingsSchema>;

/** The keys that any service may have beside its role's own. */
export const serviceSchema = z.object({
  role: z.string().optional().describe("The kind of server; absent: the service's name is its role."),
  restart: z
    .enum(["on-failure", "never"])
    .default("on-failure")
    .describe("Whether a service that fails later is started again, with growing pauses."),
});

/** JSON Schema of the whole file, with which editors complete keys, show descriptions and mark errors. */
export function jsonSchema(roles: readonly Role[]): object {
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "distsrv configuration",
    type: "object",
    additionalProperties: false,
    patternProperties: { "^x-": { description: "Anything: a place for anchors to share settings from." } },
    properties: {
      ...nullableMaps(propertiesOf(toJson(settingsSchema))),
      operations: {
        type: ["object", "null"],
        description: "Arithmetic expressions in a and b, served by REST, SOAP and JSON-RPC alike.",
        additionalProperties: toJson(operationSchema),
      },
      services: {
        type: "object",
        description: "The services to run, started in this order.",
        properties: Object.fromEntries(roles.map((role) => [role.name, serviceJsonSchema(role, false)])),
        additionalProperties: { oneOf: roles.map((role) => serviceJsonSchema(role, true)) },
      },
    },
  };
}

/** A service named like its role needs no settings at all; any other must have `role:`. */
function serviceJsonSchema(role: Role, needsRole: boolean): object {
  const own = toJson(role.config);
  return {
    ...own,
    description: role.summary,
    type: needsRole ? "object" : ["object", "null"],
    properties: {
      ...propertiesOf(toJson(serviceSchema)),
      role: { const: role.name, description: "The kind of server." },
      ...propertiesOf(own),
    },
    ...(needsRole ? { required: ["role"] } : {}),
  };
}

function toJson(schema: z.ZodType): object {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
  return rest;
}

/** Also allows null for a map, because a map whose settings are all commented out counts as absent. */
function nullableMaps(properties: object): object {
  const entries = Object.entries(properties).map(([key, schema]) => [key, nullableMap(schema)]);
  return Object.fromEntries(entries);
}

function nullableMap(schema: unknown): unknown {
  if (isMap(schema)) return { ...schema, type: ["object", "null"] };
  const choices = isObject(schema) && Array.isArray(schema.anyOf) ? schema.anyOf : [];
  return choices.some(isMap) ? { ...Object(schema), anyOf: choices.map(nullableMap) } : schema;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null;
const isMap = (value: unknown): value is Record<string, unknown> =>
  isObject(value) && value.type === "object";

function propertiesOf(schema: object): object {
  return "properties" in schema && typeof schema.properties === "object" ? { ...schema.properties } : {};
}
