import { dialTcp } from "../../net/tcp/client.ts";
import { ZmqClient, type ZmqClientOptions } from "../../net/zmq/client.ts";
import type { SocketType } from "../../net/zmq/constants.ts";
import { parseTcpEndpoint } from "../../net/zmq/endpoint.ts";
import { ZmqError } from "../../net/zmq/error.ts";
import type { CommandContext } from "../program/command-context.ts";
import { PeerError } from "../program/errors.ts";
import { withPeerErrors } from "../program/peer.ts";
import type { ZmqOptions } from "./options.ts";

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
export async function withZmq(
  context: CommandContext,
  type: SocketType,
  { endpoint, options, side, subscribe }: ZmqSocketOptions,
  work: (client: ZmqClient) => Promise<void>,
): Promise<void> {
  const bind = options.bind ?? (options.connect ? false : side === "binds");
  const client = await open(type, { endpoint, bind, subscribe });
  let hasFailed = true;
  try {
    if (bind) context.note(`Listening at ${client.endpoint}`);
    else if (!options.patient) await waitForPeer(context, client, endpoint);
    await work(client);
    hasFailed = false;
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

/** @throws {PeerError} with the reason, when the peer cannot be reached */
async function waitForPeer(context: CommandContext, client: ZmqClient, endpoint: string): Promise<void> {
  const silence = `No connection to ${endpoint}`;
  if (await context.within(silence, () => client.isReached())) return;
  // libzmq gives no reason, so we connect once more without it, to get the operating system's.
  const peer = parseTcpEndpoint(endpoint);
  if (peer === undefined) throw new PeerError("connection-failed", `Cannot connect to ${endpoint}`);
  const probe = await withPeerErrors(peer, () =>
    context.within(silence, (signal) => dialTcp({ ...peer, signal })),
  );
  probe.close();
}

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
  for (let left = count ?? Number.POSITIVE_INFINITY; left > 0; left--) {
    await onMessage(await context.within(silence, () => client.receive(), 0));
  }
}
