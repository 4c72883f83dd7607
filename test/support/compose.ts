import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { z } from "zod";

// The part of the compose specification that the project's file uses. A key outside of it is refused, so that a slip
// is one, too; who needs another key adds it here, as the specification has it.

const name = z.string().regex(/^[a-zA-Z0-9._-]+$/);
const words = z.array(z.string());
const duration = z.string().regex(/^(\d+(us|ms|s|m|h))+$/);
const texts = z.record(z.string(), z.string());
const ipv4 = z.ipv4();

/** `[address:]published:container[/protocol]` */
const portMapping = z
  .string()
  .regex(/^(?:(?:\d{1,3}\.){3}\d{1,3}:)?\d{1,5}:\d{1,5}(?:\/(?:tcp|udp))?$/)
  .transform((text) => {
    const [, address = "0.0.0.0", published, container, protocol = "tcp"] =
      /^(?:(.*):)?(\d+):(\d+)(?:\/(\w+))?$/.exec(text) ?? [];
    return { address, published: Number(published), container: Number(container), protocol };
  });

/** `source:target[:ro]` */
const mount = z
  .string()
  .regex(/^[^:]+:\/[^:]*(:(ro|rw))?$/)
  .transform((text) => {
    const [source = "", target = "", mode = "rw"] = text.split(":");
    return { source, target, mode };
  });

const build = z.union([
  z.string().transform((context) => ({ context, target: undefined })),
  z.strictObject({ context: z.string(), target: z.string().optional() }),
]);

const service = z.strictObject({
  build,
  image: z.string(),
  command: words.optional(),
  entrypoint: words.optional(),
  environment: texts.default({}),
  hostname: z.string().optional(),
  networks: z.record(name, z.strictObject({ ipv4_address: ipv4 })).default({}),
  ports: z.array(portMapping).default([]),
  profiles: z.array(z.string().regex(/^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/)).default([]),
  volumes: z.array(mount).default([]),
  depends_on: z
    .record(
      name,
      z.strictObject({
        condition: z.enum(["service_started", "service_healthy", "service_completed_successfully"]),
      }),
    )
    .default({}),
  healthcheck: z.strictObject({ disable: z.boolean() }).optional(),
  init: z.boolean().optional(),
  read_only: z.boolean().optional(),
  tmpfs: z.array(z.string().startsWith("/")).optional(),
  cap_add: words.default([]),
  cap_drop: words.default([]),
  security_opt: words.default([]),
  restart: z
    .string()
    .regex(/^(no|always|on-failure(:\d+)?|unless-stopped)$/)
    .optional(),
  stop_grace_period: duration.optional(),
});

const network = z.strictObject({
  driver: z.string(),
  driver_opts: texts,
  ipam: z.strictObject({ config: z.array(z.strictObject({ subnet: z.cidrv4(), gateway: ipv4 })) }),
});

const file = z
  .object({
    services: z.record(name, service),
    networks: z.record(name, network).default({}),
    volumes: z.record(name, z.null()).default({}),
  })
  .catchall(z.never());

export type Compose = z.infer<typeof file>;

export const composeText = readFileSync(
  fileURLToPath(new URL("../../compose.yaml", import.meta.url)),
  "utf8",
);

/** @throws {z.ZodError} that says which part the specification does not allow */
export function parseCompose(text: string): Compose {
  const document: unknown = parse(text, { merge: true });
  // Keys that begin with x- are the author's own.
  const own = Object.entries(Object(document)).filter(([key]) => !key.startsWith("x-"));
  return file.parse(Object.fromEntries(own));
}
