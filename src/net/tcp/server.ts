import type { Socket, SocketHandler, TCPSocketListener, UnixSocketListener } from "bun";
import { type Address, formatAddress, formatHostPort, plainHost } from "../../core/address.ts";
import { isOneAddress } from "../../core/address-range.ts";
import { withDeadline } from "../../core/deadline.ts";
import { hasRoom, noRoom } from "../../core/descriptors.ts";
import type { StartError } from "../../core/errors.ts";
import type { Ban } from "../../core/guards.ts";
import { canSharePort } from "../../core/ports.ts";
import type { Problem } from "../../core/problem.ts";
import type { TlsSetting } from "../../core/tls-setting.ts";
import type { ProxySource } from "../../protocol/proxy/header.ts";
import { HeldBytes } from "../held-bytes.ts";
import { descriptorOf } from "../libc.ts";
import { LimitedLog } from "../limited-log.ts";
import { listenError, probePort } from "../listen-port.ts";
import { TurnQueue } from "../turn-queue.ts";
import {
  clearSocketPath,
  isFolderOpen,
  madePrivately,
  setSocketMode,
  socketPathError,
} from "../unix-socket.ts";
import { Admission, type AdmissionOwner } from "./admission.ts";
import type { ListenContext, TcpHandler, TcpOptions, TcpServer } from "./api.ts";
import { widenBacklog } from "./backlog.ts";
import { freeBuffer } from "./buffers.ts";
import { type ConnectionOwner, TcpConnection } from "./connection.ts";
import { ConnectionDealer } from "./connection-dealer.ts";
import { startIdleCheck } from "./idle-check.ts";
import { ProxyHeaders } from "./proxy-headers.ts";
import { beginsTls } from "./tls-failures.ts";
import { TlsHandshakes } from "./tls-handshakes.ts";

export type { ConnectionQuota, ListenContext, TcpHandler, TcpOptions, TcpServer } from "./api.ts";
export { TcpConnection } from "./connection.ts";

/** The transport in a listener's address, without and with TLS. */
const addressTransports = {
  tcp: ["tcp", "tls"],
  ws: ["ws", "wss"],
  zmq: ["tcp", "tls"],
  http: ["tcp", "tls"],
} as const;

const defaultLinger = 1000;

/** Milliseconds from one attempt to connect to the next, as libzmq has it (ZMQ_RECONNECT_IVL). */
const reconnectInterval = 100;

/** Enough to keep a fast reader busy, and the most that a slow one costs. */
const defaultHighWater = 1024 * 1024;

/**
 * Received chunks from this size on are freed as soon as they have been handled: each is a buffer of its own, of up to
 * 512 KiB. While it received 1 GB at full speed, a process grew by 50 MB of handled chunks, and by 2 MB with this. For
 * smaller ones it is not worth the call.
 */
const largeChunk = 32 * 1024;

/**
 * After a chunk of nearly the largest size, Bun would read on at once, up to ten times and sometimes for longer. The
 * next one comes in a later turn of the event loop, when the others have been served.
 */
const fullChunk = 480 * 1024;

/**
 * Listens on TCP. A throwing handler costs its own connection, nobody else's.
 * @throws {StartError} naming the service, the port and what to change
 */
export async function listenTcp<S>(
  context: ListenContext,
  options: TcpOptions,
  handler: TcpHandler<S>,
): Promise<TcpServer<S>> {
  const server = new Server(context, options, handler);
  await server.clearPath();
  server.listen();
  return server;
}

/**
 * Connects to `host:port` or `path`, again and again while there is no connection. Each one is served as if it had been
 * accepted.
 */
export function connectTcp<S>(
  context: ListenContext,
  options: Omit<TcpOptions, "tls" | "iterative">,
  handler: TcpHandler<S>,
): TcpServer<S> {
  const server = new Server(context, options, handler);
  server.dial();
  return server;
}

