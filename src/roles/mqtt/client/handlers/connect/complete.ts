import type { Connect } from "../../../../../protocol/mqtt/packet.ts";
import { Reason } from "../../../../../protocol/mqtt/reason.ts";
import type { Connection } from "../../connection.ts";
import { acknowledge } from "./acknowledge.ts";
import type { ConnectContext } from "./connect-context.ts";
import { negotiateAliases, negotiateKeepAlive } from "./negotiate.ts";
import { openSession, rememberWill, resume, takeOver } from "./open-session.ts";

/** What happens once the client has proved who it is, in this order. Nothing of it happens before. */
const steps: readonly ((context: ConnectContext) => void)[] = [
  negotiateAliases,
  negotiateKeepAlive,
  takeOver,
  openSession,
  rememberWill,
  acknowledge,
  resume,
];

/** Lets a client in. @param authenticationData the last data of its authentication method */
export function completeConnect(
  connection: Connection,
  packet: Connect,
  authenticationData?: Uint8Array,
): void {
  const { broker, identity } = connection;
  const kept = broker.sessions.get(identity.clientId);
  if (kept !== undefined && !broker.access.mayTakeOver(identity, kept.owner)) {
    // This does not say whose the identifier is. [MQTT-3.1.3-8]
    connection.refuse({ reason: Reason.ClientIdentifierNotValid });
    return;
  }
  if (kept === undefined && !broker.registry.ensureCapacity()) {
    refuseFull(connection);
    return;
  }
  connection.state = "open";
  // The keep-alive timeout begins; until here the connect timeout ran.
  connection.lastSeen = broker.clock.now();
  const context: ConnectContext = {
    connection,
    packet,
    authenticationData,
    session: undefined,
    sessionPresent: false,
    serverKeepAlive: undefined,
  };
  for (const step of steps) {
    // Its CONNACK did not fit into what the client takes: the session is offline again, and must not be resumed.
    if (connection.isClosed) return;
    step(context);
  }
}

/** All sessions are in use: the client may try another server, if the configuration names one. */
function refuseFull(connection: Connection): void {
  const { serverReference } = connection.broker.config;
  if (serverReference === undefined)
    connection.refuse({ reason: Reason.QuotaExceeded, message: "all sessions are in use" });
  else connection.refuse({ reason: Reason.UseAnotherServer, serverReference });
}
