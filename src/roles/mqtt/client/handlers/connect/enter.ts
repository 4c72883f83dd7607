import type { Connect } from "../../../../../protocol/mqtt/packet.ts";
import { Reason } from "../../../../../protocol/mqtt/reason.ts";
import type { Connection } from "../../connection.ts";
import { acknowledge } from "./acknowledge.ts";
import type { Entry } from "./entry.ts";
import { agreeOnAliases, agreeOnKeepAlive } from "./limits.ts";
import { refuse, refuseForWantOfRoom } from "./refuse.ts";
import { keepWill, openSession, resume, takeOver } from "./session.ts";

/** What happens once the client has proved who it is, in this order. Nothing of it happens before. */
const steps: readonly ((entry: Entry) => void)[] = [
  agreeOnAliases,
  agreeOnKeepAlive,
  takeOver,
  openSession,
  keepWill,
  acknowledge,
  resume,
];

/** Lets a client in. @param authenticationData what its authentication method says last */
export function enter(connection: Connection, packet: Connect, authenticationData?: Uint8Array): void {
  const { broker, identity } = connection;
  const kept = broker.sessions.get(identity.clientId);
  if (kept !== undefined && !broker.access.mayTakeOver(identity, kept.owner)) {
    // The identifier is not to be had for this user, which is no word about who has it. [MQTT-3.1.3-8]
    refuse(connection, { reason: Reason.ClientIdentifierNotValid });
    return;
  }
  if (!broker.sessions.has(identity.clientId) && !broker.makeRoomForSession()) {
    refuseForWantOfRoom(connection);
    return;
  }
  connection.state = "open";
  // The time of its keep alive begins; until here that of the connect timeout ran.
  connection.lastSeen = broker.clock.now();
  const entry: Entry = {
    connection,
    packet,
    authenticationData,
    session: undefined,
    sessionPresent: false,
    serverKeepAlive: undefined,
  };
  for (const step of steps) step(entry);
}
