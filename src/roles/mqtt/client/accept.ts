import type { Broker } from "../broker/broker.ts";
import type { Peer } from "../wire/link.ts";
import { Connection, type ConnectionLimits } from "./connection.ts";
import { dispatch } from "./handlers/dispatch.ts";

/** A client has connected to a listener with these limits. */
export function acceptClient(
  broker: Broker,
  peer: Peer,
  limits: ConnectionLimits = broker.config,
): Connection {
  const connection = new Connection(broker, peer, limits, dispatch);
  broker.connected(connection);
  return connection;
}
