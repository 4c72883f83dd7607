import { late, withTimeout } from "../../core/deadline.ts";
import { type FirstContact, ZmqClient, type ZmqClientOptions } from "../../net/zmq/client.ts";
import type { SocketType } from "../../net/zmq/constants.ts";
import { parseTcpEndpoint } from "../../net/zmq/endpoint.ts";
import { ZmqError } from "../../net/zmq/error.ts";
import { printable } from "../../protocol/text/printable.ts";
import type { CommandContext } from "../program/command-context.ts";
import { PeerError, TimedOutError } from "../program/errors.ts";
import { type Peer, peerName, portAdvice, withTcp } from "../program/peer.ts";
import { interruptible } from "../program/timeout.ts";
import type { ZmqOptions } from "./options.ts";
import { ZmtpConnection } from "./zmtp-connection.ts";

export interface ZmqSocketOptions {
  readonly endpoint: string;
  readonly options: ZmqOptions;
  /** What the socket does without `--bind` and `--connect`. */
  readonly side: "binds" | "connects";
  readonly subscribe?: readonly string[];
}

/** Milliseconds that messages still to be sent have when a command ends. */
const linger = 2000;

/** Opens the socket, runs `work` with it, and always closes it. @throws {PeerError} */
export async function withZmq<T>(
  context: CommandContext,
  type: SocketType,
  { endpoint, options, side, subscribe }: ZmqSocketOptions,
  work: (client: ZmqClient) => Promise<T>,
): Promise<T> {
  const bind = options.bind ?? (options.connect ? false : side === "binds");
  const client = await open(type, { endpoint, bind, subscribe });
  let hasFailed = true;
  try {
    if (bind) context.note(`Listening at ${client.endpoint}`);
    else if (!options.patient) await waitForPeer(context, client, type, endpoint);
    const result = await work(client);
    hasFailed = false;
    return result;
  } finally {
    // After a failure, or Ctrl-C, unsent messages are dropped.
    await client.close(hasFailed ? 0 : linger);
  }
}

async function open(type: SocketType, options: ZmqClientOptions): Promise<ZmqClient> {
  try {
    return await ZmqClient.open(type, options);
  } catch (error) {
    if (!(error instanceof ZmqError)) throw error;
    const code = error.code === "EADDRINUSE" ? "port-in-use" : "bad-endpoint";
    throw new PeerError(code, `Cannot ${error.message}`, { cause: error });
  }
}

/** ZeroMQ gives no reason when a peer closes a connection: its log does. */
export const requestLost = (endpoint: string): PeerError =>
  new PeerError(
    "connection-closed",
    `${endpoint} closed the connection instead of answering: its log says why. It may have been stopped, or the ` +
      "request is larger than its maxMessageSize",
  );

/** @throws {PeerError} with the reason, when the peer cannot be reached, or is no socket that fits ours */
async function waitForPeer(
  context: CommandContext,
  client: ZmqClient,
  type: SocketType,
  endpoint: string,
): Promise<void> {
  let isConnected = false;
  const contact = client.firstContact(() => {
    isConnected = true;
  });
  contact.catch(() => {}); // it rejects when the socket is closed, and after an error nobody awaits it
  const peer = parseTcpEndpoint(endpoint);
  const silence = `No connection to ${endpoint}`;
  const outcome = await context
    .within(silence, async () => {
      const first = await withTimeout(contact, handshakeTime);
      if (first !== late) return first;
      // libzmq takes a peer that sends no greeting for one of ZeroMQ 2, and waits. So we look what it is.
      if (isConnected && peer !== undefined) await checkPeer(context, type, peer);
      return await contact;
    })
    .catch((error: unknown) => {
      if (!isConnected || !(error instanceof TimedOutError)) throw error;
      const what = `${endpoint} is connected, and no ZeroMQ handshake came`;
      throw new TimedOutError(error.message.replace(silence, what));
    });
  if (outcome === "ready") return;
  if (peer === undefined) throw cannotTalk(type, endpoint, outcome);
  // libzmq gives no reason, so we connect once more without it: to get the operating system's, or to see what is there.
  if (outcome === "unreached") await withTcp(context, peer, async () => {});
  else await checkPeer(context, type, peer);
}

/** Milliseconds that a handshake usually takes at most. */
const handshakeTime = 1000;
/** Milliseconds that a peer has to show what it is. */
const probeTimeout = 2000;

/** Connects without libzmq. @throws {PeerError} saying what the peer is, unless it fits, or says nothing */
async function checkPeer(context: CommandContext, type: SocketType, peer: Peer): Promise<void> {
  const theirs = await withTcp(context, peer, (probe) =>
    withTimeout(new ZmtpConnection(probe, peer).greet(), probeTimeout),
  );
  if (theirs !== late && fitting[type]?.includes(theirs) !== true) throw wrongType(type, peer, theirs);
}

/** The types of sockets that ours talk to (RFC 28, 29 and 30 of ZeroMQ). */
const fitting: Readonly<Partial<Record<SocketType, readonly string[]>>> = {
  req: ["REP", "ROUTER"],
  rep: ["REQ", "DEALER"],
  push: ["PULL"],
  pull: ["PUSH"],
  sub: ["PUB", "XPUB"],
  xpub: ["SUB", "XSUB"],
};

const nameOf = (type: SocketType): string => (type === "xpub" ? "PUB" : type.toUpperCase());

const wrongType = (type: SocketType, peer: Peer, theirs: string): PeerError =>
  new PeerError(
    "bad-answer",
    `${peerName(peer)} is a ZeroMQ ${printable(theirs)} socket, and ${nameOf(type)} talks to ${fitting[type]?.join(" or ")}. ${portAdvice(peer.port)}`,
  );

const cannotTalk = (type: SocketType, endpoint: string, contact: FirstContact): PeerError =>
  contact === "unreached"
    ? new PeerError("connection-failed", `Cannot connect to ${endpoint}`)
    : new PeerError("bad-answer", `${endpoint} is no ZeroMQ socket of ${fitting[type]?.join(" or ")}`);

/**
 * Receives `count` messages, or without a count until Ctrl-C. `--timeout` is the longest silence between two.
 * @throws {TimedOutError}
 */
export async function receiveEach(
  context: CommandContext,
  client: ZmqClient,
  count: number | undefined,
  onMessage: (parts: readonly Uint8Array[]) => Promise<void> | void,
): Promise<void> {
  const silence = `No message at ${client.endpoint}`;
  if (count === undefined) context.endByInterrupt();
  for (let left = count ?? Number.POSITIVE_INFINITY; left > 0; left--) {
    await onMessage(await context.within(silence, () => client.receive(), 0));
    if (left > 1) await interruptible(context.signal, () => context.drained());
  }
}
