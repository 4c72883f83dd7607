import { OutgoingAliases } from "../../../wire/topic-aliases.ts";
import type { Entry } from "./entry.ts";

export function agreeOnAliases({ connection, packet }: Entry): void {
  const { maxTopicAliasesOut } = connection.broker.config;
  // [MQTT-3.1.2-26] [MQTT-3.1.2-27]
  const aliases = Math.min(packet.properties.topicAliasMaximum ?? 0, maxTopicAliasesOut);
  if (aliases > 0) connection.topics = new OutgoingAliases(aliases);
}

export function agreeOnKeepAlive(entry: Entry): void {
  const { connection, packet } = entry;
  let seconds = packet.keepAlive;
  const ceiling = Math.ceil(connection.broker.config.maxKeepAlive / 1000);
  if (packet.version === 5 && ceiling > 0 && (seconds === 0 || seconds > ceiling)) {
    seconds = ceiling;
    entry.serverKeepAlive = ceiling; // [MQTT-3.2.2-21]
  }
  connection.patience = seconds * 1500; // [MQTT-3.1.2-22]
}
