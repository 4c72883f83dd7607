import type { Connection } from "../connection.ts";

/** PINGREQ, section 3.12. [MQTT-3.12.4-1] */
export function ping(connection: Connection): void {
  connection.send({ type: "pingresp", version: connection.version });
}
