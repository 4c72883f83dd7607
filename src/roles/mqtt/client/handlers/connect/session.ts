import { MqttError } from "../../../../../protocol/mqtt/errors.ts";
import type { Connect } from "../../../../../protocol/mqtt/packet.ts";
import { Reason } from "../../../../../protocol/mqtt/reason.ts";
import type { Entry } from "./entry.ts";

/** Another connection of the same client has to go. [MQTT-3.1.4-3] */
export function takeOver({ connection }: Entry): void {
  const { broker, identity } = connection;
  const other = broker.sessions.get(identity.clientId)?.connection;
  other?.fail(
    new MqttError(Reason.SessionTakenOver, "another connection has taken over its client identifier"),
  );
}

export function openSession(entry: Entry): void {
  const { connection, packet } = entry;
  const { broker, identity } = connection;
  // [MQTT-3.1.2-4] [MQTT-3.1.2-5]
  const kept = broker.sessions.get(identity.clientId);
  if (packet.cleanStart && kept !== undefined) broker.endSession(kept);
  const { session, isNew } = broker.openSession(identity);
  // A client that is back before its will's delay has passed does not die. [MQTT-3.1.3-9]
  session.delayedWill?.cancel();
  session.delayedWill = undefined;
  const expiry = expirySeconds(packet);
  connection.asksForSession = expiry > 0;
  session.expiry = broker.sessionExpiry(expiry);
  session.window = Math.min(packet.properties.receiveMaximum ?? 65_535, broker.config.maxInflight); // [MQTT-3.3.4-9]
  session.connection = connection;
  connection.session = session;
  entry.session = session;
  entry.sessionPresent = !isNew; // [MQTT-3.2.2-2] [MQTT-3.2.2-3]
}

// Before MQTT 5 a session that is not clean never expires. [MQTT-3.1.2-4 of 3.1.1]
function expirySeconds(packet: Connect): number {
  if (packet.version === 5) return packet.properties.sessionExpiryInterval ?? 0;
  return packet.cleanStart ? 0 : 0xffffffff;
}

export function keepWill({ connection, packet }: Entry): void {
  const { will } = packet;
  if (will === undefined) return;
  if (connection.broker.access.mayPublish(connection.identity, will.topic)) connection.will = will;
  else connection.broker.log.debug(`${connection.name} may not publish its will to ${will.topic}`);
}

export function resume({ session }: Entry): void {
  session?.resume();
}
