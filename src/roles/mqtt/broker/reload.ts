import type { MqttConfig } from "../config.ts";
import type { Broker } from "./broker.ts";

/** Settings that are looked up each time they are needed, so a running broker may take over others. */
const live = [
  "publish",
  "serverReference",
  "users",
  "anonymous",
  "maxKeepAlive",
  "sendBuffer",
  "maxSendBuffers",
  "maxReceiveBuffers",
  "maxPublishRate",
  "maxPublishBytesRate",
  "checkPayloadFormat",
  "maxQueuedMessages",
  "maxQueuedBytes",
  "maxAllQueuedBytes",
  "maxInflight",
  "maxSubscriptions",
  "maxSubscriptionBytes",
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

/** What CONNACK has told to clients that are still there: these may grow, but not shrink under their feet. */
const promised = ["receiveMaximum", "topicAliasMaximum"] as const satisfies readonly (keyof MqttConfig)[];

/**
 * Takes over another configuration while clients stay connected. What was agreed with a client at CONNECT (keep
 * alive, session expiry, in-flight window) stays until it connects again; what is kept already stays, too, when its
 * limit is lowered.
 * @returns false, and changes nothing, when the difference needs a restart
 */
export function reload(broker: Broker, next: MqttConfig): boolean {
  const { config, sysTopics, pace } = broker;
  if (promised.some((name) => next[name] < config[name])) return false;
  if (!isEqual(lasting(config), lasting(next))) return false;
  const { sysInterval } = config;
  Object.assign(config, next);
  if (next.sysInterval !== sysInterval) sysTopics.run(next.sysInterval);
  pace.letAllGo();
  return true;
}

const liveNames: ReadonlySet<string> = new Set([...live, ...promised]);

/** What only a restart changes. */
const lasting = (config: MqttConfig) => Object.entries(config).filter(([name]) => !liveNames.has(name));

// Configurations are plain data, whose order of keys is that of the schema.
const isEqual = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);
