import { MqttError } from "../../../../../protocol/mqtt/errors.ts";
import type { Connect } from "../../../../../protocol/mqtt/packet.ts";
import { Reason } from "../../../../../protocol/mqtt/reason.ts";
import { recordWill } from "../../../session/will.ts";
import { MountedOutlet } from "../../mounted-outlet.ts";
import type { ConnectContext } from "./connect-context.ts";

/** Another connection of the same client is closed. [MQTT-3.1.4-3] */
export function takeOver({ connection }: ConnectContext): void {
  const { broker, identity } = connection;
  const session = broker.sessions.get(identity.clientId);
  const other = session === undefined ? undefined : broker.registry.clientOf(session);
  if (other === undefined) return;
  // Observers see the CONNECT before what it does to the other connection.
  connection.showRead();
  other.fail(
    new MqttError(Reason.SessionTakenOver, "another connection has taken over its client identifier"),
  );
}

export function openSession(context: ConnectContext): void {
  const { connection, packet } = context;
  const { broker, identity, writer } = connection;
  // [MQTT-3.1.2-4] [MQTT-3.1.2-5]
  const kept = broker.sessions.get(identity.clientId);
  const prefix = connection.mount?.prefix ?? "";
  // Under another prefix its subscriptions and messages would have other names, or none.
  const isAnother = kept !== undefined && kept.prefix !== prefix;
  if (kept !== undefined && (packet.cleanStart || isAnother)) broker.registry.end(kept);
  const { session, isNew } = broker.registry.open(identity, prefix);
  // The will of a client that is back before its delay has passed is not published. [MQTT-3.1.3-9]
  session.delayedWill?.cancel();
  const expiry = expirySeconds(packet);
  connection.requestedSession = expiry > 0;
  session.expiry = broker.registry.grantedExpiry(expiry);
  const window = Math.min(packet.properties.receiveMaximum ?? 65_535, broker.config.maxInflight); // [MQTT-3.3.4-9]
  session.attach(connection.mount === undefined ? writer : new MountedOutlet(writer), window);
  // Its CONNACK says that the session is there, or begins.
  if (session.journal !== undefined) writer.waitForStore();
  broker.registry.attach(session, connection);
  connection.session = session;
  context.session = session;
  context.sessionPresent = !isNew; // [MQTT-3.2.2-2] [MQTT-3.2.2-3]
}

// Before MQTT 5 a session that is not clean never expires. [MQTT-3.1.2-4 of 3.1.1]
function expirySeconds(packet: Connect): number {
  if (packet.version === 5) return packet.properties.sessionExpiryInterval ?? 0;
  return packet.cleanStart ? 0 : 0xffffffff;
}

export function rememberWill({ connection, packet, session }: ConnectContext): void {
  const { will } = packet;
  if (session === undefined) return;
  const { broker, provedName } = connection;
  session.willAuthor = provedName;
  if (will === undefined) return;
  connection.will = will;
  recordWill(broker, session, will);
}

export function resume({ session }: ConnectContext): void {
  session?.resume();
}
