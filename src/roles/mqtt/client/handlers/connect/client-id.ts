import type { Connect } from "../../../../../protocol/mqtt/packet.ts";

/** The client's own identifier, or one that it gets; undefined when it may not go without one. */
export function clientIdOf({ clientId, version, cleanStart }: Connect): string | undefined {
  if (clientId !== "") return clientId;
  // MQTT 3.1 has no empty identifier; 3.1.1 only for a session that ends with its connection.
  // [MQTT-3.1.3-8 of 3.1.1]
  if (version === 3 || (version === 4 && !cleanStart)) return undefined;
  return `auto-${crypto.randomUUID()}`; // [MQTT-3.1.3-6]
}
