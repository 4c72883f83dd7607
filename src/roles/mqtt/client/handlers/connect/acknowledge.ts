import type { Properties } from "../../../../../protocol/mqtt/packet.ts";
import { Reason } from "../../../../../protocol/mqtt/reason.ts";
import type { Entry } from "./entry.ts";

/** [MQTT-3.2.0-1] */
export function acknowledge(entry: Entry): void {
  const { connection, sessionPresent } = entry;
  const { version } = connection;
  const properties = version === 5 ? offer(entry) : {};
  const reasonCode = Reason.Success;
  // A client that cannot be told would wait for ever.
  if (!connection.send({ type: "connack", version, sessionPresent, reasonCode, properties }))
    connection.close();
}

/** What an MQTT 5 client must know; what is left out has its default. */
function offer(entry: Entry): Properties {
  const { connection, packet, serverKeepAlive } = entry;
  const { broker, identity, limits } = connection;
  const { config } = broker;
  const { sessionExpiryInterval = 0 } = packet.properties;
  const granted = Math.min(sessionExpiryInterval, Math.floor(config.maxSessionExpiry / 1000));
  return {
    ...(granted !== sessionExpiryInterval && { sessionExpiryInterval: granted }),
    ...(config.receiveMaximum < 65_535 && { receiveMaximum: config.receiveMaximum }),
    maximumPacketSize: limits.maxPacketSize,
    ...(packet.clientId === "" && { assignedClientIdentifier: identity.clientId }), // [MQTT-3.2.2-16]
    topicAliasMaximum: config.topicAliasMaximum,
    sharedSubscriptionAvailable: true,
    ...(serverKeepAlive !== undefined && { serverKeepAlive }),
    ...authenticated(entry),
  };
}

/** [MQTT-4.12.0-5] */
function authenticated({ connection, authenticationData }: Entry): Properties {
  const { authentication } = connection;
  if (authentication === undefined) return {};
  return {
    authenticationMethod: authentication.method.name,
    ...(authenticationData !== undefined && { authenticationData }),
  };
}
