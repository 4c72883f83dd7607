import { formatAddress } from "../../core/address.ts";
import type { Logger } from "../../core/log.ts";
import type { TcpConnection } from "./connection.ts";

/** What the idle check looks at. */
export interface Watched {
  readonly connections: Iterable<
    Pick<TcpConnection, "served" | "lastActive" | "ending" | "remote" | "buffered" | "destroy" | "end">
  >;
  /** Advances while time passes; a connection notes it when bytes move. */
  tick: number;
}

/**
 * Closes connections without a byte in either direction: one timer for a server, none for a connection, no clock
 * for a packet.
 * @param idleTimeout milliseconds
 * @param closed called for each one that was closed
 * @returns stops it
 */
export function watchIdle(server: Watched, idleTimeout: number, log: Logger, closed: () => void): () => void {
  const period = Math.min(1000, Math.max(10, idleTimeout / 4));
  const ticks = Math.ceil(idleTimeout / period);
  const timer = setInterval(() => {
    server.tick++;
    for (const connection of server.connections) {
      // Who waits for its turn is not idle.
      if (!connection.served || server.tick - connection.lastActive <= ticks) continue;
      // Ended already, and still not gone: a reader that stopped reading.
      if (connection.ending) {
        connection.destroy();
        continue;
      }
      closed();
      log.debug(
        `Closed the connection from ${formatAddress(connection.remote)}: silent for ${idleTimeout} ms (idleTimeout)`,
      );
      if (connection.buffered > 0) connection.destroy();
      else connection.end();
    }
  }, period);
  timer.unref();
  return () => clearInterval(timer);
}
