import { PacketType } from "../../../../protocol/mqtt/packet.ts";
import { isFailure, Reason } from "../../../../protocol/mqtt/reason.ts";
import type { Connection } from "../connection.ts";

/** PUBACK, PUBREC, PUBREL or PUBCOMP from a client. */
export function acknowledged(connection: Connection, type: number, packetId: number, reason: number): void {
  const { session } = connection;
  if (session === undefined) return;
  switch (type) {
    case PacketType.Puback:
      // One that belongs to nothing is left from an earlier life of the client; there is nothing to answer.
      session.settle(packetId, "puback");
      return;
    case PacketType.Pubrec:
      pubrec(connection, packetId, reason);
      return;
    case PacketType.Pubrel:
      pubrel(connection, packetId);
      return;
    case PacketType.Pubcomp:
      session.settle(packetId, "pubcomp");
  }
}

/** Our message has arrived; or the client says why it does not want it, which ends the matter. [MQTT-4.3.3-4] */
function pubrec(connection: Connection, packetId: number, reason: number): void {
  const { session } = connection;
  if (isFailure(reason)) {
    session?.refuse(packetId);
    return;
  }
  const isKnown = session?.received(packetId) === true;
  // PUBREL answers always: it is what ends the client's waiting.
  connection.ack(PacketType.Pubrel, packetId, isKnown ? Reason.Success : Reason.PacketIdentifierNotFound);
}

/** The client forgets its message, and its identifier may be used for another one. [MQTT-4.3.3-12] */
function pubrel(connection: Connection, packetId: number): void {
  const isKnown = connection.session?.released(packetId) === true;
  connection.ack(PacketType.Pubcomp, packetId, isKnown ? Reason.Success : Reason.PacketIdentifierNotFound);
}
