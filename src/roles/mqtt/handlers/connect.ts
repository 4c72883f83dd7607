import type { UnsupportedProtocol } from "../../../protocol/mqtt/decode-connect.ts";
import { MqttError, protocolError } from "../../../protocol/mqtt/errors.ts";
import type { Connect, Properties } from "../../../protocol/mqtt/packet.ts";
import { Reason, returnCodeOf } from "../../../protocol/mqtt/reason.ts";
import { topicDepth } from "../../../protocol/mqtt/topic.ts";
import type { Connection } from "../connection.ts";
import { OutgoingAliases } from "../outgoing-aliases.ts";
import type { Session } from "../session.ts";

/** A client on its way in. */
interface Entry {
  readonly connection: Connection;
  readonly packet: Connect;
  clientId: string;
  session: Session | undefined;
  sessionPresent: boolean;
  /** Seconds; undefined: as the client asked. */
  serverKeepAlive: number | undefined;
}

/** CONNECT, section 3.1: what happens once the client has been let in, in this order. */
const steps: readonly ((entry: Entry) => void)[] = [
  agreeOnLimits,
  agreeOnKeepAlive,
  takeOver,
  openSession,
  keepWill,
  acknowledge,
  resume,
];

export function connect(connection: Connection, packet: Connect): void {
  if (connection.state !== "new") throw protocolError("a second CONNECT came"); // [MQTT-3.1.0-2]
  connection.version = packet.version;
  const clientId = nameClient(connection, packet);
  if (clientId === undefined) return;
  const { username, password } = packet;
  connection.identity = { clientId, username };
  if (packet.properties.authenticationMethod !== undefined) {
    refuse(connection, Reason.BadAuthenticationMethod); // [MQTT-4.12.0-1]
    return;
  }
  if (isWillTooDeep(connection, packet)) return;
  const { remote } = connection.link.conversation;
  const verdict = connection.broker.access.authenticate({ clientId, username, password, remote });
  if (typeof verdict === "number") {
    enter(connection, packet, verdict);
    return;
  }
  connection.hold();
  verdict.then(
    (reason) => enter(connection, packet, reason),
    (error: unknown) => {
      connection.broker.log.error(`Cannot decide about ${connection.name}: ${String(error)}`);
      refuse(connection, Reason.ServerUnavailable);
    },
  );
}

function enter(connection: Connection, packet: Connect, verdict: number): void {
  const wasHeld = connection.state === "held";
  if (connection.state === "closed") return;
  if (verdict !== Reason.Success) {
    refuse(connection, verdict); // [MQTT-3.1.4-2]
    return;
  }
  const { clientId } = connection.identity;
  const { broker } = connection;
  if (!broker.sessions.has(clientId) && !broker.makeRoomForSession()) {
    refuse(connection, Reason.QuotaExceeded);
    return;
  }
  connection.state = "open";
  const entry: Entry = {
    connection,
    packet,
    clientId,
    session: undefined,
    sessionPresent: false,
    serverKeepAlive: undefined,
  };
  for (const step of steps) step(entry);
  if (wasHeld) connection.release();
}

/** A will is published without another look at it, so it keeps to the limit of PUBLISH here. */
function isWillTooDeep(connection: Connection, { will }: Connect): boolean {
  const { config, log } = connection.broker;
  const depth = will === undefined ? 0 : topicDepth(will.topic);
  if (depth <= config.maxTopicLevels) return false;
  log.debug(
    `Refused ${connection.name}: the topic of its will has ${depth} levels, and maxTopicLevels is ${config.maxTopicLevels}`,
  );
  refuse(connection, Reason.TopicNameInvalid);
  return true;
}

/** The client's own identifier, or one that it gets; undefined when it has been refused for want of one. */
function nameClient(connection: Connection, packet: Connect): string | undefined {
  if (packet.clientId !== "") return packet.clientId;
  // MQTT 3.1 has no empty identifier; 3.1.1 only for a session that ends with its connection. [MQTT-3.1.3-8]
  if (packet.version === 3 || (packet.version === 4 && !packet.cleanStart)) {
    refuse(connection, Reason.ClientIdentifierNotValid);
    return undefined;
  }
  return `auto-${crypto.randomUUID()}`; // [MQTT-3.1.3-6]
}

/** Says no, in the words of the client's version, and closes. */
function refuse(connection: Connection, reason: number): void {
  const { version } = connection;
  const reasonCode = version === 5 ? reason : returnCodeOf(reason);
  if (reasonCode !== undefined) {
    // [MQTT-3.2.2-6]
    connection.send({ type: "connack", version, sessionPresent: false, reasonCode, properties: {} });
  }
  connection.close(); // [MQTT-3.2.2-7]
}

