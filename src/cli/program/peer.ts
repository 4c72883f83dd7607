import { formatHostPort } from "../../core/address.ts";
import { labServicesOn } from "../../core/ports.ts";
import { asDialError, type DialError } from "../../net/dial-error.ts";
import { PeerError } from "./errors.ts";

/** Where a command's peer is. */
export interface Peer {
  readonly host: string;
  readonly port: number;
}

/** `127.0.0.1:2222`, for messages. */
export const peerName = ({ host, port }: Peer): string => formatHostPort(host, port);

/**
 * Runs work that talks to `peer` and tells what the network did to it in distcli's words: also which service
 * of the lab usually listens on a port that refused the connection. Other errors pass unchanged.
 */
export async function reaching<T>(peer: Peer, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw networkFailure(error, peer) ?? error;
  }
}

/**
 * The network's error as the user should read it; undefined if it is not one of the network.
 * @param example a command line with the host where it belongs: `distcli echo halo` takes halo for the host
 */
export function networkFailure(
  error: unknown,
  { host, port }: Peer,
  example = "distcli echo 127.0.0.1 halo",
): PeerError | undefined {
  const failed = asDialError(error, host, port);
  if (failed === undefined) return undefined;
  // The cause repeats in the words of a library what the message says already.
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
