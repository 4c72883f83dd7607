import { type Address, formatAddress } from "../../core/address.ts";
import type { DescriptorBudget } from "../../core/descriptors.ts";
import { describeError } from "../../core/errors.ts";
import type { Guards } from "../../core/guards.ts";
import type { Logger } from "../../core/log.ts";
import type { Problem } from "../../core/problem.ts";
import type { TlsSetting } from "../../core/tls-setting.ts";
import type { AdminConfig } from "../config/schema.ts";
import { AdminUsers } from "./admin-users.ts";
import type { AdminContext } from "./context.ts";
import { randomToken } from "./generated-token.ts";
import type { LocalUsers } from "./local-users.ts";

/** Listens and answers requests. Injected by the entry, because only the net layer opens ports. */
export type ServeApp = (
  options: {
    readonly service: string;
    readonly host: string;
    readonly port: number;
    readonly log: Logger;
    readonly tls?: TlsSetting | undefined;
    readonly descriptors?: DescriptorBudget | undefined;
    readonly guards?: Guards | undefined;
  },
  handler: (request: Request, remote: string) => Response | Promise<Response>,
) => Promise<AdminServer>;

/** What listens. */
export interface AdminServer {
  readonly address: Address;
  /** What is wrong with its certificates, or will be soon. */
  problems(): readonly Problem[];
  /** Reads its certificates again, for connections from now on. @returns whether anything is different */
  renewTls(setting: TlsSetting): Promise<boolean>;
  stop(deadline: AbortSignal): Promise<void>;
}

export interface RunningAdmin extends AdminServer {
  /**
   * Goes over to these users.
   * @returns a token that is needed from now on, made because these are nobody: who has needed a token goes on needing one
   */
  setUsers(users: AdminConfig["users"]): string | undefined;
}

export interface StartAdminOptions {
  readonly serve: ServeApp;
  /** Absent where the system does not tell them apart. */
  readonly localUsers?: LocalUsers | undefined;
  readonly descriptors?: DescriptorBudget | undefined;
}

type Fetch = (request: Request, remote: string) => Response | Promise<Response>;

/**
 * Opens the port. The routes and their libraries are loaded by the first request, so that a lab without visitors
 * spends neither time nor memory on them.
 * @throws {StartError} when the port cannot be had
 */
export async function startAdmin(
  context: Omit<AdminContext, "stopping" | "users" | "whoIs">,
  { serve, localUsers, descriptors }: StartAdminOptions,
): Promise<RunningAdmin> {
  const { config, log, bans, logins } = context;
  const stopping = new AbortController();
  const users = new AdminUsers(config);
  let { token } = config;
  const whoIs = async (peer: string) => await localUsers?.whoIs(peer, formatAddress(server.address));
  const complete: AdminContext = { ...context, users, whoIs, stopping: stopping.signal };
  let app: Promise<Fetch> | undefined;
  const server: AdminServer = await serve(
    {
      service: "admin",
      host: config.host,
      port: config.port,
      tls: config.tls,
      log,
      descriptors,
      guards: { bans, logins },
    },
    async (request, remote) => {
      app ??= load(complete);
      return await (await app)(request, remote);
    },
  );
  return {
    ...server,
    setUsers(next) {
      const made = token === undefined && next.length === 0 && !users.isOpen ? randomToken() : undefined;
      token ??= made;
      users.configure({ token, users: next });
      return made;
    },
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
    return (request, remote) => app.fetch(request, { remote });
  } catch (error) {
    context.log.error(`Cannot load the admin service: ${describeError(error)}`);
    return () => Response.json({ error: "The admin service cannot be loaded; see the log" }, { status: 500 });
  }
}
