import type { Answer, DissectionSink } from "../conversation/dissector.ts";
import type { Place, Side } from "../conversation/place.ts";
import type { Packet } from "../mqtt/packet.ts";

/** Each answer is found by the packet that it is, who waits for it, and its identifier. */
const key = (waiting: Side, answer: string, id = 0) => `${waiting} ${answer} ${id}`;

/** Notes what a packet asks for, and finds what it answers. */
export function answersOf(
  sink: DissectionSink,
  side: Side,
  packet: Packet,
  place: Place,
): Answer | undefined {
  const other = side === "client" ? "server" : "client";
  const ask = (answer: string, id?: number) => {
    const label = `${packet.type.toUpperCase()}${id === undefined ? "" : ` id ${id}`}`;
    sink.request(key(side, answer, id), place, label, side);
  };
  switch (packet.type) {
    case "connect":
      ask("connack");
      return undefined;
    case "subscribe":
      ask("suback", packet.packetId);
      return undefined;
    case "unsubscribe":
      ask("unsuback", packet.packetId);
      return undefined;
    case "pingreq":
      ask("pingresp");
      return undefined;
    case "publish":
      if (packet.qos > 0) ask(packet.qos === 1 ? "puback" : "pubrec", packet.packetId);
      return undefined;
    case "pubrec": {
      const answer = sink.answer(key(other, "pubrec", packet.packetId), place);
      // An error ends the exchange. [MQTT-4.3.3-4]
      if (packet.reasonCode < 0x80) ask("pubrel", packet.packetId);
      return answer;
    }
    case "pubrel": {
      const answer = sink.answer(key(other, "pubrel", packet.packetId), place);
      ask("pubcomp", packet.packetId);
      return answer;
    }
    case "connack":
    case "pingresp":
      return sink.answer(key(other, packet.type), place);
    case "puback":
    case "pubcomp":
    case "suback":
    case "unsuback":
      return sink.answer(key(other, packet.type, packet.packetId), place);
    default:
      return undefined;
  }
}