class Server<S> implements TcpServer<S>, ConnectionOwner, AdmissionOwner<S> {
  address: Address;
  readonly connections = new Set<TcpConnection<S>>();
  readonly counters = { bytesIn: 0, bytesOut: 0 };
  readonly service: string;
  readonly traffic: ListenContext["traffic"];
  readonly highWater: number;
  readonly pauseWhenFull: boolean;
  readonly emitsBytes: boolean;
  readonly idPrefix: string;
  readonly transport: "tcp" | "ws" | "zmq" | "http";
  readonly isSecure: boolean;
  readonly localPath: string | undefined;
  readonly linger: number;
  tick = 0;
  readonly turns = new TurnQueue<TcpConnection<S>>((connection) => this.#takeTurn(connection));
  readonly #context: ListenContext;
  readonly #options: TcpOptions;
  readonly #handler: TcpHandler<S>;
  #listener: TCPSocketListener<TcpConnection<S>> | UnixSocketListener<TcpConnection<S>> | undefined;
  #redial: Timer | undefined;
  /** Iterative: connected, not served yet, in order of arrival. */
  readonly #waiting: TcpConnection<S>[] = [];
  #serving: TcpConnection<S> | undefined;
  #accepted = 0;
  #refused = 0;
  #idleClosed = 0;
  #errors = 0;
  #stopIdleCheck = () => {};
  readonly #handshakes: TlsHandshakes<S> | undefined;
  /** Made by the first client that speaks TLS where nobody does. */
  #hints: LimitedLog | undefined;
  /** Of a listener; the connections that are made here need none. */
  #admission: Admission<S> | undefined;
  /** On a listener behind proxies. */
  #proxyHeaders: ProxyHeaders<TcpConnection<S>> | undefined;
  readonly #held: HeldBytes<TcpConnection<S>> | undefined;
  #expelled = 0;
  /** In a worker thread, which shares the port with others. */
  #dealer: ConnectionDealer | undefined;
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
    this.emitsBytes = options.emitsBytes ?? true;
    this.transport = options.transport ?? "tcp";
    const part = options.part ?? (context.thread > 0 ? String(context.thread) : "");
    this.idPrefix = part === "" ? context.service : `${context.service}/${part}`;
    const { tls, path } = options;
    this.isSecure = tls !== undefined;
    this.localPath = path?.replace(/^\0/, "@");
    this.linger = options.linger ?? defaultLinger;
    if (options.maxBuffered !== undefined)
      this.#held = new HeldBytes(options.maxBuffered, (connection) => this.#expel(connection));
    if (tls !== undefined) this.#handshakes = new TlsHandshakes(context, tls, options);
    const transport = addressTransports[this.transport][tls === undefined ? 0 : 1];
    if (path !== undefined) this.address = { transport: "ipc", host: path, port: 0 };
    else this.address = { transport, host: options.host, port: options.port };
    if (options.idleTimeout) {
      this.#stopIdleCheck = startIdleCheck(this, options.idleTimeout, context.log, () => this.#idleClosed++);
    }
  }

  /** @throws {StartError} when another program listens on the path */
  async clearPath(): Promise<void> {
    const { path, mode } = this.#options;
    if (path === undefined || mode === undefined) return;
    try {
      await clearSocketPath(path);
    } catch (cause) {
      this.#stopIdleCheck();
      throw this.#listenError(cause);
    }
  }

