import { z } from "zod";
import type { ExpectedListener, ExpectedService } from "./cli/program/command.ts";
import { UsageError } from "./cli/program/errors.ts";
import type { NetworkTransport } from "./core/address.ts";
import { parseTcpEndpoint } from "./net/zmq/endpoint.ts";
import { registry } from "./registry.ts";
import { ConfigError } from "./server/config/diagnostic.ts";
import type { PlannedService } from "./server/config/plan.ts";
import { readPlan } from "./server/config/read-file.ts";

/** The settings of the roles that a client needs. */
const listening = z.object({
  host: z.string(),
  port: z.number(),
  bind: z.array(z.string()).default([]),
  connect: z.array(z.string()).default([]),
  transport: z.string().default("tcp"),
  tls: z.unknown().optional(),
  listeners: z
    .array(z.object({ port: z.number().optional(), transport: z.string(), tls: z.unknown().optional() }))
    .default([]),
});

type Listening = z.infer<typeof listening>;

/**
 * The services of a configuration that a client can reach. The file is checked as distsrv checks it.
 * @throws {UsageError} with every mistake in the file
 */
export function expectedServices(
  file: string,
  environment: Readonly<Record<string, string | undefined>>,
): ExpectedService[] {
  try {
    return readPlan({ file, environment, isElsewhere: true }, registry).services.flatMap(reachable);
  } catch (error) {
    if (error instanceof ConfigError) throw new UsageError(`${error.message}\n${error.report()}`);
    throw error;
  }
}

function reachable({ name, role, config }: PlannedService): ExpectedService[] {
  const settings = listening.parse(config);
  const { host, port, bind, connect, transport, tls } = settings;
  if (bind.length === 0 && connect.length > 0) return []; // a service that only connects
  const bound = bind.map(parseTcpEndpoint).find((endpoint) => endpoint !== undefined);
  if (bind.length > 0 && bound === undefined) return []; // a service that listens only on paths (ipc)
  const where = {
    service: name,
    role: role.name,
    host: bound?.host ?? host,
    port: bound?.port ?? port,
    listeners: listenersOf(role.transport ?? "tcp", settings),
  };
  // As of a service that runs: the round trips are made without WebSocket.
  if (transport === "tcp") return [{ ...where, ...(tls !== undefined && { isSecure: true }) }];
  return [{ ...where, known: { state: "skipped", why: `no check over ${spoken(transport, tls)}` } }];
}

/** Those on ports; a Unix socket has none. */
function listenersOf(transport: "tcp" | "udp", { bind, listeners, ...own }: Listening): ExpectedListener[] {
  if (transport === "udp") return [{ port: own.port, transport }];
  if (bind.length > 0)
    return bind
      .flatMap((endpoint) => parseTcpEndpoint(endpoint) ?? [])
      .map(({ port }) => ({ port, transport }));
  return [own, ...listeners].flatMap(({ port, transport, tls }) =>
    port === undefined ? [] : [{ port, transport: spoken(transport, tls) }],
  );
}

function spoken(transport: string, tls: unknown): NetworkTransport {
  if (transport === "ws") return tls === undefined ? "ws" : "wss";
  return tls === undefined ? "tcp" : "tls";
}
