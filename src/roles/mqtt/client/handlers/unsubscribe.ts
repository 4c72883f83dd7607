import type { Unsubscribe } from "../../../../protocol/mqtt/packet.ts";
import { Reason } from "../../../../protocol/mqtt/reason.ts";
import { isShared } from "../../../../protocol/mqtt/topic.ts";
import type { Connection } from "../connection.ts";
import { inSlices } from "./in-slices.ts";

/**
 * UNSUBSCRIBE, section 3.10. Messages that were sent are still delivered [MQTT-3.10.4-3]; what is queued of a
 * shared subscription goes to its other members.
 */
export function unsubscribe(connection: Connection, packet: Unsubscribe): void {
  const { session, version } = connection;
  if (session === undefined) return;
  const { packetId, filters } = packet;
  const reasonCodes: number[] = [];
  const shares = new Set<string>();
  const unsubscribeFrom = (filter: string) => {
    session.outgoing.endReplay(filter);
    const isKnown = session.unsubscribe(filter);
    if (isKnown && isShared(filter)) shares.add(filter);
    reasonCodes.push(isKnown ? Reason.Success : Reason.NoSubscriptionExisted);
  };
  inSlices(connection, filters, unsubscribeFrom, () => {
    session.leaveGroups(shares);
    // One answer, one code per filter, in their order. [MQTT-3.10.4-4] [MQTT-3.10.4-5] [MQTT-3.11.3-1]
    connection.send({ type: "unsuback", version, packetId, reasonCodes, properties: {} });
  });
}
