import { protocolError } from "../../../../protocol/mqtt/errors.ts";
import type { Connect } from "../../../../protocol/mqtt/packet.ts";
import { Reason } from "../../../../protocol/mqtt/reason.ts";
import { willMistake } from "../../session/will.ts";
import type { Connection } from "../connection.ts";
import { EnhancedAuth } from "../enhanced-auth.ts";
import { awaitDecision } from "../pending-decision.ts";
import { completeConnect } from "./connect/complete.ts";

/** CONNECT, section 3.1: who is it, and may it come in? */
export function connect(connection: Connection, packet: Connect): void {
  if (!connection.isNew) throw protocolError("a second CONNECT came"); // [MQTT-3.1.0-2]
  connection.version = packet.version;
  connection.isBridge = packet.isBridge === true;
  connection.wantsProblemInformation =
    packet.version === 5 && packet.properties.requestProblemInformation !== false;
  connection.writer.maxPacketSize = packet.properties.maximumPacketSize ?? Number.POSITIVE_INFINITY;
  const clientId = clientIdOf(packet);
  if (clientId === undefined || clientId.length > connection.broker.config.maxClientIdLength) {
    connection.refuse({ reason: Reason.ClientIdentifierNotValid });
    return;
  }
  connection.identity = { clientId, username: packet.username };
  if (!acceptsWill(connection, packet)) return;
  const { authenticationMethod } = packet.properties;
  if (authenticationMethod === undefined) checkPassword(connection, packet);
  else authenticate(connection, packet, authenticationMethod);
}

/** The client's own identifier, or one that is assigned; undefined when it must have its own. */
function clientIdOf({ clientId, version, cleanStart }: Connect): string | undefined {
  if (clientId !== "") return clientId;
  // MQTT 3.1 has no empty identifier; 3.1.1 only for a session that ends with its connection.
  // [MQTT-3.1.3-8 of 3.1.1]
  if (version === 3 || (version === 4 && !cleanStart)) return undefined;
  return `auto-${crypto.randomUUID()}`; // [MQTT-3.1.3-6]
}

function acceptsWill(connection: Connection, { will }: Connect): boolean {
  const mistake = will === undefined ? undefined : willMistake(connection.broker.config, will);
  if (mistake === undefined) return true;
  connection.broker.log.debug(`Refused ${connection.name}: ${mistake.message}`);
  connection.refuse(mistake);
  return false;
}

function checkPassword(connection: Connection, packet: Connect): void {
  const { access } = connection.broker;
  const { username, password } = packet;
  const { clientId } = connection.identity;
  const { remote } = connection.conversation;
  const isGone = () => connection.isClosed;
  const verdict = access.authenticate({ clientId, username, password, remote, isGone });
  awaitDecision(connection, verdict, (made) => {
    const decision = typeof made === "number" ? { reason: made } : made;
    if (decision.reason !== Reason.Success) {
      connection.refuse(decision); // [MQTT-3.1.4-2]
      return;
    }
    if ("username" in decision) connection.identity = { clientId, username: decision.username };
    completeConnect(connection, packet);
  });
}

/** Enhanced authentication. The method decides alone: a user name and a password beside it are ignored. */
function authenticate(connection: Connection, packet: Connect, name: string): void {
  const method = connection.broker.access.methods.find((known) => known.name === name);
  if (method === undefined) {
    connection.refuse({ reason: Reason.BadAuthenticationMethod }); // [MQTT-4.12.0-1]
    return;
  }
  const enhancedAuth = new EnhancedAuth(connection, method);
  connection.enhancedAuth = enhancedAuth;
  connection.state = "authenticating";
  enhancedAuth.begin(packet.properties.authenticationData, ({ username, data }) => {
    connection.identity = { clientId: connection.identity.clientId, username };
    completeConnect(connection, packet, data);
  });
}
