import { MqttError } from "../../../../protocol/mqtt/errors.ts";
import { Reason } from "../../../../protocol/mqtt/reason.ts";
import { varintSize } from "../../../../protocol/mqtt/writer.ts";
import type { Connection } from "../connection.ts";

/** Topic filters handled in one slice: a few milliseconds. */
const sliceLength = 1000;

/**
 * Handles each topic filter of a packet, then calls `end`. A packet may name a million of them, so it is handled in
 * slices; the client's next packet is read when this one is done.
 * @throws {MqttError} when the answer would be larger than the client takes
 */
export function inSlices<T>(
  connection: Connection,
  items: readonly T[],
  each: (item: T) => void,
  end: () => void,
): void {
  checkAnswer(connection, items.length);
  if (items.length <= sliceLength) {
    items.forEach(each);
    end();
    return;
  }
  const { clock, scheduler } = connection.broker;
  let next = 0;
  const nextSlice = () => {
    if (connection.isClosed) return;
    const start = clock.now();
    items.slice(next, next + sliceLength).forEach(each);
    next += sliceLength;
    scheduler.charge(clock.now() - start);
    connection.lastSeen = clock.now();
    if (next < items.length) {
      scheduler.defer(nextSlice);
      return;
    }
    connection.state = "open";
    end();
    connection.release();
  };
  connection.hold();
  nextSlice();
}

/**
 * An MQTT 5 client that takes no packet as large as its SUBACK or UNSUBACK would wait for it for ever: so nothing of its
 * request is done. [MQTT-3.1.2-24]
 */
function checkAnswer({ writer }: Connection, codes: number): void {
  // The packet identifier, no properties, a code for each filter.
  const remaining = 2 + 1 + codes;
  const size = 1 + varintSize(remaining) + remaining;
  if (size <= writer.maxPacketSize) return;
  const message = `the answer to ${codes} topic filters has ${size} bytes, and the client takes at most ${writer.maxPacketSize}`;
  throw new MqttError(Reason.PacketTooLarge, message);
}