/**
 * Answers a protocol level that is not spoken here: in the oldest form if it is of the past, in the newest if it
 * is of the future. What is not MQTT at all gets no answer. [MQTT-3.1.2-1] [MQTT-3.1.2-2]
 */
export function refuseProtocol(connection: Connection, { level }: UnsupportedProtocol): void {
  if (level !== undefined) {
    connection.version = level > 5 ? 5 : 4;
    refuse(connection, Reason.UnsupportedProtocolVersion);
  }
}

function agreeOnLimits({ connection, packet }: Entry): void {
  connection.maxPacketSize = packet.properties.maximumPacketSize ?? Number.POSITIVE_INFINITY;
  // [MQTT-3.1.2-26] [MQTT-3.1.2-27]
  const aliases = Math.min(
    packet.properties.topicAliasMaximum ?? 0,
    connection.broker.config.maxTopicAliasesOut,
  );
  if (aliases > 0) connection.topics = new OutgoingAliases(aliases);
}

function agreeOnKeepAlive(entry: Entry): void {
  const { connection, packet } = entry;
  let seconds = packet.keepAlive;
  const ceiling = Math.ceil(connection.broker.config.maxKeepAlive / 1000);
  if (packet.version === 5 && ceiling > 0 && (seconds === 0 || seconds > ceiling)) {
    seconds = ceiling;
    entry.serverKeepAlive = ceiling; // [MQTT-3.2.2-21]
  }
  connection.patience = seconds * 1500; // [MQTT-3.1.2-22]
}

/** Another connection of the same client has to go. [MQTT-3.1.4-3] */
function takeOver({ connection, clientId }: Entry): void {
  const other = connection.broker.sessions.get(clientId)?.connection;
  other?.fail(
    new MqttError(Reason.SessionTakenOver, "another connection has taken over its client identifier"),
  );
}

function openSession(entry: Entry): void {
  const { connection, packet, clientId } = entry;
  const { broker } = connection;
  // [MQTT-3.1.2-4] [MQTT-3.1.2-5]
  const kept = broker.sessions.get(clientId);
  if (packet.cleanStart && kept !== undefined) broker.endSession(kept);
  const { session, isNew } = broker.openSession(clientId);
  // A client that is back before its will's delay has passed does not die. [MQTT-3.1.3-9]
  session.delayedWill?.cancel();
  session.delayedWill = undefined;
  session.expiry = broker.sessionExpiry(expirySeconds(packet));
  session.window = Math.min(packet.properties.receiveMaximum ?? 65_535, broker.config.maxInflight); // [MQTT-3.3.4-9]
  session.connection = connection;
  connection.session = session;
  entry.session = session;
  entry.sessionPresent = !isNew; // [MQTT-3.2.2-2] [MQTT-3.2.2-3]
}

// Before MQTT 5 a session that is not clean never expires. [MQTT-3.1.2-6]
function expirySeconds(packet: Connect): number {
  if (packet.version === 5) return packet.properties.sessionExpiryInterval ?? 0;
  return packet.cleanStart ? 0 : 0xffffffff;
}

function keepWill({ connection, packet }: Entry): void {
  const { will } = packet;
  if (will === undefined) return;
  if (connection.broker.access.mayPublish(connection.identity, will.topic)) connection.will = will;
  else connection.broker.log.debug(`${connection.name} may not publish its will to ${will.topic}`);
}

/** [MQTT-3.2.0-1] */
function acknowledge(entry: Entry): void {
  const { connection, sessionPresent } = entry;
  const { version } = connection;
  const properties = version === 5 ? offer(entry) : {};
  connection.send({ type: "connack", version, sessionPresent, reasonCode: Reason.Success, properties });
}

/** What an MQTT 5 client must know; what is left out has its default. */
function offer({ connection, packet, clientId, serverKeepAlive }: Entry): Properties {
  const { config } = connection.broker;
  const { sessionExpiryInterval = 0 } = packet.properties;
  const granted = Math.min(sessionExpiryInterval, Math.floor(config.maxSessionExpiry / 1000));
  return {
    ...(granted !== sessionExpiryInterval && { sessionExpiryInterval: granted }),
    ...(config.receiveMaximum < 65_535 && { receiveMaximum: config.receiveMaximum }),
    maximumPacketSize: config.maxPacketSize,
    ...(packet.clientId === "" && { assignedClientIdentifier: clientId }), // [MQTT-3.2.2-16]
    topicAliasMaximum: config.topicAliasMaximum,
    sharedSubscriptionAvailable: true,
    ...(serverKeepAlive !== undefined && { serverKeepAlive }),
  };
}

function resume({ session }: Entry): void {
  session?.resume();
}
