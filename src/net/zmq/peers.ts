import { type Address, formatHostPort } from "../../core/address.ts";
import { hasRoom, noRoom } from "../../core/descriptors.ts";
import type { RoleContext } from "../../core/role.ts";
import type { Conversation } from "../../core/traffic.ts";
import type { ZmqContext } from "./context.ts";
import { decodeMonitorEvent, type MonitorEvent, openMonitor } from "./monitor.ts";
import type { ZmqSocket } from "./socket.ts";
import { socketName, socketPath } from "./socket-name.ts";

export type PeersContext = Pick<RoleContext, "service" | "log" | "traffic" | "thread" | "descriptors">;

const shutBoth = 2;

/** After a warning about a failed accept, how long there is no other. */
const silentMs = 60_000;

/**
 * The connections of one socket, known from its monitor: lists the peers, emits the `open` and `close` traffic events
 * and limits their number. libzmq itself does none of these.
 */
export class ZmqPeers {
  /** Call `update` when this socket is readable. */
  readonly monitor: ZmqSocket;
  /** The conversation of messages whose peer only libzmq knows. */
  readonly anyPeer: Conversation;
  readonly #zmq: ZmqContext;
  readonly #context: PeersContext;
  readonly #socket: ZmqSocket;
  readonly #limit: number;
  readonly #byFd = new Map<number, Conversation>();
  #ports: readonly number[] = [];
  #paths: readonly string[] = [];
  #accepted = 0;
  #refused = 0;
  #failedHandshakes = 0;
  #acceptFailures = 0;
  #silentUntil = 0;

  /** @param limit peers at once; further ones are disconnected */
  constructor(zmq: ZmqContext, socket: ZmqSocket, context: PeersContext, limit: number) {
    this.#zmq = zmq;
    this.#socket = socket;
    this.#context = context;
    this.#limit = limit;
    this.monitor = openMonitor(zmq, socket);
    this.anyPeer = this.#conversation("*", "", "");
  }

  /** The limit applies to peers that connect to these addresses. */
  setAddresses(addresses: readonly Address[]): void {
    this.#ports = addresses.map(({ port }) => port);
    this.#paths = addresses.filter(({ transport }) => transport === "ipc").map(({ host }) => host);
  }

  /** Processes the events since the last call. */
  update(): void {
    for (let parts = this.monitor.receive(); parts !== undefined; parts = this.monitor.receive()) {
      const event = decodeMonitorEvent(parts);
      if (event !== undefined) this.#handle(event);
    }
  }

  /** @param fd of the connection that a message came from */
  conversation(fd: number | undefined): Conversation {
    if (fd === undefined) return this.anyPeer;
    if (!this.#byFd.has(fd)) this.update();
    return this.#byFd.get(fd) ?? this.anyPeer;
  }

  /** Peers whose address is known, `host:port`. */
  names(): string[] {
    return [...this.#byFd.values()].map(({ remote }) => remote).filter((remote) => remote !== "");
  }

  stats(): Record<string, number> {
    return {
      connections: this.#byFd.size,
      connections_total: this.#accepted,
      connections_refused_total: this.#refused,
      accept_failures_total: this.#acceptFailures,
      handshake_failures_total: this.#failedHandshakes,
    };
  }

  /** Closes the monitor and emits `close` for every peer. */
  close(): void {
    this.#socket.endMonitor();
    for (const fd of [...this.#byFd.keys()]) this.#disconnected(fd);
    this.monitor.close();
  }

  #handle({ kind, value }: MonitorEvent): void {
    switch (kind) {
      case "accepted":
      case "connected":
        this.#connected(value);
        break;
      case "disconnected":
        this.#disconnected(value);
        break;
      case "handshakeFailedNoDetail":
      case "handshakeFailedProtocol":
      case "handshakeFailedAuth":
        this.#failedHandshakes++;
        break;
      case "connectRetried": // libzmq goes on trying
        break;
      case "acceptFailed":
        this.#acceptFailed();
        break;
    }
  }

  #connected(fd: number): void {
    const { lib } = this.#zmq;
    const remote = socketName(lib, fd, "remote");
    const local = socketName(lib, fd, "local");
    this.#accepted++;
    const conversation = this.#conversation(
      String(this.#accepted),
      local === undefined ? "" : formatHostPort(local.host, local.port),
      remote === undefined ? "" : formatHostPort(remote.host, remote.port),
    );
    this.#byFd.set(fd, conversation);
    const { traffic } = this.#context;
    if (traffic.sample("open")) traffic.emit({ kind: "open", conversation });
    const why = this.#whyRefuse(fd);
    if (why === undefined) return;
    // The connection may be closed already and its file descriptor reused by another service.
    const isOurs = local === undefined ? this.#isPathOf(fd) : this.#ports.includes(local.port);
    if (!isOurs) return;
    // libzmq sees the end of the connection and removes the peer.
    lib.c.shutdown(fd, shutBoth);
    this.#refuse(why);
  }

  /** Why a new connection is not kept; undefined when it is. */
  #whyRefuse(fd: number): string | undefined {
    const { descriptors } = this.#context;
    const { size } = this.#byFd;
    if (size > this.#limit) return `maxConnections is ${this.#limit}`;
    return descriptors === undefined || hasRoom(descriptors, fd, size - 1) ? undefined : noRoom(descriptors);
  }

  #isPathOf(fd: number): boolean {
    const path = socketPath(this.#zmq.lib, fd);
    return path !== undefined && this.#paths.includes(path);
  }

  #disconnected(fd: number): void {
    const conversation = this.#byFd.get(fd);
    if (conversation === undefined) return;
    this.#byFd.delete(fd);
    const { traffic } = this.#context;
    if (traffic.sample("close")) traffic.emit({ kind: "close", conversation });
  }

  /** libzmq tries again at once, thousands of times a second for one connection that waits. */
  #acceptFailed(): void {
    this.#acceptFailures++;
    const now = performance.now();
    if (now < this.#silentUntil) return;
    this.#silentUntil = now + silentMs;
    this.#context.log.warning("Cannot accept a connection: there is no file descriptor left for it");
  }

  #refuse(why: string): void {
    this.#refused++;
    // One line for the first and for every thousandth, so that a connection storm does not flood the log.
    if (this.#refused % 1000 !== 1) return;
    this.#context.log.warning(`Closed a connection: ${why} (${this.#refused} closed so far)`);
  }

  #conversation(number: string, local: string, remote: string): Conversation {
    const { service, thread } = this.#context;
    const prefix = thread > 0 ? `${service}/${thread}` : service;
    return { id: `${prefix}#${number}`, service, transport: "zmq", local, remote };
  }
}
