import { baseCommand, type Cli, type CommandWords } from "../program/command.ts";
import { hostName, portNumber } from "../program/options.ts";
import type { Peer } from "../program/peer.ts";

/** Where distsrv's admin service listens unless its file says otherwise. */
export const adminPort = 8088;

/** A command that asks the admin service of a distsrv. */
export function adminCommand(words: CommandWords) {
  return baseCommand(words)
    .argument("[host]", "name or address of the machine that runs distsrv", hostName, "127.0.0.1")
    .option("-p, --port <port>", "port of its admin service", portNumber, adminPort)
    .option("--token <token>", "its admin.token (default: the environment's DISTSRV_TOKEN)");
}

/** An admin service, and what it wants to be shown. */
export interface AdminPeer extends Peer {
  readonly token: string | undefined;
  /** A command line that would be right, for who gave something else for the host. */
  readonly example: string;
}

export function adminPeer(
  cli: Cli,
  host: string,
  { port, token }: { readonly port: number; readonly token?: string | undefined },
  example: string,
): AdminPeer {
  return { host, port, example, token: token ?? (cli.io.env.DISTSRV_TOKEN || undefined) };
}
