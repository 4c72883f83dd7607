import { formatHostPort } from "../../core/address.ts";
import { labServicesOn } from "../../core/ports.ts";
import { asDialError, type DialError } from "../../net/dial-error.ts";
import { dialTcp, type TcpClient } from "../../net/tcp/client.ts";
import type { CommandContext } from "./command-context.ts";
import { PeerError } from "./errors.ts";

/** Where a command's peer is. */
export interface Peer {
  readonly host: string;
  readonly port: number;
}

/** `127.0.0.1:2222`, for messages. */
export const peerName = ({ host, port }: Peer): string => formatHostPort(host, port);

/** Connects over TCP within the timeout. */
export const connectTcp = (context: CommandContext, peer: Peer): Promise<TcpClient> =>
  withPeerErrors(peer, () =>
    context.within(`No connection to ${peerName(peer)}`, (signal) => dialTcp({ ...peer, signal })),
  );

/** Connects over TCP, runs `work` with the connection, and always closes it. */
export async function withTcp<T>(
  context: CommandContext,
  peer: Peer,
  work: (client: TcpClient) => Promise<T>,
): Promise<T> {
  const client = await connectTcp(context, peer);
  try {
    return await withPeerErrors(peer, () => work(client));
  } finally {
    client.close();
  }
}

export const connectionClosed = (peer: Peer): PeerError =>
  new PeerError("connection-closed", `${peerName(peer)} closed the connection instead of answering`);

/** Runs work that talks to `peer`. Network errors become a `PeerError` with advice; other errors pass unchanged. */
export async function withPeerErrors<T>(peer: Peer, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw networkFailure(error, peer) ?? error;
  }
}

/**
 * A network error as the user should read it, with advice: for a refused connection, for example, which service of
 * the lab usually listens on that port. Undefined if it is no network error.
 * @param example a correct command line, shown when the host is unknown: `distcli echo halo` takes halo for the host
 */
export function networkFailure(
  error: unknown,
  { host, port }: Peer,
  example = "distcli echo 127.0.0.1 halo",
): PeerError | undefined {
  const failed = asDialError(error, host, port);
  if (failed === undefined) return undefined;
  // No `cause`: it repeats in a library's words what the message says already.
  return new PeerError(`connection-${failed.code}`, `${failed.message}${advice(failed, example)}`);
}

function advice({ code, port }: DialError, example: string): string {
  if (code === "unresolved") return `. The host comes first, as in: ${example}`;
  if (code !== "refused") return "";
  const services = labServicesOn(port);
  if (services.length === 0) return ". No service of the lab listens there by itself; is the port right?";
  const subject = services.length === 1 ? "service" : "services";
  const verb = services.length === 1 ? "listens" : "listen";
  const names = services.join(" and ");
  const pronoun = services.length === 1 ? "it" : "them";
  return `. The lab's ${subject} ${names} usually ${verb} there; start ${pronoun} with: distsrv`;
}
