import type { TcpOptions } from "./server.ts";

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
