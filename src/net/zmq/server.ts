import type { Address } from "../../core/address.ts";
import { onAbort } from "../../core/deadline.ts";
import { asError, StartError } from "../../core/errors.ts";
import type { Problem } from "../../core/problem.ts";
import type { RoleContext } from "../../core/role.ts";
import type { Conversation } from "../../core/traffic.ts";
import { ping } from "../../protocol/zmtp/command.ts";
import { ZmtpError } from "../../protocol/zmtp/zmtp-error.ts";
import { HeldBytes } from "../held-bytes.ts";
import { ConnectionsPerAddress } from "../tcp/connections-per-address.ts";
import { connectTcp, listenTcp, type TcpConnection, type TcpHandler, type TcpServer } from "../tcp/server.ts";
import { TimeoutQueue } from "../timeout-queue.ts";
import { chosenIpcEndpoint, removeIpcPath, socketTarget } from "./bind.ts";
import { bindError } from "./bind-error.ts";
import type { ZmqConfig } from "./config.ts";
import { formatTcpEndpoint } from "./endpoint.ts";
import { clearIpcPath } from "./ipc-path.ts";
import { type PeerOwner, type ZmqBehaviour, ZmqPeer } from "./peer.ts";

export type { ZmqBehaviour, ZmqPeer } from "./peer.ts";

/** What a ZeroMQ service needs of a role's context. */
export type ZmqContext = Pick<
  RoleContext,
  "service" | "log" | "traffic" | "thread" | "joins" | "descriptors" | "guards" | "fail"
>;

/** Milliseconds without traffic before the system asks a peer whether it is still there: it may have lost power. */
const keepAlive = 60_000;

/** Milliseconds between our FIN and the close: peers of a ZeroMQ socket do not answer a FIN before they notice it. */
const linger = 100;

/** Milliseconds that a loop may run before the event loop gets its turn. */
const maxTurn = 5;

/** Lines in the log a second about peers that were disconnected. */
const maxLines = 10;

/** The socket of a service: its listeners and connections, its peers, and the memory that they may hold. */
export class ZmqServer implements PeerOwner {
  readonly behaviour: ZmqBehaviour;
  readonly sendHighWater: number;
  /** Peers whose handshake is done. */
  readonly peers = new Set<ZmqPeer>();
  readonly #context: ZmqContext;
  readonly #config: ZmqConfig;
  readonly #sockets: TcpServer<ZmqPeer>[] = [];
  readonly #paths: { readonly path: string; readonly endpoint: string }[] = [];
  readonly #addresses: Address[] = [];
  readonly #held: HeldBytes<ZmqPeer>;
  readonly #handshakes: TimeoutQueue<ZmqPeer>;
  readonly #unfinished: TimeoutQueue<ZmqPeer>;
  #batched: ZmqPeer[] = [];
  /** Peers that have more to be read, in order; a closed one is passed over. */
  #due: ZmqPeer[] = [];
  #heartbeat: Timer | undefined;
  #failedHandshakes = 0;
  #disconnected = 0;
  #lines = { since: 0, count: 0 };
  #messages = { in: 0, out: 0 };
  /** The time to stop is over: what has not been answered is not answered any more. */
  isLate = false;
  #isStopping = false;
  #endPause = () => {};
  #endWait = () => {};
  #turnBegan = performance.now();
  #loop: Promise<void> = Promise.resolve();
  #stopped: Promise<void> | undefined;

  /**
   * @param behave called once, before a peer can connect
   * @throws {StartError} and leaves nothing behind
   */
  static async open(
    context: ZmqContext,
    config: ZmqConfig,
    behave: (server: ZmqServer) => ZmqBehaviour,
  ): Promise<ZmqServer> {
    const server = new ZmqServer(context, config, behave);
    try {
      await server.#open();
      return server;
    } catch (error) {
      await server.stop(AbortSignal.abort());
      throw error;
    }
  }

