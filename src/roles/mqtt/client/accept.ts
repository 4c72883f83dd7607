import type { Broker } from "../broker/broker.ts";
import { type Arrival, unknownArrival } from "../ports/access.ts";
import type { Peer } from "../wire/link.ts";
import { Connection, type ConnectionLimits } from "./connection.ts";
import { dispatch } from "./handlers/dispatch.ts";
import { dispatchMounted } from "./handlers/mounted.ts";

/** A client has connected to a listener with these limits, which knows this of it. */
export function acceptClient(
  broker: Broker,
  peer: Peer,
  limits: ConnectionLimits = broker.config,
  arrival: Arrival = unknownArrival,
): Connection {
  const handler = limits.listenerAccess?.topicPrefix === undefined ? dispatch : dispatchMounted;
  const connection = new Connection(broker, peer, limits, handler);
  connection.arrival = arrival;
  broker.connected(connection);
  return connection;
}
