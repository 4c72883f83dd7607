import { decodeFrame } from "../../../../protocol/mqtt/decode.ts";
import { protocolError } from "../../../../protocol/mqtt/errors.ts";
import type { Frame } from "../../../../protocol/mqtt/frame.ts";
import { PacketType, packetTypeName } from "../../../../protocol/mqtt/packet.ts";
import { Reason } from "../../../../protocol/mqtt/reason.ts";
import { tellAck } from "../../wire/trace.ts";
import type { Connection } from "../connection.ts";
import { acknowledged } from "./acknowledged.ts";
import { handle } from "./handle.ts";
import { published } from "./publish.ts";

/** Hands over the packet at `at`, whose fixed header has been read into `frame`. */
export function dispatch(connection: Connection, bytes: Buffer, at: number, frame: Frame): void {
  if (connection.state === "authenticating") checkTurn(frame.type);
  if (frame.type === PacketType.Publish) {
    published(connection, bytes, at, frame);
    return;
  }
  const { counters } = connection.broker;
  counters.controlsIn++;
  if (frame.type === PacketType.Connect) counters.connects++;
  // What was published before comes before whatever this packet leads to.
  connection.broker.batch.deliver();
  if (isBareAcknowledgement(frame)) {
    acknowledge(connection, bytes, at, frame);
    return;
  }
  const packet = decodeFrame(bytes, at, frame, connection.version);
  connection.trace("in", packet, bytes.subarray(at, frame.end));
  handle(connection, packet);
}

/** A client that has not proved yet who it is sends AUTH, or gives up. [MQTT-3.1.2-30] */
function checkTurn(type: number): void {
  if (type === PacketType.Auth || type === PacketType.Disconnect) return;
  throw protocolError(`${packetTypeName(type)} came in the middle of an authentication`);
}

/** The four acknowledgements as they mostly come: an identifier and nothing else, the same in every version. */
function isBareAcknowledgement({ type, first, body, end }: Frame): boolean {
  if (type < PacketType.Puback || type > PacketType.Pubcomp || end - body !== 2) return false;
  return (first & 15) === (type === PacketType.Pubrel ? 2 : 0);
}

// Read in place: at QoS 1 and 2 there are as many of them as messages.
function acknowledge(connection: Connection, bytes: Buffer, at: number, { type, body, end }: Frame): void {
  const packetId = (bytes[body]! << 8) | bytes[body + 1]!;
  if (packetId === 0) throw protocolError(`${packetTypeName(type)} has the packet identifier 0`); // [MQTT-2.2.1-3]
  if (connection.broker.traffic.wants("message")) {
    tellAck(connection, "in", type, packetId, Reason.Success, bytes.subarray(at, end));
  }
  acknowledged(connection, type, packetId, Reason.Success);
}
