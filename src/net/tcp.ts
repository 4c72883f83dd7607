import type { Socket, TCPSocketListener } from "bun";
import { type Address, formatAddress } from "../core/address.ts";
import type { RoleContext } from "../core/role.ts";
import { claimPort } from "./claim-port.ts";
import { listenError } from "./listen-error.ts";
import { type ConnectionOwner, TcpConnection } from "./tcp-connection.ts";

export { TcpConnection } from "./tcp-connection.ts";

/** What listening needs of a role's context. */
export type ListenContext = Pick<RoleContext, "service" | "log" | "traffic" | "thread" | "joins">;

export interface TcpOptions {
  readonly host: string;
  /** 0 lets the operating system choose. */
  readonly port: number;
  /** More are closed as they come; 0 or absent: as many as the process has file descriptors. */
  readonly maxConnections?: number;
  /** Milliseconds without a byte in either direction; 0 or absent: for ever. */
  readonly idleTimeout?: number;
  /** One client at a time: the next is connected but not served until the one before has left. */
  readonly iterative?: boolean;
  /** Bytes that may wait for a slow reader before `write` says false. */
  readonly highWater?: number;
  /** Stop reading a peer while more than `highWater` bytes wait for it. Default true. */
  readonly pauseWhenFull?: boolean;
}

export interface TcpHandler<S> {
  /** The connection is served from now on. @returns its state */
  open(connection: TcpConnection<S>): S;
  /** The chunk is only the handler's until it returns. */
  data(connection: TcpConnection<S>, chunk: Uint8Array): void;
  /** All that waited has been handed to the kernel. */
  drain?(connection: TcpConnection<S>): void;
  /** The peer has finished sending and may still be reading. Absent: what waits is sent, then we end, too. */
  end?(connection: TcpConnection<S>): void;
  /** Exactly once for each `open`. */
  close?(connection: TcpConnection<S>, error?: Error): void;
}

export interface TcpServer<S = unknown> {
  readonly address: Address;
  readonly connections: ReadonlySet<TcpConnection<S>>;
  stats(): Record<string, number>;
  /** The peers connected now. */
  clients(): string[];
  /** Accepts no more, ends each conversation, waits for the peers until the deadline, then drops them. */
  stop(deadline: AbortSignal): Promise<void>;
}

/** Enough to keep a fast reader busy; a slow one costs no more than this. */
const defaultHighWater = 1024 * 1024;

/**
 * Listens on TCP. A throwing handler costs its own connection, nobody else's.
 * @throws {StartError} naming the service, the port and what to change
 */
export async function listenTcp<S>(
  context: ListenContext,
  options: TcpOptions,
  handler: TcpHandler<S>,
): Promise<TcpServer<S>> {
  return new Server(context, options, handler);
}

class Server<S> implements TcpServer<S>, ConnectionOwner {
  readonly address: Address;
  readonly connections = new Set<TcpConnection<S>>();
  readonly counters = { bytesIn: 0, bytesOut: 0 };
  readonly service: string;
  readonly traffic: ListenContext["traffic"];
  readonly highWater: number;
  readonly pauseWhenFull: boolean;
  readonly idPrefix: string;
  tick = 0;
  readonly #context: ListenContext;
  readonly #options: TcpOptions;
  readonly #handler: TcpHandler<S>;
  readonly #listener: TCPSocketListener<TcpConnection<S>>;
  /** Iterative: connected, not served yet, in order of arrival. */
  readonly #waiting: TcpConnection<S>[] = [];
  #serving: TcpConnection<S> | undefined;
  #accepted = 0;
  #refused = 0;
  #idleClosed = 0;
  #errors = 0;
  #idleCheck: Timer | undefined;
  #stopped: Promise<void> | undefined;
  #allClosed = () => {};

  constructor(context: ListenContext, options: TcpOptions, handler: TcpHandler<S>) {
    this.#context = context;
    this.#options = options;
    this.#handler = handler;
    this.service = context.service;
    this.traffic = context.traffic;
    this.highWater = options.highWater ?? defaultHighWater;
    this.pauseWhenFull = options.pauseWhenFull ?? true;
    this.idPrefix = context.thread > 0 ? `${context.service}/${context.thread}` : context.service;
    this.#listener = this.#listen();
    this.address = { transport: "tcp", host: options.host, port: this.#listener.port };
    if (options.idleTimeout) this.#watchIdle(options.idleTimeout);
  }

  /** @throws {StartError} */
  #listen(): TCPSocketListener<TcpConnection<S>> {
    const { host, port } = this.#options;
    const { thread, joins } = this.#context;
    try {
      // Threads share their port; the first one makes sure that nobody else has it.
      const claimed = thread > 0 && !joins ? claimPort(host, port) : port;
      const options = { hostname: host, port: claimed, reusePort: thread > 0, allowHalfOpen: true };
      return Bun.listen<TcpConnection<S>>({
        ...options,
        socket: {
          open: (socket) => this.#accept(socket),
          data: (socket, chunk) => this.#data(socket.data, chunk),
          drain: (socket) => this.#drain(socket.data),
          end: (socket) => this.#end(socket.data),
          close: (socket, error) => this.#close(socket.data, error),
          error: (socket, error) => this.#close(socket.data, error),
        },
      });
    } catch (cause) {
      throw listenError({ service: this.service, transport: "TCP", host, port }, cause);
    }
  }

