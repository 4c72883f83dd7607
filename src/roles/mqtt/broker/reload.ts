import type { MqttConfig } from "../config.ts";

/** Settings that are read whenever they are needed, so that they may change in a running broker. */
const live = [
  "publish",
  "serverReference",
  "users",
  "anonymous",
  "auth",
  "onlyFor",
  "versions",
  "access",
  "accessDefault",
  "maxKeepAlive",
  "sendBuffer",
  "maxSendBuffers",
  "maxReceiveBuffers",
  "maxPublishRate",
  "maxPublishBytesRate",
  "maxUserPublishRate",
  "maxUserPublishBytesRate",
  "checkPayloadFormat",
  "maxQueuedMessages",
  "maxQueuedBytes",
  "maxAllQueuedBytes",
  "maxInflight",
  "maxSubscriptions",
  "maxSubscriptionBytes",
  "maxWildcardCost",
  "maxTopicLevels",
  "maxTopicLength",
  "maxClientIdLength",
  "maxWillSize",
  "maxTopicAliasesOut",
  "maxRetained",
  "maxRetainedBytes",
  "maxSessions",
  "maxSessionExpiry",
  "sysInterval",
] as const satisfies readonly (keyof MqttConfig)[];

/** Granted by CONNACK to clients that are connected: these may grow, but not shrink. */
const promised = ["receiveMaximum", "topicAliasMaximum"] as const satisfies readonly (keyof MqttConfig)[];

/**
 * Changes the configuration of a broker while clients stay connected. What was agreed with a client at CONNECT (keep
 * alive, session expiry, in-flight window) stays until it connects again. A limit that is lowered takes nothing away
 * from what is there.
 * @returns false, and changes nothing, when the difference needs a restart
 */
export function applyReload(config: MqttConfig, next: MqttConfig): boolean {
  if (promised.some((name) => next[name] < config[name])) return false;
  if (!isEqual(fixed(config), fixed(next))) return false;
  // A setting without a default is absent once the file does not name it any more.
  for (const name of live) if (next[name] === undefined) Reflect.deleteProperty(config, name);
  Object.assign(config, next);
  return true;
}

const liveNames: ReadonlySet<string> = new Set([...live, ...promised]);

/**
 * What only a restart changes: of a listener's TLS, whether it speaks it and who clients are; the rest, and who may use it
 * in which versions, is for those to come.
 */
const fixed = ({ tls, listeners, ...config }: MqttConfig) => [
  ...Object.entries(config).filter(([name]) => !liveNames.has(name)),
  whatTlsIs(tls),
  listeners.map(({ tls, anonymous, onlyFor, versions, ...listener }) => [listener, whatTlsIs(tls)]),
];

const whatTlsIs = (tls: MqttConfig["tls"]) => tls && { usernameFrom: tls.usernameFrom };

// Configurations are plain data, whose order of keys is that of the schema.
const isEqual = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);
