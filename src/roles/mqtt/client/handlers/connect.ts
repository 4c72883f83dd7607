import { protocolError } from "../../../../protocol/mqtt/errors.ts";
import type { Connect } from "../../../../protocol/mqtt/packet.ts";
import { Reason } from "../../../../protocol/mqtt/reason.ts";
import { willMistake } from "../../session/will.ts";
import type { Connection } from "../connection.ts";
import { Authentication } from "../enhanced-auth.ts";
import { whenDecided } from "../pending-decision.ts";
import { clientIdOf } from "./connect/client-id.ts";
import { enter } from "./connect/enter.ts";
import { refuse } from "./connect/refuse.ts";

/** CONNECT, section 3.1: who is it, and may it come in? */
export function connect(connection: Connection, packet: Connect): void {
  if (connection.state !== "new") throw protocolError("a second CONNECT came"); // [MQTT-3.1.0-2]
  connection.version = packet.version;
  connection.wantsReasons = packet.version === 5 && packet.properties.requestProblemInformation !== false;
  connection.maxPacketSize = packet.properties.maximumPacketSize ?? Number.POSITIVE_INFINITY;
  const clientId = clientIdOf(packet);
  if (clientId === undefined || clientId.length > connection.broker.config.maxClientIdLength) {
    refuse(connection, { reason: Reason.ClientIdentifierNotValid });
    return;
  }
  connection.identity = { clientId, username: packet.username };
  if (!acceptsWill(connection, packet)) return;
  const { authenticationMethod } = packet.properties;
  if (authenticationMethod === undefined) checkPassword(connection, packet);
  else authenticate(connection, packet, authenticationMethod);
}

function acceptsWill(connection: Connection, { will }: Connect): boolean {
  const mistake = will === undefined ? undefined : willMistake(connection.broker, will);
  if (mistake === undefined) return true;
  connection.broker.log.debug(`Refused ${connection.name}: ${mistake.message}`);
  refuse(connection, mistake);
  return false;
}

function checkPassword(connection: Connection, packet: Connect): void {
  const { access } = connection.broker;
  const { username, password } = packet;
  const { clientId } = connection.identity;
  const { remote } = connection.link.conversation;
  const isGone = () => connection.state === "closed";
  const verdict = access.authenticate({ clientId, username, password, remote, isGone });
  whenDecided(connection, verdict, (made) => {
    const decision = typeof made === "number" ? { reason: made } : made;
    if (decision.reason !== Reason.Success) {
      refuse(connection, decision); // [MQTT-3.1.4-2]
      return;
    }
    if ("username" in decision) connection.identity = { clientId, username: decision.username };
    enter(connection, packet);
  });
}

/** Enhanced authentication. The method decides alone: a user name and a password beside it are not looked at. */
function authenticate(connection: Connection, packet: Connect, name: string): void {
  const method = connection.broker.access.methods.find((known) => known.name === name);
  if (method === undefined) {
    refuse(connection, { reason: Reason.BadAuthenticationMethod }); // [MQTT-4.12.0-1]
    return;
  }
  const authentication = new Authentication(connection, method);
  connection.authentication = authentication;
  connection.state = "authenticating";
  authentication.begin(packet.properties.authenticationData, ({ username, data }) => {
    connection.identity = { clientId: connection.identity.clientId, username };
    enter(connection, packet, data);
  });
}
