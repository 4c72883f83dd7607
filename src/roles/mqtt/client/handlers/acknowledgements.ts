import { PacketType } from "../../../../protocol/mqtt/packet.ts";
import { isFailure, Reason } from "../../../../protocol/mqtt/reason.ts";
import type { Connection } from "../connection.ts";

/** PUBACK, PUBREC, PUBREL or PUBCOMP from a client, sections 3.4 to 3.7. */
export function acknowledged(connection: Connection, type: number, packetId: number, reason: number): void {
  const { session } = connection;
  if (session === undefined) return;
  switch (type) {
    case PacketType.Puback:
      // One for an unknown message is left from an earlier connection; there is nothing to answer.
      session.puback(packetId);
      return;
    case PacketType.Pubrec:
      pubrec(connection, packetId, reason);
      return;
    case PacketType.Pubrel:
      pubrel(connection, packetId);
      return;
    case PacketType.Pubcomp:
      session.pubcomp(packetId);
  }
}

/** The client has our message, or gives a reason why it does not want it, which ends the delivery. [MQTT-4.3.3-4] */
function pubrec({ session, writer }: Connection, packetId: number, reason: number): void {
  if (isFailure(reason)) {
    session?.pubrecFailed(packetId);
    return;
  }
  const isKnown = session?.pubrec(packetId) === true;
  // PUBREL always answers, because the client waits for it.
  writer.ack(PacketType.Pubrel, packetId, isKnown ? Reason.Success : Reason.PacketIdentifierNotFound);
}

/** The client forgets its message, and its identifier may be used for another one. [MQTT-4.3.3-12] */
function pubrel({ session, writer }: Connection, packetId: number): void {
  const isKnown = session?.pubrel(packetId) === true;
  writer.ack(PacketType.Pubcomp, packetId, isKnown ? Reason.Success : Reason.PacketIdentifierNotFound);
}
