import { protocolError } from "../../../../protocol/mqtt/errors.ts";
import type { Connect, Version } from "../../../../protocol/mqtt/packet.ts";
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
  if (!connection.limits.versions.includes(packet.version)) {
    refuseVersion(connection);
    return;
  }
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
  const { arrival } = connection;
  const { authenticationMethod } = packet.properties;
  if (authenticationMethod === undefined) checkPassword(connection, packet);
  else authenticate(connection, packet, authenticationMethod);
  // What a client sent to prove itself has been asked for once, and is not kept.
  if (arrival.bearer !== undefined) connection.arrival = { ...arrival, bearer: undefined };
}

/** In the words of the version that it asked for, which only it knows for certain. */
function refuseVersion(connection: Connection): void {
  const spoken = connection.limits.versions.map(versionName).join(" and ");
  const message = `this listener speaks MQTT ${spoken} only`;
  connection.refuse({ reason: Reason.UnsupportedProtocolVersion, message });
}

const versionName = (version: Version): string => ({ 3: "3.1", 4: "3.1.1", 5: "5" })[version];

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
  const { arrival, listenerAccess: listener } = connection;
  const { access } = connection.broker;
  const { username, password, version } = packet;
  const { clientId } = connection.identity;
  const { remote } = connection.conversation;
  const isGone = () => connection.isClosed;
  const credentials = { clientId, username, password, version, remote, arrival, listener, isGone };
  const verdict = access.authenticate(credentials);
  awaitDecision(connection, verdict, (made) => {
    const decision = typeof made === "number" ? { reason: made } : made;
    if (decision.reason !== Reason.Success) {
      connection.refuse(decision); // [MQTT-3.1.4-2]
      return;
    }
    if ("username" in decision) {
      const { username, grant } = decision;
      const isCertified = arrival.certificate !== undefined;
      connection.provedName = username;
      connection.identity = { clientId, username, grant, ...(isCertified && { isCertified }) };
    }
    completeConnect(connection, packet);
  });
}

/** Enhanced authentication. The method decides alone: a user name and a password beside it are ignored. */
function authenticate(connection: Connection, packet: Connect, name: string): void {
  // Where a certificate says who the client is, nothing else does.
  const methods = connection.arrival.certificate === undefined ? connection.broker.access.methods : [];
  const method = methods.find((known) => known.name === name);
  if (method === undefined) {
    connection.refuse({ reason: Reason.BadAuthenticationMethod }); // [MQTT-4.12.0-1]
    return;
  }
  const enhancedAuth = new EnhancedAuth(connection, method);
  connection.enhancedAuth = enhancedAuth;
  connection.state = "authenticating";
  enhancedAuth.begin(packet.properties.authenticationData, ({ username, data }) => {
    connection.identity = { clientId: connection.identity.clientId, username };
    connection.provedName = username;
    completeConnect(connection, packet, data);
  });
}