  #accept(socket: Socket<TcpConnection<S>>): void {
    const { maxConnections } = this.#options;
    const connection = new TcpConnection<S>(socket, this, ++this.#accepted);
    socket.data = connection;
    if (maxConnections && this.connections.size >= maxConnections) {
      this.#refuse(connection, maxConnections);
      return;
    }
    socket.setNoDelay(true);
    this.connections.add(connection);
    if (this.traffic.wants("open"))
      this.traffic.emit({ kind: "open", conversation: connection.conversation });
    if (this.#options.iterative && this.#serving !== undefined) {
      connection.pause();
      this.#waiting.push(connection);
      return;
    }
    this.#serve(connection);
  }

  #refuse(connection: TcpConnection<S>, limit: number): void {
    connection.markClosed();
    this.#refused++;
    // One line for the first and for every thousandth: a storm must not become a storm of lines.
    if (this.#refused % 1000 === 1) {
      this.#context.log.warning(
        `Closed a connection from ${formatAddress(connection.remote)}: ${limit} clients are connected and maxConnections is ${limit} (${this.#refused} closed so far)`,
      );
    }
    connection.terminate();
  }

  #serve(connection: TcpConnection<S>): void {
    if (this.#options.iterative) this.#serving = connection;
    connection.served = true;
    // The time in the queue was not the client's silence.
    connection.lastActive = this.tick;
    this.#guard(connection, () => {
      connection.state = this.#handler.open(connection);
    });
    connection.resume();
  }

  #data(connection: TcpConnection<S>, chunk: Uint8Array): void {
    // A reset wakes even a paused socket and hands over what had arrived; that peer is gone.
    if (!connection.served || connection.ending || connection.closed) return;
    this.counters.bytesIn += chunk.length;
    connection.lastActive = this.tick;
    if (this.traffic.wants("bytes")) {
      this.traffic.emit({
        kind: "bytes",
        conversation: connection.conversation,
        direction: "in",
        bytes: chunk,
      });
    }
    try {
      this.#handler.data(connection, chunk);
    } catch (error) {
      this.#broken(connection, error);
    }
  }

  #drain(connection: TcpConnection<S>): void {
    if (connection.closed || !connection.flush()) return;
    if (connection.served) this.#guard(connection, () => this.#handler.drain?.(connection));
  }

  #end(connection: TcpConnection<S>): void {
    connection.peerEnded();
    if (connection.ending) return;
    if (!connection.served || this.#handler.end === undefined) connection.end();
    else this.#guard(connection, () => this.#handler.end?.(connection));
  }

  #close(connection: TcpConnection<S>, error?: Error): void {
    if (!connection.markClosed()) return;
    this.connections.delete(connection);
    if (connection.served) {
      this.#guard(connection, () => this.#handler.close?.(connection, error));
    } else {
      const place = this.#waiting.indexOf(connection);
      if (place >= 0) this.#waiting.splice(place, 1);
    }
    if (this.traffic.wants("close")) {
      const reason = error === undefined ? {} : { reason: error.message };
      this.traffic.emit({ kind: "close", conversation: connection.conversation, ...reason });
    }
    if (this.#serving === connection) this.#serveNext();
    if (this.connections.size === 0) this.#allClosed();
  }

  #serveNext(): void {
    this.#serving = undefined;
    const next = this.#waiting.shift();
    if (next !== undefined) this.#serve(next);
  }

  #guard(connection: TcpConnection<S>, call: () => void): void {
    try {
      call();
    } catch (error) {
      this.#broken(connection, error);
    }
  }

  #broken(connection: TcpConnection<S>, error: unknown): void {
    this.#errors++;
    const reason = error instanceof Error ? error.message : String(error);
    this.#context.log.error(`Closed the connection from ${formatAddress(connection.remote)}: ${reason}`);
    connection.destroy();
  }

  #watchIdle(idleTimeout: number): void {
    const period = Math.min(1000, Math.max(10, idleTimeout / 4));
    const ticks = Math.ceil(idleTimeout / period);
    this.#idleCheck = setInterval(() => {
      this.tick++;
      for (const connection of this.connections) {
        // Who waits for its turn is not idle.
        if (!connection.served || this.tick - connection.lastActive <= ticks) continue;
        // Ended already, and still not gone: a reader that stopped reading.
        if (connection.ending) {
          connection.destroy();
          continue;
        }
        this.#idleClosed++;
        this.#context.log.debug(
          `Closed the connection from ${formatAddress(connection.remote)}: silent for ${idleTimeout} ms (idleTimeout)`,
        );
        if (connection.buffered > 0) connection.destroy();
        else connection.end();
      }
    }, period);
    this.#idleCheck.unref();
  }

  stats(): Record<string, number> {
    return {
      connections: this.connections.size,
      connections_total: this.#accepted,
      connections_refused_total: this.#refused,
      connections_idle_closed_total: this.#idleClosed,
      connection_errors_total: this.#errors,
      bytes_received_total: this.counters.bytesIn,
      bytes_sent_total: this.counters.bytesOut,
    };
  }

  clients(): string[] {
    return [...this.connections].map((connection) => formatAddress(connection.remote));
  }

  stop(deadline: AbortSignal): Promise<void> {
    this.#stopped ??= this.#stop(deadline);
    return this.#stopped;
  }

  async #stop(deadline: AbortSignal): Promise<void> {
    this.#listener.stop(false);
    // What has already arrived is served first: it is handed over in the next turn of the event loop.
    await new Promise((resolve) => setImmediate(resolve));
    for (const connection of this.connections) connection.end();
    if (this.connections.size > 0 && !deadline.aborted) {
      await new Promise<void>((resolve) => {
        this.#allClosed = resolve;
        deadline.addEventListener("abort", () => resolve(), { once: true });
      });
    }
    for (const connection of [...this.connections]) connection.destroy();
    clearInterval(this.#idleCheck);
  }
}
