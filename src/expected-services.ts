import { z } from "zod";
import type { ExpectedService } from "./cli/program/command.ts";
import { UsageError } from "./cli/program/errors.ts";
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
});

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
  const { host, port, bind, connect, transport, tls } = listening.parse(config);
  if (bind.length === 0 && connect.length > 0) return []; // a service that only connects
  const bound = bind.map(parseTcpEndpoint).find((endpoint) => endpoint !== undefined);
  if (bind.length > 0 && bound === undefined) return []; // a service that listens only on paths (ipc)
  const where = {
    service: name,
    role: role.name,
    host: bound?.host ?? host,
    port: bound?.port ?? port,
  };
  // As of a service that runs: the round trips are made without WebSocket.
  if (transport === "tcp") return [{ ...where, ...(tls !== undefined && { isSecure: true }) }];
  const over = tls !== undefined && transport === "ws" ? "wss" : transport;
  return [{ ...where, known: { state: "skipped", why: `no check over ${over}` } }];
}
