import { dialTcp } from "../../net/tcp-client.ts";
import { ZmqClient, type ZmqClientOptions } from "../../net/zmq/client.ts";
import type { SocketType } from "../../net/zmq/constants.ts";
import { parseTcpEndpoint } from "../../net/zmq/endpoint.ts";
import { ZmqError } from "../../net/zmq/error.ts";
import { baseCommand, type CommandWords } from "../program/command.ts";
import type { CommandContext } from "../program/command-context.ts";
import { PeerError } from "../program/errors.ts";
import { reaching } from "../program/peer.ts";
import { endpointOf } from "./options.ts";

/** Who usually waits for whom; the options turn it around. */
export type Side = "binds" | "connects";

/** A command whose first argument is an endpoint. */
export function zmqCommand(words: CommandWords & { readonly port: number }) {
  const parse = endpointOf(words.port);
  return baseCommand(words)
    .argument("[endpoint]", "tcp://HOST:PORT, ipc://PATH, or a host", parse, parse("127.0.0.1"))
    .option("--bind", "listen at the endpoint")
    .option("--connect", "connect to the endpoint")
    .option("--patient", "wait for a peer that is not there yet");
}

export interface ZmqOptions {
  readonly bind?: true | undefined;
  readonly connect?: true | undefined;
  readonly patient?: true | undefined;
}

export interface ZmqPlace {
  readonly endpoint: string;
  readonly options: ZmqOptions;
  /** When the options do not say. */
  readonly side: Side;
  readonly subscribe?: readonly string[];
}

/** Milliseconds that messages sent may take to leave when a command has ended. */
const linger = 2000;

/** Opens the socket, hands it to `work`, and closes it whatever happens. @throws {PeerError} */
export async function withZmq(
  context: CommandContext,
  type: SocketType,
  place: ZmqPlace,
  work: (client: ZmqClient) => Promise<void>,
): Promise<void> {
  const bind = place.options.bind ?? (place.options.connect ? false : place.side === "binds");
  const { endpoint, subscribe } = place;
  const client = await open(type, { endpoint, bind, subscribe });
  let hasFailed = true;
  try {
    if (bind) context.note(`Listening at ${client.endpoint}`);
    else if (!place.options.patient) await reach(context, client, endpoint);
    await work(client);
    hasFailed = false;
  } finally {
    // What could not be said in time, or was broken off, is not waited for.
    await client.close(hasFailed ? 0 : linger);
  }
}

/** @throws {PeerError} saying why the peer cannot be reached */
async function reach(context: CommandContext, client: ZmqClient, endpoint: string): Promise<void> {
  const silence = `No connection to ${endpoint}`;
  if (await context.within(silence, () => client.isReached())) return;
  // libzmq does not tell why not, so the door is tried once more by hand.
  const peer = parseTcpEndpoint(endpoint);
  if (peer === undefined) throw new PeerError("connection-failed", `Cannot connect to ${endpoint}`);
  const door = await reaching(peer, () => context.within(silence, (signal) => dialTcp({ ...peer, signal })));
  door.close();
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
