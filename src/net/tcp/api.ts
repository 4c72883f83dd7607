import type { Address } from "../../core/address.ts";
import type { RoleContext } from "../../core/role.ts";
import type { TcpConnection } from "./connection.ts";
import type { TlsFiles } from "./tls-files.ts";

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
  /** Where this listener stands in the settings of a service that has several, e.g. `listeners.0`. */
  readonly part?: string;
  /** What all listeners of a service may hold together. */
  readonly shared?: ConnectionQuota;
  /** Milliseconds of silence after which the operating system asks whether the peer is there; 0 or absent: never. */
  readonly keepAlive?: number;
  /** Speaks TLS with these; a peer that has not finished its handshake within `handshakeTimeout` ms is closed. */
  readonly tls?: { readonly files: TlsFiles; readonly handshakeTimeout: number };
  /**
   * Tell observers of the bytes that come and go; default true. With false the role tells them, cleared of secrets:
   * segments end anywhere, so a password cannot be found in them before the role has put its packet together.
   */
  readonly emitsBytes?: boolean;
  /** What is spoken on the byte stream, for those who look. Default `tcp`. */
  readonly transport?: "tcp" | "ws";
}

/** Places for connections that several listeners share. */
export interface ConnectionQuota {
  readonly limit: number;
  used: number;
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

/** The settings of a byte-stream role, checked. Apart from their schema, so that a worker thread need not load it. */
export interface StreamConfig {
  readonly host: string;
  readonly port: number;
  readonly maxConnections: number;
  readonly idleTimeout: number;
  readonly buffer: number;
  readonly concurrency?: "concurrent" | "iterative";
}

export function tcpOptions(config: StreamConfig): TcpOptions {
  return {
    host: config.host,
    port: config.port,
    maxConnections: config.maxConnections,
    idleTimeout: config.idleTimeout,
    highWater: config.buffer,
    iterative: config.concurrency === "iterative",
  };
}
