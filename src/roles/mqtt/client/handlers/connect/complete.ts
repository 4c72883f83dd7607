import type { Connect, Will } from "../../../../../protocol/mqtt/packet.ts";
import { Reason } from "../../../../../protocol/mqtt/reason.ts";
import { isSystemTopic } from "../../../../../protocol/mqtt/topic.ts";
import type { Grant } from "../../../ports/access.ts";
import { belowPrefix } from "../../../session/below-prefix.ts";
import type { Session } from "../../../session/session.ts";
import { willMistake } from "../../../session/will.ts";
import type { Connection } from "../../connection.ts";
import { Mount } from "../../mount.ts";
import { acknowledge } from "./acknowledge.ts";
import type { ConnectContext } from "./connect-context.ts";
import { endInTime } from "./end-in-time.ts";
import { negotiateAliases, negotiateKeepAlive } from "./negotiate.ts";
import { openSession, rememberWill, resume, takeOver } from "./open-session.ts";

/** What happens once the client has proved who it is, in this order. Nothing of it happens before. */
const steps: readonly ((context: ConnectContext) => void)[] = [
  negotiateAliases,
  negotiateKeepAlive,
  takeOver,
  openSession,
  rememberWill,
  recordAudit,
  acknowledge,
  endInTime,
  resume,
];

/** Lets a client in. @param authenticationData the last data of its authentication method */
export function completeConnect(
  connection: Connection,
  asked: Connect,
  authenticationData?: Uint8Array,
): void {
  const { broker, identity, listenerAccess } = connection;
  if (!broker.access.mayUse(listenerAccess, identity)) {
    connection.refuse({ reason: Reason.NotAuthorized, message: "the client may not use this listener" });
    return;
  }
  if (!mount(connection)) return;
  const packet = connection.mount?.connect(asked) ?? asked;
  const kept = broker.sessions.get(identity.clientId);
  if (kept !== undefined && !mayResume(connection, kept)) {
    // This does not say whose the identifier is. [MQTT-3.1.3-8]
    connection.refuse({ reason: Reason.ClientIdentifierNotValid });
    return;
  }
  const { will } = packet;
  // Below a prefix it is longer than when it came.
  const mistake =
    will === undefined || connection.mount === undefined ? undefined : willMistake(broker.config, will);
  if (mistake !== undefined) {
    connection.refuse(mistake);
    return;
  }
  if (will !== undefined && !mayLeave(connection, will)) {
    broker.refusals.add(connection, "publish", will.topic);
    connection.refuse({
      reason: Reason.NotAuthorized,
      message: `the client may not publish to "${will.topic}"`,
    });
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

/** Finds out where the client's topics are, if its listener has a prefix. @returns false when it has been refused */
function mount(connection: Connection): boolean {
  const { topicPrefix } = connection.listenerAccess;
  if (topicPrefix === undefined) return true;
  const prefix = topicPrefix(connection.identity);
  if (prefix === undefined) {
    const message =
      "its name cannot stand in the topics of this listener: it is missing, or has +, # or / in it";
    connection.refuse({ reason: Reason.NotAuthorized, message });
    return false;
  }
  const { writer } = connection;
  connection.mount = new Mount(prefix);
  writer.prefix = prefix;
  writer.prefixSize = connection.mount.bytes.length;
  return true;
}

/** A session without a name that somebody has vouched for is for a client that somebody vouches for, too. */
function mayResume({ broker, identity }: Connection, { owner, grant }: Session): boolean {
  if (!broker.access.mayTakeOver(identity, owner)) return false;
  return owner !== undefined || !isVouched(grant) || isVouched(identity.grant);
}

const isVouched = (grant: Grant | undefined): boolean => grant !== undefined && grant.isUnproved !== true;

/** Before its CONNACK, so that whatever becomes of that, the audit has it before its end. */
function recordAudit({ connection }: ConnectContext): void {
  connection.broker.audit.record("client-connected", connection);
}

/** A will is published under the name that its client has proved. */
function mayLeave({ broker, identity, provedName, mount }: Connection, { topic }: Will): boolean {
  // To the server's own topics nobody may publish, and such a will is not published either.
  if (isSystemTopic(topic)) return true;
  const permissions = broker.access.permissionsOf({ ...identity, username: provedName });
  return (mount === undefined ? permissions : belowPrefix(mount.prefix, permissions)).mayPublish(topic);
}

/** All sessions are in use: the client may try another server, if the configuration names one. */
function refuseFull(connection: Connection): void {
  const { serverReference } = connection.broker.config;
  if (serverReference === undefined)
    connection.refuse({ reason: Reason.QuotaExceeded, message: "all sessions are in use" });
  else connection.refuse({ reason: Reason.UseAnotherServer, serverReference });
}
