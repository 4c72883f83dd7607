import type { Unsubscribe } from "../../../protocol/mqtt/packet.ts";
import { Reason } from "../../../protocol/mqtt/reason.ts";
import type { Connection } from "../connection.ts";

/** UNSUBSCRIBE, section 3.10. Messages already on their way are still delivered. [MQTT-3.10.4-2] */
export function unsubscribe(connection: Connection, packet: Unsubscribe): void {
  const { session, broker, version } = connection;
  if (session === undefined) return;
  const { packetId, filters } = packet;
  const reasonCodes = filters.map((filter) => {
    session.endReplay(filter);
    return broker.unsubscribe(session, filter) ? Reason.Success : Reason.NoSubscriptionExisted;
  });
  // One answer, one code per filter, in their order. [MQTT-3.10.4-4] [MQTT-3.10.4-5] [MQTT-3.11.3-1]
  connection.send({ type: "unsuback", version, packetId, reasonCodes, properties: {} });
}
