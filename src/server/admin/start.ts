import type { Address } from "../../core/address.ts";
import type { DescriptorBudget } from "../../core/descriptors.ts";
import { describeError } from "../../core/errors.ts";
import type { Logger } from "../../core/log.ts";
import type { AdminContext } from "./context.ts";

/** Listens and answers requests. Injected by the entry, because only the net layer opens ports. */
export type ServeApp = (
  options: {
    readonly service: string;
    readonly host: string;
    readonly port: number;
    readonly log: Logger;
    readonly descriptors?: DescriptorBudget | undefined;
  },
  handler: (request: Request) => Response | Promise<Response>,
) => Promise<{ readonly address: Address; stop(deadline: AbortSignal): Promise<void> }>;

export interface RunningAdmin {
  readonly address: Address;
  stop(deadline: AbortSignal): Promise<void>;
}

type Fetch = (request: Request) => Response | Promise<Response>;

/**
 * Opens the port. The routes and their libraries are loaded by the first request, so that a lab without visitors
 * spends neither time nor memory on them.
 * @throws {StartError} when the port cannot be had
 */
export async function startAdmin(
  context: Omit<AdminContext, "stopping">,
  serve: ServeApp,
  descriptors?: DescriptorBudget,
): Promise<RunningAdmin> {
  const { config, log } = context;
  const stopping = new AbortController();
  const complete: AdminContext = { ...context, stopping: stopping.signal };
  let app: Promise<Fetch> | undefined;
  const server = await serve(
    { service: "admin", host: config.host, port: config.port, log, descriptors },
    async (request) => {
      app ??= load(complete);
      return await (await app)(request);
    },
  );
  return {
    address: server.address,
    async stop(deadline) {
      stopping.abort();
      await server.stop(deadline);
    },
  };
}

async function load(context: AdminContext): Promise<Fetch> {
  try {
    const { adminApp } = await import("./app.ts");
    const app = adminApp(context);
    return (request) => app.fetch(request);
  } catch (error) {
    context.log.error(`Cannot load the admin service: ${describeError(error)}`);
    return () => Response.json({ error: "The admin service cannot be loaded; see the log" }, { status: 500 });
  }
}