  /** @throws {StartError} */
  listen(): void {
    const { host, port, path, mode } = this.#options;
    const { thread, joins } = this.#context;
    try {
      this.#admission = new Admission(this.#context, this.#options, this);
      this.#proxyHeaders = this.#readsProxyHeaders();
      const shared = { allowHalfOpen: true, ...this.#transportLayer() };
      if (path !== undefined) {
        const bind = () => Bun.listen<TcpConnection<S>>({ unix: path, ...shared });
        this.#listener = mode === undefined ? bind() : madePrivately(bind);
        if (mode !== undefined) this.#openSocket(path, mode);
      } else {
        // Threads share their port; the first one makes sure that no other program has it.
        const sharedPort = thread > 0 && !joins ? probePort(host, port) : port;
        const options = {
          hostname: host,
          port: sharedPort,
          reusePort: thread > 0 && canSharePort,
          ...shared,
        };
        const listener = Bun.listen<TcpConnection<S>>(options);
        this.#listener = listener;
        this.address = { ...this.address, port: listener.port };
      }
      widenBacklog(this.#listener);
      if (this.#proxyHeaders !== undefined) ProxyHeaders.defer(this.#listener);
      if (this.#context.loads !== undefined)
        this.#dealer = new ConnectionDealer(this.#listener, this.#context.loads, thread);
    } catch (cause) {
      this.#stopIdleCheck();
      this.#admission?.stop();
      this.#listener?.stop(true);
      throw this.#listenError(cause);
    }
  }

  #openSocket(path: string, mode: number): void {
    setSocketMode(path, mode);
    if (!isFolderOpen(path)) return;
    this.#context.log.warning(
      `Every user of this machine may write to the folder of ${path}, and may put a socket of his own there: take the permission away (chmod o-w), or take another folder`,
    );
  }

  #listenError(cause: unknown): StartError {
    const { service } = this;
    const { host, port, part, path, mode, settings } = this.#options;
    if (path === undefined || mode === undefined)
      return listenError({ service, part, settings, transport: "TCP", host, port }, cause);
    const setting = `${settings ?? `services.${service}`}${part === undefined ? "" : `.${part}`}.path`;
    return socketPathError(service, path, setting, cause);
  }

  /** With TLS from the first byte on, or without; behind a proxy it begins after the header. */
  #transportLayer() {
    if (this.#handshakes === undefined) return { socket: this.#callbacks() };
    if (this.#proxyHeaders === undefined) return { tls: this.#handshakes.options, socket: this.#callbacks() };
    return { socket: this.#callbacksBeforeTls() };
  }

  #readsProxyHeaders(): ProxyHeaders<TcpConnection<S>> | undefined {
    const { proxyProtocol = false, proxyTimeout } = this.#options;
    if (proxyProtocol === false) return undefined;
    return new ProxyHeaders<TcpConnection<S>>({
      trusted: proxyProtocol,
      ...(proxyTimeout !== undefined && { timeout: proxyTimeout }),
      arrived: (connection, source) => this.#proxied(connection, source),
      refused: (connection, why) => {
        this.#admission?.refusals.add("proxy_header", connection.remote.host, why);
        connection.destroy();
      },
      left: (connection) => connection.destroy(),
    });
  }

  dial(): void {
    if (this.#stopped !== undefined) return;
    this.#connect().catch(() => this.#dialAgain());
  }

  #connect(): Promise<Socket<TcpConnection<S>>> {
    const { host, port, path } = this.#options;
    const socket: SocketHandler<TcpConnection<S>> = {
      ...this.#callbacks(),
      open: (socket) => {
        this.#accept(socket);
        if (this.#stopped !== undefined) socket.data.destroy();
      },
      connectError() {}, // the promise rejects as well
    };
    const shared = { allowHalfOpen: true, socket };
    if (path !== undefined) return Bun.connect<TcpConnection<S>>({ unix: path, ...shared });
    return Bun.connect<TcpConnection<S>>({ hostname: host, port, ...shared });
  }

  #dialAgain(): void {
    if (this.#stopped === undefined) this.#redial = setTimeout(() => this.dial(), reconnectInterval);
  }

  localName(socket: Pick<Socket, "localAddress" | "localPort">): string {
    const { address } = this;
    const isKnown =
      this.localPath !== undefined || (this.#listener !== undefined && isOneAddress(address.host));
    // A socket that is gone does not say where it was.
    const reached = isKnown ? undefined : socket.localAddress;
    return reached === undefined
      ? formatAddress(address)
      : formatHostPort(plainHost(reached), socket.localPort);
  }

  #callbacks(): SocketHandler<TcpConnection<S>> {
    return {
      open: (socket) => this.#accept(socket),
      handshake: (socket, isDone, error) => {
        if (this.#handshakes?.end(socket, isDone, error)) this.#admit(socket.data);
      },
      data: (socket, chunk) => {
        this.#data(socket.data, chunk);
        if (chunk.length >= largeChunk) freeBuffer(chunk);
      },
      drain: (socket) => this.#drain(socket.data),
      end: (socket) => this.#end(socket.data),
      close: (socket, error) => this.#close(socket.data, error),
      error: (socket, error) => this.#close(socket.data, error),
    };
  }

  /** Of a socket that will speak TLS once the header of its proxy has been read; then TLS has callbacks of its own. */
  #callbacksBeforeTls(): SocketHandler<TcpConnection<S>> {
    return {
      open: (socket) => this.#accept(socket),
      data() {},
      close: (socket, error) => this.#close(socket.data, error),
      error: (socket, error) => this.#close(socket.data, error),
    };
  }

  #accept(socket: Socket<TcpConnection<S>>): void {
    const { shared, keepAlive } = this.#options;
    const connection = new TcpConnection<S>(socket, this, ++this.#accepted);
    socket.data = connection;
    const why = this.#whyRefuse(socket);
    if (why !== undefined) {
      this.#refuse(connection, why);
      return;
    }
    if (shared !== undefined) shared.used++;
    socket.setNoDelay(true);
    if (keepAlive) socket.setKeepAlive(true, keepAlive);
    this.connections.add(connection);
    this.#dealer?.add(1);
    if (this.#proxyHeaders === undefined) return this.#arrived(connection);
    // What a proxy says of others does not let in one that is banned itself.
    if (this.#admission?.isBanned(connection) === true) {
      connection.destroy();
      return;
    }
    connection.waitForAdmission();
    this.#proxyHeaders.begin(connection, connection.remote, socket);
  }

  /** Its proxy has said where it comes from. */
  #proxied(connection: TcpConnection<S>, source: ProxySource | undefined): void {
    if (source !== undefined) connection.comesFrom(source);
    this.#arrived(connection);
  }

  /** Where it comes from is known. */
  #arrived(connection: TcpConnection<S>): void {
    const admitted = this.#admission?.take(connection) ?? "enters";
    if (admitted === "refused") {
      connection.destroy();
      return;
    }
    connection.isAnnounced = true;
    if (this.traffic.sample("open"))
      this.traffic.emit({ kind: "open", conversation: connection.conversation, ...this.#turn() });
    if (admitted === "waits") connection.waitForAdmission();
    else this.enter(connection);
  }

  /** It is admitted. */
  enter(connection: TcpConnection<S>): void {
    if (connection.closed) return;
    if (this.#handshakes === undefined) {
      connection.admitted();
      this.#admit(connection);
      return;
    }
    this.#handshakes.begin(connection);
    if (this.#proxyHeaders !== undefined)
      connection.secure(this.#handshakes.options, { ...this.#callbacks(), open() {} });
    connection.admitted();
  }

  expel(connection: TcpConnection<S>, ban: Ban): void {
    const { banned } = this.#handler;
    const why = `Disconnected ${formatAddress(connection.remote)}: it is banned (${ban.reason})`;
    this.#context.log.info(why);
    if (!connection.served || banned === undefined) connection.destroy();
    else this.#guard(connection, () => this.#handler.banned?.(connection, ban));
  }

  /** An iterative service that serves somebody lets the next one wait. */
  #turn(): { readonly waits?: true } {
    return this.#options.iterative && this.#serving !== undefined ? { waits: true } : {};
  }

  /** The handshake, if any, is done: the connection is served, or waits for its turn. */
  #admit(connection: TcpConnection<S>): void {
    if (this.#options.iterative && this.#serving !== undefined) {
      connection.pause();
      this.#waiting.push(connection);
      return;
    }
    this.#serve(connection);
  }

  /** Why a new connection is not kept; undefined when it is. */
  #whyRefuse(socket: Socket<TcpConnection<S>>): string | undefined {
    const { maxConnections = 0, shared } = this.#options;
    const { descriptors } = this.#context;
    const { size } = this.connections;
    if (maxConnections > 0 && size >= maxConnections) return reached(maxConnections);
    if (shared !== undefined && shared.used >= shared.limit) return reached(shared.limit);
    if (descriptors === undefined || hasRoom(descriptors, descriptorOf(socket), size)) return undefined;
    return noRoom(descriptors);
  }

  #refuse(connection: TcpConnection<S>, why: string): void {
    connection.markClosed();
    this.#refused++;
    // One line for the first and for every thousandth, so that a connection storm does not flood the log.
    if (this.#refused % 1000 === 1) {
      this.#context.log.warning(
        `Closed a connection from ${formatAddress(connection.remote)}: ${why} (${this.#refused} closed so far)`,
      );
    }
    connection.terminate();
    if (this.#listener === undefined) this.#dialAgain();
  }

  #serve(connection: TcpConnection<S>): void {
    if (this.#options.iterative) this.#serving = connection;
    // The time in the queue does not count as idle.
    connection.lastActive = this.tick;
    this.#guard(connection, () => {
      connection.state = this.#handler.open(connection);
      // Only now: a role whose `open` has thrown has no state that its other handlers could use.
      connection.served = true;
      // The role has closed it in `open`.
      if (connection.closed) this.#handler.close?.(connection);
    });
  }

