import { protocolError } from "../../../../protocol/mqtt/errors.ts";
import { type Packet, PacketType } from "../../../../protocol/mqtt/packet.ts";
import type { Connection } from "../connection.ts";
import { acknowledged } from "./acknowledged.ts";
import { auth } from "./auth.ts";
import { connect } from "./connect.ts";
import { disconnect } from "./disconnect.ts";
import { ping } from "./ping.ts";
import { subscribe } from "./subscribe.ts";
import { unsubscribe } from "./unsubscribe.ts";

/** Hands a packet to whom it concerns. PUBLISH goes another, shorter way. */
export function handle(connection: Connection, packet: Packet): void {
  switch (packet.type) {
    case "connect":
      return connect(connection, packet);
    case "subscribe":
      return subscribe(connection, packet);
    case "unsubscribe":
      return unsubscribe(connection, packet);
    case "puback":
      return acknowledged(connection, PacketType.Puback, packet.packetId, packet.reasonCode);
    case "pubrec":
      return acknowledged(connection, PacketType.Pubrec, packet.packetId, packet.reasonCode);
    case "pubrel":
      return acknowledged(connection, PacketType.Pubrel, packet.packetId, packet.reasonCode);
    case "pubcomp":
      return acknowledged(connection, PacketType.Pubcomp, packet.packetId, packet.reasonCode);
    case "pingreq":
      return ping(connection);
    case "disconnect":
      return disconnect(connection, packet);
    case "auth":
      return auth(connection, packet);
    case "connack":
    case "suback":
    case "unsuback":
    case "pingresp":
    case "publish":
      throw protocolError(`${packet.type.toUpperCase()} is not for a client to send`);
  }
}
