import { TopicAliases } from "../../../wire/topic-aliases.ts";
import type { ConnectContext } from "./connect-context.ts";

export function negotiateAliases({ connection, packet }: ConnectContext): void {
  const { maxTopicAliasesOut } = connection.broker.config;
  // [MQTT-3.1.2-26] [MQTT-3.1.2-27]
  const limit = Math.min(packet.properties.topicAliasMaximum ?? 0, maxTopicAliasesOut);
  // What goes out has its topic without the prefix: see `MountedOutlet`.
  if (limit > 0 && connection.mount === undefined) connection.writer.topicAliases = new TopicAliases(limit);
}

export function negotiateKeepAlive(context: ConnectContext): void {
  const { connection, packet } = context;
  let seconds = packet.keepAlive;
  const limit = Math.ceil(connection.broker.config.maxKeepAlive / 1000);
  if (packet.version === 5 && limit > 0 && (seconds === 0 || seconds > limit)) {
    seconds = limit;
    context.serverKeepAlive = limit; // [MQTT-3.2.2-21]
  }
  connection.keepAliveTimeout = seconds * 1500; // [MQTT-3.1.2-22]
}