  /** Its role will find the bytes wrong, and could not say why. */
  #heardFirst(connection: TcpConnection<S>, chunk: Uint8Array): void {
    connection.hasSpoken = true;
    if (this.isSecure || this.#listener === undefined || !beginsTls(chunk)) return;
    this.#hints ??= new LimitedLog((line) => this.#context.log.info(line), "clients that speak TLS here");
    this.#hints.write(
      `${formatAddress(connection.remote)} speaks TLS, and this port does not: it has to connect without, or to a port with tls`,
    );
  }

  #data(connection: TcpConnection<S>, chunk: Uint8Array): void {
    // A reset delivers what had arrived even on a paused socket; that peer is gone.
    if (!connection.served || connection.closed) return;
    this.counters.bytesIn += chunk.length;
    connection.received += chunk.length;
    if (this.emitsBytes && this.traffic.sample("bytes")) {
      this.traffic.emit({
        kind: "bytes",
        conversation: connection.conversation,
        direction: "in",
        bytes: chunk,
        offset: connection.received - chunk.length,
      });
    }
    if (!connection.hasSpoken) this.#heardFirst(connection, chunk);
    // Our side has ended: what still comes is seen, and not answered.
    if (connection.ending) return;
    connection.lastActive = this.tick;
    if (connection.isBusy) {
      connection.hold(chunk);
      this.#guard(connection, () => this.#handler.holds?.(connection));
      this.#noteHeld(connection);
      return;
    }
    try {
      this.#handler.data(connection, chunk);
    } catch (error) {
      this.#broken(connection, error);
    }
    if (chunk.length >= fullChunk) connection.waitForTurn();
    this.#noteHeld(connection);
  }

  /** What is held for it may have changed. Most hold nothing. */
  #noteHeld(connection: TcpConnection<S>): void {
    if (this.#held === undefined || (connection.accounted === 0 && connection.held === 0)) return;
    this.#held.update(connection);
  }

  /** It has made the server hold something for longest. */
  #expel(connection: TcpConnection<S>): void {
    this.#expelled++;
    if (this.#expelled % 1000 === 1) {
      this.#context.log.warning(
        `Closed the connection from ${formatAddress(connection.remote)}: all clients together hold more than ${this.#held?.limit} bytes, maxBuffered (${this.#expelled} closed so far)`,
      );
    }
    connection.destroy();
  }

  #takeTurn(connection: TcpConnection<S>): void {
    this.#guard(connection, () => {
      const isDone = connection.takeTurn((chunk) => this.#handler.data(connection, chunk));
      if (isDone && connection.hasPeerEnded) this.#endInput(connection);
    });
    this.#noteHeld(connection);
  }

  #drain(connection: TcpConnection<S>): void {
    if (connection.closed) return;
    if (!connection.flush()) return this.#noteHeld(connection);
    if (connection.isBusy && !connection.isAnswering) this.turns.add(connection);
    else if (connection.served) this.#guard(connection, () => this.#handler.drain?.(connection));
  }

  #end(connection: TcpConnection<S>): void {
    connection.peerEnded();
    // A busy connection's role learns of it when it has answered what came before.
    if (!connection.isBusy) this.#endInput(connection);
  }

  #endInput(connection: TcpConnection<S>): void {
    if (connection.ending) return;
    if (!connection.served || this.#handler.end === undefined) connection.end();
    else this.#guard(connection, () => this.#handler.end?.(connection));
  }

  #close(connection: TcpConnection<S>, error?: Error): void {
    if (!connection.markClosed()) return;
    this.#held?.remove(connection);
    this.connections.delete(connection);
    this.#dealer?.add(-1);
    if (this.#options.shared !== undefined) this.#options.shared.used--;
    this.#handshakes?.gone(connection);
    this.#proxyHeaders?.gone(connection);
    this.#admission?.gone(connection);
    if (connection.served) {
      this.#guard(connection, () => this.#handler.close?.(connection, error));
    } else {
      const place = this.#waiting.indexOf(connection);
      if (place >= 0) this.#waiting.splice(place, 1);
    }
    if (connection.isAnnounced && this.traffic.sample("close")) {
      const reason = error === undefined ? {} : { reason: error.message };
      const { conversation, closedBy, isReset, isHalfClosed, lengths } = connection;
      const who = closedBy === undefined ? {} : { closedBy, isReset, ...(isHalfClosed && { isHalfClosed }) };
      this.traffic.emit({ kind: "close", conversation, ...who, ...reason, ...(lengths && { lengths }) });
    }
    if (this.#serving === connection) this.#serveNext();
    if (this.connections.size === 0) this.#allClosed();
    if (this.#listener === undefined) this.#dialAgain();
  }

  #serveNext(): void {
    this.#serving = undefined;
    const next = this.#waiting.shift();
    if (next === undefined) return;
    // Before `open`: the role may pause it at once.
    next.resume();
    this.#serve(next);
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

  stats(): Record<string, number> {
    return {
      connections: this.connections.size,
      connections_total: this.#accepted,
      connections_refused_total: this.#refused,
      ...this.#admission?.stats(),
      connections_idle_closed_total: this.#idleClosed,
      ...(this.#handshakes !== undefined && { tls_handshakes_failed_total: this.#handshakes.failed }),
      connection_errors_total: this.#errors,
      bytes_received_total: this.counters.bytesIn,
      bytes_sent_total: this.counters.bytesOut,
    };
  }

  clients(): string[] {
    return [...this.connections].map((connection) => formatAddress(connection.remote));
  }

  problems(): Problem[] {
    return [...(this.#handshakes?.problems() ?? []), ...(this.#admission?.problems() ?? [])];
  }

  async renewTls(setting: TlsSetting): Promise<boolean> {
    if (this.#handshakes === undefined || this.#listener === undefined)
      throw new Error("it does not speak TLS");
    // Behind a proxy the listener itself does not speak TLS: it begins after the header of each connection.
    const listener = this.#proxyHeaders === undefined ? this.#listener : undefined;
    return await this.#handshakes.renew(listener, setting);
  }

  stop(deadline: AbortSignal): Promise<void> {
    this.#stopped ??= this.#stop(deadline);
    return this.#stopped;
  }

  #finish(connection: TcpConnection<S>): void {
    if (connection.served && this.#handler.finish !== undefined)
      this.#guard(connection, () => this.#handler.finish?.(connection));
    else connection.endWhenDone();
  }

  async #stop(deadline: AbortSignal): Promise<void> {
    this.#dealer?.stop();
    clearTimeout(this.#redial);
    this.#listener?.stop(false);
    this.#admission?.stop();
    // What has arrived already is delivered in the next turn of the event loop, and is still served.
    await new Promise((resolve) => setImmediate(resolve));
    for (const connection of this.connections) this.#finish(connection);
    if (this.connections.size > 0) {
      const { promise: allClosed, resolve } = Promise.withResolvers<void>();
      this.#allClosed = resolve;
      await withDeadline(allClosed, deadline);
    }
    for (const connection of [...this.connections]) connection.destroy();
    this.#stopIdleCheck();
    this.#handshakes?.close();
    this.#hints?.close();
    this.#proxyHeaders?.stop();
  }
}

const reached = (limit: number): string => `${limit} clients are connected and maxConnections is ${limit}`;
