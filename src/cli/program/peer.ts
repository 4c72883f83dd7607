import { formatHostPort } from "../../core/address.ts";
import { describeError } from "../../core/errors.ts";
import { labServicesOn } from "../../core/ports.ts";
import { asDialError, type DialError } from "../../net/dial-error.ts";
import { dialTcp, type TcpClient } from "../../net/tcp/client.ts";
import type { CommandContext } from "./command-context.ts";
import { ConnectionError, PeerError, TimedOutError } from "./errors.ts";
import { handshakeFailure, isCertificateError, type PeerTls, tlsSettings } from "./peer-tls.ts";

/** Where a command's peer is. */
export interface Peer {
  readonly host: string;
  readonly port: number;
  /** Present: it is spoken to over TLS. */
  readonly tls?: PeerTls;
}

/** `127.0.0.1:2222`, or the path of a Unix socket, for messages. */
export const peerName = ({ host, port }: Peer): string => formatHostPort(host, port);

/** Connects over TCP within the timeout. */
export function connectTcp(context: CommandContext, peer: Peer): Promise<TcpClient> {
  const silence = `No connection to ${peerName(peer)}`;
  const { host, port, tls } = peer;
  return withPeerErrors(peer, () =>
    context
      .within(silence, (signal) => dialTcp({ host, port, signal, ...(tls && { tls: tlsSettings(tls) }) }))
      .catch((error: unknown) => {
        if (error instanceof TimedOutError) throw new TimedOutError(`${error.message}. ${silentAdvice}`);
        throw error;
      }),
  );
}

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
    throw tlsFailure(error, peer) ?? networkFailure(error, peer) ?? error;
  }
}

/** The error for a peer with which TLS does not come about, such as one that is not trusted; undefined for any other. */
export function tlsFailure(error: unknown, peer: Peer): PeerError | undefined {
  const reason = handshakeFailure(error);
  if (reason !== undefined)
    return new PeerError("no-tls", `The TLS handshake with ${peerName(peer)} failed: ${reason}`);
  if (!isCertificateError(error)) return undefined;
  const message = `The certificate of ${peerName(peer)} is not trusted: ${describeError(error)}. Name its authority with --cafile FILE, or take it unseen with --insecure`;
  return new PeerError("not-trusted", message);
}

/**
 * A network error as the user should read it, with advice: for a refused connection, for example, which service of
 * the lab usually listens on that port. Undefined if it is no network error.
 * @param example a correct command line, shown when the host is unknown: `distcli echo halo` takes halo for the host
 */
export function networkFailure(
  error: unknown,
  { host, port, tls }: Peer,
  example = "distcli echo 127.0.0.1 halo",
): PeerError | undefined {
  const failed = asDialError(error, host, port);
  if (failed === undefined) return undefined;
  // No `cause`: it repeats in a library's words what the message says already.
  const hint = failed.code === "reset" && tls !== undefined ? tlsAdvice(tls) : advice(failed, example);
  const reason = failed.message.replace(`Cannot connect to ${formatHostPort(host, port)}: `, "");
  return new ConnectionError(`connection-${failed.code}`, `${failed.message}${hint}`, reason);
}

/** For a peer that breaks a connection over TLS off: it gives no reason that could be read. */
const tlsAdvice = ({ cert }: PeerTls): string =>
  cert === undefined
    ? ". Does it speak TLS, and does it ask for a certificate? Then give one: --cert FILE --key FILE"
    : ". Does it speak TLS, and take certificates of this authority? Its log says why it has refused one";

/** What to look at, for each way in which a connection fails. */
function advice({ code, host, port }: DialError, example: string): string {
  switch (code) {
    case "refused":
      return `. ${startAdvice(port)}`;
    case "unresolved":
      return `. The host comes first, as in: ${example}`;
    case "no-name-server":
      return ". Give its address instead, or look at this machine's network and /etc/resolv.conf";
    case "unreachable":
      return `. This machine is in no network that leads there: look at its cable or Wi-Fi, and at: ip route get ${host}`;
    case "no-route":
      return `. Is the machine on, and is ${host} its address? This asks it: ping ${host}`;
    case "bad-address":
      return host.includes(":")
        ? ". Has it an IPv6 address? The server's IPv4 address may do instead"
        : ". Give the address of one machine, such as 172.16.16.101";
    case "forbidden":
      return `. A firewall or a route of this machine is in the way: look at ip route get ${host}, and at iptables or nft`;
    case "timed-out":
      return `. ${silentAdvice}`;
    case "reset":
      return `. ${portAdvice(port)}`;
    case "failed":
      return "";
  }
}

/** For a peer that does not even refuse. */
export const silentAdvice = "Is the machine on, or does a firewall between drop what is sent to that port?";

function startAdvice(port: number): string {
  const services = labServicesOn(port);
  if (services.length === 0) return "No service of the lab listens there by itself; is the port right?";
  const one = services.length === 1;
  const names = `The lab's ${one ? "service" : "services"} ${services.join(" and ")}`;
  return `${names} usually ${one ? "listens" : "listen"} there; start ${one ? "it" : "them"} with: distsrv`;
}

/** For a peer that is there and does not speak as it should: what usually listens on that port. */
export function portAdvice(port: number): string {
  const services = labServicesOn(port);
  if (services.length === 0) return "Is the port right?";
  const verb = services.length === 1 ? "listens" : "listen";
  return `The lab's ${services.join(" and ")} usually ${verb} there; is the port right?`;
}

/** The error for a peer that answers in another protocol. @param seen what it sent, where that says something */
export function notSpeaking(peer: Peer, protocol: string, seen = ""): PeerError {
  const sent = seen === "" ? "" : `: ${seen}`;
  return new PeerError(
    "bad-answer",
    `${peerName(peer)} does not speak ${protocol}${sent}. ${portAdvice(peer.port)}`,
  );
}
