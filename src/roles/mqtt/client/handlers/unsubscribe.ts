import type { Unsubscribe } from "../../../../protocol/mqtt/packet.ts";
import { Reason } from "../../../../protocol/mqtt/reason.ts";
import { isShared } from "../../../../protocol/mqtt/topic.ts";
import type { Connection } from "../connection.ts";
import { inPieces } from "./in-pieces.ts";

/**
 * UNSUBSCRIBE, section 3.10. Messages already on their way are still delivered [MQTT-3.10.4-3]; what only waits of
 * a shared subscription goes to the others of its group.
 */
export function unsubscribe(connection: Connection, packet: Unsubscribe): void {
  const { session, broker, version } = connection;
  if (session === undefined) return;
  const { packetId, filters } = packet;
  const reasonCodes: number[] = [];
  const unsubscribeFrom = (filter: string) => {
    session.endReplay(filter);
    const isKnown = broker.unsubscribe(session, filter);
    if (isKnown && isShared(filter)) session.leaveGroup(filter);
    reasonCodes.push(isKnown ? Reason.Success : Reason.NoSubscriptionExisted);
  };
  inPieces(connection, filters, unsubscribeFrom, () => {
    // One answer, one code per filter, in their order. [MQTT-3.10.4-4] [MQTT-3.10.4-5] [MQTT-3.11.3-1]
    connection.send({ type: "unsuback", version, packetId, reasonCodes, properties: {} });
  });
}
