import type { Address } from "../../core/address.ts";
import type { Ban } from "../../core/guards.ts";
import type { Problem } from "../../core/problem.ts";
import type { RoleContext } from "../../core/role.ts";
import type { TlsSetting } from "../../core/tls-setting.ts";
import type { TcpConnection } from "./connection.ts";
import type { ConnectionsPerAddress } from "./connections-per-address.ts";

/** What listening needs of a role's context. */
export type ListenContext = Pick<
  RoleContext,
  "service" | "log" | "traffic" | "thread" | "joins" | "loads" | "descriptors" | "guards"
>;

export interface TcpOptions {
  readonly host: string;
  /** 0 lets the operating system choose. */
  readonly port: number;
  /** Further connections are closed at once; 0 or absent: limited by file descriptors only. */
  readonly maxConnections?: number;
  /** Milliseconds without a byte in either direction; 0 or absent: for ever. */
  readonly idleTimeout?: number;
  /** One client at a time: the next is connected but not served until the one before has left. */
  readonly iterative?: boolean;
  /** Bytes that may wait for a slow reader before `write` says false. */
  readonly highWater?: number;
  /** Bytes that all peers together may make the server hold; absent: the role bounds them. */
  readonly maxBuffered?: number;
  /** Stop reading a peer while more than `highWater` bytes wait for it. Default true. */
  readonly pauseWhenFull?: boolean;
  /** Where the listener's settings are, when that is not under `services`, as for the admin service. */
  readonly settings?: string;
  /** The path of this listener's settings in a service that has several, e.g. `listeners.0`. */
  readonly part?: string;
  /** The connections that all listeners of a service may have together. */
  readonly shared?: ConnectionQuota;
  /** Connections of one address at once; 0 or absent: no limit. */
  readonly maxConnectionsPerAddress?: number;
  /** The count of connections for each address that all listeners of a service have together, instead. */
  readonly perAddress?: ConnectionsPerAddress;
  /** New connections a second; those above it wait. 0 or absent: no limit. */
  readonly maxConnectRate?: number;
  /** Each connection begins with a header of the PROXY protocol: from anybody, or from these addresses. */
  readonly proxyProtocol?: boolean | readonly string[];
  /** Milliseconds in which such a header must have come; default 5000. */
  readonly proxyTimeout?: number;
  /** Peers that are let in although they are banned. */
  readonly ignoreBans?: (host: string) => boolean;
  /** Milliseconds of silence before TCP keep-alive probes; 0 or absent: none. */
  readonly keepAlive?: number;
  /** Speaks TLS with these; a peer that has not finished its handshake within `handshakeTimeout` ms is closed. */
  readonly tls?: { readonly setting: TlsSetting; readonly handshakeTimeout: number } | undefined;
  /**
   * Emit `bytes` traffic events; default true. With false the role emits them without secrets: segments end anywhere,
   * so a password can only be found once the role has the whole packet.
   */
  readonly emitsBytes?: boolean;
  /** The transport that traffic events and addresses name. Default `tcp`. */
  readonly transport?: "tcp" | "ws" | "zmq" | "http";
  /** The path of a Unix domain socket, instead of `host` and `port`; one that begins with NUL is Linux's abstract name. */
  readonly path?: string;
  /** The permissions of the socket at `path`, such as 0o660. Present: a dead program's socket there is removed first. */
  readonly mode?: number;
  /** Milliseconds between our FIN and the close when the peer does not send its own FIN. Default 1000. */
  readonly linger?: number;
}

/** A limit of connections that several listeners share. */
export interface ConnectionQuota {
  readonly limit: number;
  used: number;
}

export interface TcpHandler<S> {
  /** Called when the connection is to be served. @returns its state; when it throws, nothing else is called */
  open(connection: TcpConnection<S>): S;
  /** The chunk is valid only until the handler returns. */
  data(connection: TcpConnection<S>, chunk: Uint8Array): void;
  /** Called when a chunk is kept, because what came before it is not answered yet. */
  holds?(connection: TcpConnection<S>): void;
  /** Called when the kernel has taken everything that was queued. */
  drain?(connection: TcpConnection<S>): void;
  /** Called at the peer's FIN; it may still read. Absent: what is queued is sent, then our side ends, too. */
  end?(connection: TcpConnection<S>): void;
  /**
   * Called when the server stops: the role ends the connection once what the peer has begun is done. Absent: it ends
   * when everything that has been received is answered.
   */
  finish?(connection: TcpConnection<S>): void;
  /** Called when the peer's address has been banned: the role closes the connection. Absent: it is reset. */
  banned?(connection: TcpConnection<S>, ban: Ban): void;
  /** Called exactly once for each `open` that has returned. */
  close?(connection: TcpConnection<S>, error?: Error): void;
}

export interface TcpServer<S = unknown> {
  /** Where it listens, or what it connects to. */
  readonly address: Address;
  readonly connections: ReadonlySet<TcpConnection<S>>;
  stats(): Record<string, number>;
  /** The peers connected now. */
  clients(): string[];
  /** Peers that were turned away and why, and what is wrong with its certificates, or will be soon. */
  problems(): Problem[];
  /**
   * Reads its certificates again, for connections from now on.
   * @returns whether anything is different
   * @throws {Error} when they cannot be used, or it does not speak TLS: nothing is changed
   */
  renewTls(setting: TlsSetting): Promise<boolean>;
  /** Stops accepting, ends each connection, waits for the peers until the deadline, then drops them. */
  stop(deadline: AbortSignal): Promise<void>;
}

/** The checked settings of a byte-stream role. Its schema is in config.ts, so that a worker thread need not load it. */
export interface StreamConfig {
  readonly host: string;
  readonly port: number;
  readonly maxConnections: number;
  readonly idleTimeout: number;
  readonly buffer: number;
  readonly maxBuffered: number;
  readonly concurrency?: "concurrent" | "iterative";
  readonly maxConnectionsPerAddress: number;
  readonly maxConnectRate: number;
  readonly proxyProtocol: boolean | readonly string[];
  readonly tls?: TlsSetting | undefined;
}

/** Milliseconds for the TLS handshake with a service that has no time of its own for the beginning of a connection. */
const handshakeTimeout = 10_000;

export function tcpOptions(config: StreamConfig): TcpOptions {
  return {
    host: config.host,
    port: config.port,
    maxConnections: config.maxConnections,
    idleTimeout: config.idleTimeout,
    highWater: config.buffer,
    maxBuffered: config.maxBuffered,
    iterative: config.concurrency === "iterative",
    maxConnectionsPerAddress: config.maxConnectionsPerAddress,
    maxConnectRate: config.maxConnectRate,
    proxyProtocol: config.proxyProtocol,
    tls: config.tls && { setting: config.tls, handshakeTimeout },
  };
}
