import { MqttError } from "../../../../protocol/mqtt/errors.ts";
import { Frame } from "../../../../protocol/mqtt/frame.ts";
import { PacketType } from "../../../../protocol/mqtt/packet.ts";
import { Reason } from "../../../../protocol/mqtt/reason.ts";
import { putVarint, varintSize } from "../../../../protocol/mqtt/writer.ts";
import type { Connection } from "../connection.ts";
import type { Mount } from "../mount.ts";
import { dispatch } from "./dispatch.ts";
import { publish } from "./publish.ts";

/** The most that a topic, and a packet behind its fixed header, may have. */
const [maxTopic, maxLength] = [0xffff, 0xfffffff];

/**
 * Hands the packets of a client over that came to a listener with a topic prefix. Other listeners have `dispatch` itself, so
 * their clients' messages are looked at no more than before.
 * @returns where the next packet begins
 */
export function dispatchMounted(
  connection: Connection,
  bytes: Buffer,
  start: number,
  frame: Frame,
  limit: number,
): number {
  const { mount } = connection;
  if (mount === undefined || frame.type !== PacketType.Publish)
    return dispatch(connection, bytes, start, frame, limit);
  const { end } = frame;
  frame.checkLength(connection.version);
  mount.packet = bytes.subarray(start, end);
  mount.place = connection.placeOf(start, end - start);
  try {
    const packet = withPrefix(mount, bytes, frame);
    const inner = new Frame();
    inner.read(packet, 0, packet.length);
    publish(connection, packet, 0, inner, packet.length);
    // It lies in memory of its own, also where the reader takes a large one for what is being published.
    connection.broker.publisher.flush();
  } finally {
    mount.packet = mount.place = undefined;
  }
  return end;
}

/** A copy of the PUBLISH with the topic that the broker knows. One whose topic is left to an alias, or is wrong, stays as it is. */
function withPrefix({ bytes: prefix }: Mount, bytes: Buffer, { first, body, end }: Frame): Buffer {
  const topicSize = end - body < 2 ? 0 : bytes.readUInt16BE(body);
  const hasTopic = topicSize > 0 && body + 2 + topicSize <= end;
  const taken = hasTopic ? prefix.length : 0;
  const length = end - body + taken;
  if (topicSize + taken > maxTopic || length > maxLength)
    throw new MqttError(
      Reason.TopicNameInvalid,
      `the topic has ${topicSize} bytes, too many for this listener`,
    );
  const packet = Buffer.allocUnsafe(1 + varintSize(length) + length);
  packet[0] = first;
  let at = putVarint(packet, 1, length);
  if (hasTopic) {
    at = packet.writeUInt16BE(topicSize + taken, at);
    packet.set(prefix, at);
    at += taken;
  }
  bytes.copy(packet, at, hasTopic ? body + 2 : body, end);
  return packet;
}
