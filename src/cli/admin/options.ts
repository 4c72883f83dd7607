import { baseCommand, type Cli, type CommandHelp } from "../program/command.ts";
import { hostName, portNumber } from "../program/options.ts";
import type { Peer } from "../program/peer.ts";
import { type TlsOptions, tlsOf, withTls } from "../program/peer-tls.ts";
import { type OwnToken, ownToken } from "./own-token.ts";

/** The default port of distsrv's admin service. */
export const adminPort = 8088;

export const tokenHelp =
  "its admin.token (default: the environment's DISTSRV_TOKEN; on this machine also that of a distsrv that made its own)";

/** A command that talks to the admin service of a distsrv. */
export function adminCommand(help: CommandHelp) {
  return withTls(
    baseCommand(help)
      .argument("[host]", "name or address of the machine that runs distsrv", hostName, "127.0.0.1")
      .option("-p, --port <port>", "port of its admin service", portNumber, adminPort)
      .option("--token <token>", tokenHelp),
  );
}

/** Where an admin service is, and the token for it. */
export interface AdminPeer extends Peer {
  /** Looked for each time that it is to be sent: who listens may have changed. */
  readonly token: OwnToken;
  /** A correct command line, shown when the argument is no known host. */
  readonly example: string;
}

export function adminPeer(
  cli: Cli,
  host: string,
  options: TlsOptions & { readonly port: number; readonly token?: string | undefined },
  example: string,
): AdminPeer {
  const { port, token } = options;
  const { env } = cli.io;
  // Whoever names a token says where it goes.
  const named = token ?? (env.DISTSRV_TOKEN || undefined);
  const tls = tlsOf(options);
  const isProved = tls.tls !== undefined && tls.tls.insecure !== true;
  return {
    host,
    port,
    ...tls,
    example,
    get token() {
      return named === undefined ? ownToken(env, { host, port, isProved }) : { token: named };
    },
  };
}
