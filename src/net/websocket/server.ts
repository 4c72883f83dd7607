import { formatAddress } from "../../core/address.ts";
import {
  answerUpgrade,
  headTooLarge,
  headTooLate,
  type UpgradeRules,
} from "../../protocol/websocket/upgrade.ts";
import { CloseCode, WebSocketError } from "../../protocol/websocket/websocket-error.ts";
import {
  type ListenContext,
  listenTcp,
  type TcpConnection,
  type TcpOptions,
  type TcpServer,
} from "../tcp/server.ts";
import { TimeoutQueue } from "../timeout-queue.ts";
import { scratchBuffer, WebSocketConnection, type WebSocketOwner } from "./connection.ts";

export { WebSocketConnection } from "./connection.ts";

export interface WebSocketOptions extends TcpOptions, UpgradeRules {
  /** Milliseconds in which a client must have sent the head of its opening handshake. */
  readonly upgradeTimeout: number;
}

export interface WebSocketHandler<S> {
  /** The client has been let in. @returns its state */
  open(connection: WebSocketConnection<S>): S;
  /** Bytes of binary messages, without regard to messages and frames; only the handler's until it returns. */
  data(connection: WebSocketConnection<S>, bytes: Uint8Array): void;
  /** All that waited has been handed to the kernel. */
  drain?(connection: WebSocketConnection<S>): void;
  /** Exactly once for each `open`. */
  close?(connection: WebSocketConnection<S>): void;
}

export type WebSocketServer = Pick<TcpServer, "address" | "stats" | "clients" | "stop">;

/** The longest head of an opening handshake; browsers may send cookies along. */
const longestHead = 16 * 1024;

/** What a TCP connection is: a handshake that has come so far, or a WebSocket. */
interface Peer<S> {
  head: string;
  socket: WebSocketConnection<S> | undefined;
}

type Tcp<S> = TcpConnection<Peer<S>>;

/**
 * Listens on WebSocket (RFC 6455) as a byte stream over the TCP layer, which brings back pressure in both
 * directions, TLS, limits and the traffic seam along. Compression is not offered: what is encoded once for all
 * would be compressed for each, and a small frame could unpack to any size.
 * @throws {StartError} naming the service, the port and what to change
 */
export async function listenWebSocket<S>(
  context: ListenContext,
  options: WebSocketOptions,
  handler: WebSocketHandler<S>,
): Promise<WebSocketServer> {
  const upgrades = new Upgrades(context, options, handler);
  const server = await listenTcp<Peer<S>>(context, { ...options, transport: "ws" }, upgrades);
  return {
    address: server.address,
    stats: () => ({ ...server.stats(), upgrades_refused_total: upgrades.refused }),
    clients: () => server.clients(),
    stop: async (deadline) => {
      upgrades.leave();
      await server.stop(deadline);
    },
  };
}

/** Takes opening handshakes, and frames from then on. */
class Upgrades<S> implements WebSocketOwner<S> {
  readonly scratch = scratchBuffer();
  farewell: number = CloseCode.Normal;
  refused = 0;
  readonly #context: ListenContext;
  readonly #options: WebSocketOptions;
  readonly #handler: WebSocketHandler<S>;
  readonly #pending: TimeoutQueue<Tcp<S>>;
  readonly #open = new Set<WebSocketConnection<S>>();

  constructor(context: ListenContext, options: WebSocketOptions, handler: WebSocketHandler<S>) {
    this.#context = context;
    this.#options = options;
    this.#handler = handler;
    this.#pending = new TimeoutQueue(options.upgradeTimeout, (late) => this.#refuse(late, headTooLate));
  }

  open(tcp: Tcp<S>): Peer<S> {
    this.#pending.add(tcp);
    return { head: "", socket: undefined };
  }

  data(tcp: Tcp<S>, chunk: Uint8Array): void {
    const { socket } = tcp.state;
    if (socket === undefined) this.#readHead(tcp, chunk);
    else this.#readFrames(tcp, socket, chunk);
  }

  drain(tcp: Tcp<S>): void {
    const { socket } = tcp.state;
    if (socket !== undefined) this.#handler.drain?.(socket);
  }

  close(tcp: Tcp<S>): void {
    this.#pending.remove(tcp);
    const { socket } = tcp.state;
    if (socket === undefined) return;
    this.#open.delete(socket);
    this.#handler.close?.(socket);
  }

  received(connection: WebSocketConnection<S>, bytes: Uint8Array): void {
    this.#handler.data(connection, bytes);
  }

  /** Tells everybody that the server goes away; whatever is closed from now on is closed with that code. */
  leave(): void {
    this.farewell = CloseCode.GoingAway;
    this.#pending.close();
    // Behind what the role says in this turn of the event loop.
    queueMicrotask(() => {
      for (const socket of this.#open) socket.end();
    });
  }

  #readHead(tcp: Tcp<S>, chunk: Uint8Array): void {
    const peer = tcp.state;
    const before = peer.head.length;
    const taken = chunk.subarray(0, longestHead + 4 - before);
    peer.head += Buffer.from(taken.buffer, taken.byteOffset, taken.length).toString("latin1");
    const end = peer.head.indexOf("\r\n\r\n", Math.max(0, before - 3));
    if (end < 0) {
      if (peer.head.length > longestHead) this.#refuse(tcp, headTooLarge);
      return;
    }
    const reply = answerUpgrade(peer.head.slice(0, end), this.#options);
    peer.head = "";
    if (reply.status !== 101) {
      this.#refuse(tcp, reply);
      return;
    }
    this.#pending.remove(tcp);
    tcp.write(Buffer.from(reply.text));
    const socket = new WebSocketConnection<S>(tcp, this);
    peer.socket = socket;
    this.#open.add(socket);
    socket.state = this.#handler.open(socket);
    const rest = end + 4 - before;
    if (rest < chunk.length) this.#readFrames(tcp, socket, chunk.subarray(rest));
  }

  #refuse(tcp: Tcp<S>, { status, text }: { readonly status: number; readonly text: string }): void {
    this.refused++;
    this.#pending.remove(tcp);
    this.#context.log.debug(`Refused the WebSocket of ${formatAddress(tcp.remote)}: HTTP ${status}`);
    tcp.write(Buffer.from(text));
    tcp.end();
  }

  #readFrames(tcp: Tcp<S>, socket: WebSocketConnection<S>, chunk: Uint8Array): void {
    try {
      socket.reader.read(chunk);
    } catch (error) {
      if (!(error instanceof WebSocketError)) throw error;
      this.#context.log.debug(`Closed the WebSocket of ${formatAddress(tcp.remote)}: ${error.message}`);
      socket.close(error.code, error.message);
    }
  }
}
