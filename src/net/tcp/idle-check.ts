import { formatAddress } from "../../core/address.ts";
import type { Logger } from "../../core/log.ts";
import type { TcpConnection } from "./connection.ts";

/** What the idle check needs of a server. */
export interface IdleCheckTarget {
  readonly connections: Iterable<
    Pick<
      TcpConnection,
      "served" | "lastActive" | "ending" | "remote" | "buffered" | "isAnswering" | "destroy" | "end"
    >
  >;
  /** Counts check periods; a connection notes it when bytes move. */
  tick: number;
}

/**
 * Closes connections that moved no byte in either direction for `idleTimeout`. One timer per server, none per
 * connection, and no clock is read per packet.
 * @param idleTimeout milliseconds
 * @param closed called for each connection that was closed
 * @returns a function that stops the check
 */
export function startIdleCheck(
  server: IdleCheckTarget,
  idleTimeout: number,
  log: Logger,
  closed: () => void,
): () => void {
  const period = Math.min(1000, Math.max(10, idleTimeout / 4));
  const ticks = Math.ceil(idleTimeout / period);
  const timer = setInterval(() => {
    server.tick++;
    for (const connection of server.connections) {
      // A connection that waits for its turn is not idle.
      if (!connection.served || server.tick - connection.lastActive <= ticks) continue;
      // Nor one that has no answer yet: it is the server that is silent.
      if (connection.isAnswering && connection.buffered === 0) continue;
      // Ended already and still open: the peer does not read.
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