  private constructor(context: ZmqContext, config: ZmqConfig, behave: (server: ZmqServer) => ZmqBehaviour) {
    this.#context = context;
    this.#config = config;
    this.behaviour = behave(this);
    this.sendHighWater = config.sendHighWater;
    this.#held = new HeldBytes(config.maxBuffered, (peer) => {
      const { limit } = this.#held;
      this.#disconnect(peer, `all peers together hold more than maxBuffered, which is ${limit} bytes`);
    });
    this.#handshakes = new TimeoutQueue(config.handshakeTimeout, (peer) => {
      this.#disconnect(peer, `its handshake was not done within ${config.handshakeTimeout} ms`);
    });
    this.#unfinished = new TimeoutQueue(config.messageTimeout, (peer) => this.#overdue(peer));
    if (config.heartbeat > 0) this.#heartbeat = setInterval(() => this.#beat(), config.heartbeat);
  }

  get addresses(): readonly Address[] {
    return this.#addresses;
  }

  /** The service is stopping: messages that have arrived are answered, nothing is waited for. */
  get isStopping(): boolean {
    return this.#isStopping;
  }

  get isCrowded(): boolean {
    return this.#held.total > this.#held.limit / 2;
  }

  /** Stands for the receivers of a publication. */
  get everyPeer(): Conversation {
    const { service, thread } = this.#context;
    const prefix = thread > 0 ? `${service}/${thread}` : service;
    return { id: `${prefix}#*`, service, transport: "zmq", local: "", remote: "" };
  }

  /** Counts a message that was received or sent. */
  count(direction: "in" | "out"): void {
    this.#messages[direction]++;
  }

  /** Runs the role's one loop. It ends by itself once `isStopping`; if it fails, so does the service. */
  run(loop: () => Promise<void>): void {
    this.#loop = loop().catch((error) => {
      if (!this.#isStopping) this.#context.fail(asError(error));
    });
  }

  /** Resolves after the given time, or when the service must stop. */
  async pause(milliseconds: number): Promise<void> {
    if (this.#isStopping || milliseconds <= 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#endPause = resolve;
    const timer = setTimeout(resolve, milliseconds);
    await promise;
    clearTimeout(timer);
    this.#turnBegan = performance.now();
  }

  /** Resolves when a peer has joined or drained, when `wake` is called, or when the service must stop. */
  async change(): Promise<void> {
    if (this.#isStopping) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#endWait = resolve;
    await promise;
    this.#turnBegan = performance.now();
  }

  /** Ends `change`. */
  wake(): void {
    this.#endWait();
  }

  /** Whether a loop that never waits should call `turn` now. */
  get isDue(): boolean {
    return performance.now() - this.#turnBegan > maxTurn;
  }

  /** Lets the event loop run. */
  async turn(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    this.#turnBegan = performance.now();
  }

  batched(peer: ZmqPeer): void {
    this.#batched.push(peer);
  }

  /** Writes what was sent since the last call. */
  flush(): void {
    if (this.#batched.length === 0) return;
    const batched = this.#batched;
    this.#batched = [];
    for (const peer of batched) {
      peer.flush();
      if (!peer.connection.closed) this.#held.update(peer);
    }
  }

  joined(peer: ZmqPeer): void {
    this.#handshakes.remove(peer);
    this.peers.add(peer);
    this.behaviour.joined?.(peer);
    this.#endWait();
  }

  hadItsTurn(peer: ZmqPeer): void {
    this.#due.push(peer);
    if (this.#due.length === 1) setImmediate(() => this.#readDue());
  }

  /** Reads on from those that had to wait, for as long as a turn may take. */
  #readDue(): void {
    const due = this.#due;
    this.#due = [];
    const began = performance.now();
    let done = 0;
    while (done < due.length && performance.now() - began < maxTurn) {
      const peer = due[done++]!;
      this.guard(peer, () => peer.release("turn"));
    }
    const later = due.slice(done);
    const isScheduled = this.#due.length > 0;
    this.#due = [...later, ...this.#due];
    if (later.length > 0 && !isScheduled) setImmediate(() => this.#readDue());
  }

  /** Runs `work`, which may read from the peer; it is disconnected when it has broken the protocol. */
  guard(peer: ZmqPeer, work: () => void): void {
    try {
      work();
    } catch (error) {
      if (!(error instanceof ZmtpError)) throw error;
      this.flush(); // the answers to what came before the mistake
      this.#disconnect(peer, error.message);
    }
    this.flush();
    if (peer.connection.closed) return;
    this.#held.update(peer);
    this.#watch(peer);
  }

  /** A message has its deadline from its first bytes on, however many more come. */
  #watch(peer: ZmqPeer): void {
    const { unfinished } = peer;
    if (unfinished === peer.watched) return;
    if (peer.watched !== undefined) this.#unfinished.remove(peer);
    peer.watched = unfinished;
    if (unfinished !== undefined) this.#unfinished.add(peer);
  }

  stats(): Record<string, number> {
    const sum = (name: string) => this.#sockets.reduce((all, one) => all + (one.stats()[name] ?? 0), 0);
    return {
      connections: sum("connections"),
      connections_total: sum("connections_total"),
      connections_refused_total: sum("connections_refused_total"),
      ...this.#admissionStats(),
      handshake_failures_total: this.#failedHandshakes,
      peers_disconnected_total: this.#disconnected,
      held_bytes: this.#held.total,
      messages_received_total: this.#messages.in,
      messages_sent_total: this.#messages.out,
      bytes_received_total: sum("bytes_received_total"),
      bytes_sent_total: sum("bytes_sent_total"),
    };
  }

  /** Of those who listen: who has been turned away, and who waits. */
  #admissionStats(): Record<string, number> {
    const sums: Record<string, number> = {};
    for (const socket of this.#sockets) {
      for (const [name, value] of Object.entries(socket.stats())) {
        if (/^turned_away_|^connections_(delayed|waiting)/.test(name)) sums[name] = (sums[name] ?? 0) + value;
      }
    }
    return sums;
  }

  problems(): Problem[] {
    return this.#sockets.flatMap((socket) => socket.problems());
  }

  clients(): string[] {
    return this.#sockets.flatMap((socket) => socket.clients()).filter((name) => name !== "");
  }

  stop(deadline: AbortSignal): Promise<void> {
    this.#stopped ??= this.#stop(deadline);
    return this.#stopped;
  }

  async #open(): Promise<void> {
    const { host, port, bind, connect, maxConnections } = this.#config;
    const { maxConnectionsPerAddress, maxConnectRate } = this.#config;
    const shared = { limit: maxConnections, used: 0 };
    const handler = this.#handler();
    const options = { keepAlive, linger, shared, transport: "zmq" } as const;
    const perAddress = new ConnectionsPerAddress(maxConnectionsPerAddress);
    const listening = { ...options, perAddress, maxConnectRate };
    const own = bind.length === 0 && connect.length === 0;
    if (own)
      await this.#listen({ endpoint: formatTcpEndpoint({ host, port }), key: "port" }, listening, handler);
    for (const [index, endpoint] of bind.entries()) {
      await this.#listen({ endpoint, key: "bind" }, { ...listening, part: `bind.${index}` }, handler);
    }
    for (const [index, endpoint] of connect.entries()) {
      const target = { ...options, ...socketTarget(endpoint), part: `connect.${index}` };
      this.#sockets.push(connectTcp(this.#context, target, handler));
    }
  }

  async #listen(
    { endpoint, key }: { endpoint: string; key: "port" | "bind" },
    options: Omit<Parameters<typeof listenTcp>[1], "host" | "port">,
    handler: TcpHandler<ZmqPeer>,
  ): Promise<void> {
    const { service } = this.#context;
    const chosen = chosenIpcEndpoint(endpoint);
    try {
      await clearIpcPath(chosen);
      const target = socketTarget(chosen);
      const socket = await listenTcp(this.#context, { ...options, ...target }, handler);
      this.#sockets.push(socket);
      if (target.path !== undefined) this.#paths.push({ path: target.path, endpoint });
      this.#addresses.push({ ...socket.address, host: socket.address.host.replace("\0", "@") });
    } catch (error) {
      if (key === "port" && error instanceof StartError) throw error;
      throw bindError({ service, endpoint, key }, error instanceof StartError ? error.cause : error);
    }
  }

  #handler(): TcpHandler<ZmqPeer> {
    return {
      open: (connection: TcpConnection<ZmqPeer>) => {
        const peer = new ZmqPeer(connection, this);
        this.#handshakes.add(peer);
        return peer;
      },
      data: ({ state: peer }, chunk) => {
        this.guard(peer, () => peer.receive(chunk));
      },
      drain: ({ state: peer }) => {
        this.guard(peer, () => peer.drained());
        this.#endWait();
      },
      close: ({ state: peer }) => this.#left(peer),
    };
  }

  #left(peer: ZmqPeer): void {
    this.#handshakes.remove(peer);
    this.#unfinished.remove(peer);
    this.#held.remove(peer);
    peer.close();
    if (this.peers.delete(peer)) this.behaviour.left?.(peer);
    if (this.#isStopping) this.#endWait();
  }

  #overdue(peer: ZmqPeer): void {
    peer.watched = undefined;
    if (peer.unfinished === undefined) return;
    this.#disconnect(peer, `its message was not complete within ${this.#config.messageTimeout} ms`);
  }

  #disconnect(peer: ZmqPeer, why: string): void {
    this.#disconnected++;
    if (!peer.isReady) this.#failedHandshakes++;
    this.#report(`Disconnected ${peer.name}: ${why}`);
    peer.connection.destroy();
  }

  /** A flood of bad peers does not fill the log. */
  #report(line: string): void {
    const lines = this.#lines;
    const now = performance.now();
    if (now - lines.since > 1000) this.#lines = { since: now, count: 1 };
    else lines.count++;
    if (this.#lines.count > maxLines) return;
    this.#context.log.info(`${line} (${this.#disconnected} disconnected so far)`);
  }

  /** Asks silent peers for a sign of life, and drops those that have given none since they were asked. */
  #beat(): void {
    for (const peer of this.peers) {
      const isOurTurn = peer.isHeld || peer.connection.buffered > 0;
      if (peer.isHeard || isOurTurn) {
        peer.isHeard = false;
      } else if (!peer.isAsked) {
        peer.isAsked = true;
        peer.connection.write(ping);
      } else {
        this.#disconnect(peer, `it has given no sign of life for ${this.#config.heartbeat} ms (heartbeat)`);
      }
    }
  }

  async #stop(deadline: AbortSignal): Promise<void> {
    this.#isStopping = true;
    this.#endPause();
    this.#endWait();
    const wasLate = deadline.aborted;
    const forgetDeadline = onAbort(deadline, () => {
      this.isLate = true;
    });
    await this.#loop;
    this.flush();
    const patience = AbortSignal.any([deadline, AbortSignal.timeout(this.#config.linger)]);
    let isUnsent = false;
    // Before the sockets drop their connections.
    const forgetPatience = onAbort(patience, () => {
      isUnsent = [...this.peers].some(({ connection }) => connection.buffered > 0);
    });
    await Promise.all(this.#sockets.map((socket) => socket.stop(patience)));
    if (isUnsent && deadline.aborted && !wasLate) {
      this.#context.log.warning("Some messages had not left when the time to stop was over");
    }
    forgetDeadline();
    forgetPatience();
    clearInterval(this.#heartbeat);
    this.#handshakes.close();
    this.#unfinished.close();
    for (const { path, endpoint } of this.#paths) removeIpcPath(path, endpoint);
  }
}
