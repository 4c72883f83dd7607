import { formatAddress } from "../../core/address.ts";
import type { Ban } from "../../core/guards.ts";
import {
  answerUpgrade,
  headTimeout,
  headTooLarge,
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
  /** Called when the handshake is done. @returns the connection's state; when it throws, nothing else is called */
  open(connection: WebSocketConnection<S>): S;
  /** Payload bytes of binary messages, in any pieces; valid only until the handler returns. */
  data(connection: WebSocketConnection<S>, bytes: Uint8Array): void;
  /** Called when the kernel has taken everything that was queued. */
  drain?(connection: WebSocketConnection<S>): void;
  /** Called when the peer sends no more, once or twice: the role ends the connection. Absent: it ends at once. */
  end?(connection: WebSocketConnection<S>): void;
  /** Called when the peer's address has been banned: the role closes the connection. Absent: it is reset. */
  banned?(connection: WebSocketConnection<S>, ban: Ban): void;
  /** Called exactly once for each `open` that has returned. */
  close?(connection: WebSocketConnection<S>): void;
}

export type WebSocketServer = Pick<
  TcpServer,
  "address" | "stats" | "clients" | "problems" | "renewTls" | "stop"
>;

/** The maximum size of a handshake's request head; browsers may send cookies. */
const maxHeadSize = 16 * 1024;

/** The state of a TCP connection: the part of the handshake that has arrived, or the WebSocket. */
interface Peer<S> {
  head: string;
  socket: WebSocketConnection<S> | undefined;
}

type Tcp<S> = TcpConnection<Peer<S>>;

/**
 * Listens on WebSocket (RFC 6455) as a byte stream over the TCP layer, which gives it back pressure in both
 * directions, TLS, limits and traffic events. Compression is not offered: a message that is encoded once for all
 * clients would be compressed for each, and a small frame could unpack to any size.
 * @throws {StartError} naming the service, the port and what to change
 */
export async function listenWebSocket<S>(
  context: ListenContext,
  options: WebSocketOptions,
  handler: WebSocketHandler<S>,
): Promise<WebSocketServer> {
  const upgrades = new WebSocketUpgrades(context, options, handler);
  const server = await listenTcp<Peer<S>>(context, { ...options, transport: "ws" }, upgrades);
  return {
    address: server.address,
    stats: () => ({ ...server.stats(), upgrades_refused_total: upgrades.refused }),
    clients: () => server.clients(),
    problems: () => server.problems(),
    renewTls: (setting) => server.renewTls(setting),
    stop: async (deadline) => {
      upgrades.goAway();
      await server.stop(deadline);
    },
  };
}

/** Reads opening handshakes, and frames after them. */
class WebSocketUpgrades<S> implements WebSocketOwner<S> {
  readonly scratch = scratchBuffer();
  closeCode: number = CloseCode.Normal;
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
    this.#pending = new TimeoutQueue(options.upgradeTimeout, (tcp) => this.#refuse(tcp, headTimeout));
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

  banned(tcp: Tcp<S>, ban: Ban): void {
    const { socket } = tcp.state;
    if (socket === undefined || this.#handler.banned === undefined) tcp.destroy();
    else this.#handler.banned(socket, ban);
  }

  close(tcp: Tcp<S>): void {
    this.#pending.remove(tcp);
    const { socket } = tcp.state;
    if (socket === undefined) return;
    this.#open.delete(socket);
    this.#handler.close?.(socket);
  }

  /** A FIN without a close frame. */
  end(tcp: Tcp<S>): void {
    const { socket } = tcp.state;
    if (socket === undefined || this.#handler.end === undefined) tcp.end();
    else this.#handler.end(socket);
  }

  received(connection: WebSocketConnection<S>, bytes: Uint8Array): void {
    this.#handler.data(connection, bytes);
  }

  ended(connection: WebSocketConnection<S>): void {
    if (this.#handler.end === undefined) connection.end();
    else this.#handler.end(connection);
  }

  /** Closes all connections, these and later ones, with the close code 1001 (going away). */
  goAway(): void {
    this.closeCode = CloseCode.GoingAway;
    this.#pending.close();
    // After what the role still writes in this turn of the event loop.
    queueMicrotask(() => {
      for (const socket of this.#open) socket.end();
    });
  }

  #readHead(tcp: Tcp<S>, chunk: Uint8Array): void {
    const peer = tcp.state;
    const before = peer.head.length;
    const taken = chunk.subarray(0, maxHeadSize + 4 - before);
    peer.head += Buffer.from(taken.buffer, taken.byteOffset, taken.length).toString("latin1");
    const end = peer.head.indexOf("\r\n\r\n", Math.max(0, before - 3));
    if (end < 0) {
      if (peer.head.length > maxHeadSize) this.#refuse(tcp, headTooLarge);
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
    const socket = new WebSocketConnection<S>(tcp, this, reply.bearer);
    this.#open.add(socket);
    try {
      socket.state = this.#handler.open(socket);
    } catch (error) {
      this.#open.delete(socket);
      throw error;
    }
    // Only now: a role whose `open` has thrown has no state that its other handlers could use.
    peer.socket = socket;
    if (tcp.closed) {
      this.close(tcp);
      return;
    }
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
