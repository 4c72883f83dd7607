import type { Properties } from "../../../../../protocol/mqtt/packet.ts";
import { Reason } from "../../../../../protocol/mqtt/reason.ts";
import type { ConnectContext } from "./connect-context.ts";

/** [MQTT-3.2.0-1] */
export function acknowledge(context: ConnectContext): void {
  const { connection, sessionPresent } = context;
  const { version } = connection;
  const properties = version === 5 ? grantedProperties(context) : {};
  const reasonCode = Reason.Success;
  // A client that does not get it would wait for ever.
  if (!connection.send({ type: "connack", version, sessionPresent, reasonCode, properties }))
    connection.close();
}

/** What an MQTT 5 client must know; what is left out has its default. */
function grantedProperties(context: ConnectContext): Properties {
  const { connection, packet, serverKeepAlive } = context;
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
    ...authenticationProperties(context),
  };
}

/** [MQTT-4.12.0-5] */
function authenticationProperties({ connection, authenticationData }: ConnectContext): Properties {
  const { enhancedAuth } = connection;
  if (enhancedAuth === undefined) return {};
  return {
    authenticationMethod: enhancedAuth.method.name,
    ...(authenticationData !== undefined && { authenticationData }),
  };
}
