import { decodeFrame } from "../../../../protocol/mqtt/decode.ts";
import { protocolError } from "../../../../protocol/mqtt/errors.ts";
import type { Frame } from "../../../../protocol/mqtt/frame.ts";
import { type Packet, PacketType, packetTypeName } from "../../../../protocol/mqtt/packet.ts";
import { Reason } from "../../../../protocol/mqtt/reason.ts";
import { traceAck, tracePacket } from "../../wire/trace.ts";
import type { Connection } from "../connection.ts";
import { acknowledged } from "./acknowledgements.ts";
import { auth } from "./auth.ts";
import { connect } from "./connect.ts";
import { disconnect } from "./disconnect.ts";
import { publish } from "./publish.ts";
import { subscribe } from "./subscribe.ts";
import { unsubscribe } from "./unsubscribe.ts";

/** The length of an acknowledgement without a reason: the fixed header and an identifier. */
const bareLength = 4;

/** Hands the packet at `start` to the handler of its type. @returns where the next packet begins */
export function dispatch(
  connection: Connection,
  bytes: Buffer,
  start: number,
  frame: Frame,
  limit: number,
): number {
  const { end } = frame;
  if (connection.state === "authenticating") checkAuthenticating(frame.type);
  if (frame.type === PacketType.Publish) return publish(connection, bytes, start, frame, limit);
  const { counters, publisher } = connection.broker;
  // What was published before comes before whatever this packet leads to, a commit of the store by its end included.
  publisher.flush();
  if (isBareAcknowledgement(frame, start)) return acknowledgeRun(connection, bytes, start, limit);
  counters.controlsIn++;
  if (frame.type === PacketType.Connect) counters.connects++;
  const packet = decodeFrame(bytes, start, frame, connection.version);
  const { writer } = connection;
  writer.packets++;
  if (writer.traffic.sample("message")) {
    tracePacket(writer, "in", packet, bytes.subarray(start, end), connection.placeOf(start, end - start));
  }
  handle(connection, packet);
  return end;
}

/** A client that has not proved yet who it is sends AUTH, or gives up. [MQTT-3.1.2-30] */
function checkAuthenticating(type: number): void {
  if (type === PacketType.Auth || type === PacketType.Disconnect) return;
  throw protocolError(`${packetTypeName(type)} came in the middle of an authentication`);
}

/** The four acknowledgements as they mostly come: an identifier and nothing else, the same in every version. */
function isBareAcknowledgement({ type, first, end }: Frame, start: number): boolean {
  if (type < PacketType.Puback || type > PacketType.Pubcomp || end - start !== bareLength) return false;
  return (first & 15) === (type === PacketType.Pubrel ? 2 : 0);
}

/**
 * Handles bare acknowledgements of one type as long as they follow each other: at QoS 1 and 2 there are as many of them
 * as messages. They are read in place.
 * @returns where the next packet begins
 */
function acknowledgeRun(connection: Connection, bytes: Buffer, start: number, limit: number): number {
  const { writer } = connection;
  const { counters } = connection.broker;
  const first = bytes[start]!;
  const type = first >> 4;
  let at = start;
  do {
    const packetId = (bytes[at + 2]! << 8) | bytes[at + 3]!;
    counters.controlsIn++;
    writer.packets++;
    if (packetId === 0) throw protocolError(`${packetTypeName(type)} has the packet identifier 0`); // [MQTT-2.2.1-3]
    if (writer.traffic.sample("message")) {
      const stream = connection.placeOf(at, bareLength);
      const packet = bytes.subarray(at, at + bareLength);
      traceAck(writer, "in", type, packetId, Reason.Success, packet, { stream });
    }
    acknowledged(connection, type, packetId, Reason.Success);
    at += bareLength;
  } while (
    at + bareLength <= limit &&
    bytes[at] === first &&
    bytes[at + 1] === bareLength - 2 &&
    // A mistake begins a run of its own, so that what came before it is seen as handled.
    (bytes[at + 2]! | bytes[at + 3]!) !== 0 &&
    connection.isReading
  );
  return at;
}

function handle(connection: Connection, packet: Packet): void {
  switch (packet.type) {
    case "connect":
      return connect(connection, packet);
    case "subscribe":
      return subscribe(connection, connection.mount?.subscribe(packet) ?? packet);
    case "unsubscribe":
      return unsubscribe(connection, connection.mount?.unsubscribe(packet) ?? packet);
    case "puback":
      return acknowledged(connection, PacketType.Puback, packet.packetId, packet.reasonCode);
    case "pubrec":
      return acknowledged(connection, PacketType.Pubrec, packet.packetId, packet.reasonCode);
    case "pubrel":
      return acknowledged(connection, PacketType.Pubrel, packet.packetId, packet.reasonCode);
    case "pubcomp":
      return acknowledged(connection, PacketType.Pubcomp, packet.packetId, packet.reasonCode);
    case "pingreq":
      connection.send({ type: "pingresp", version: connection.version }); // [MQTT-3.12.4-1]
      return;
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
