import { Frame } from "../../../../protocol/mqtt/frame.ts";
import { PacketType } from "../../../../protocol/mqtt/packet.ts";
import type { Connection } from "../connection.ts";
import { MountedRun, maxHandled } from "../mounted-run.ts";
import { dispatch } from "./dispatch.ts";
import { publish } from "./publish.ts";

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
  const { version, broker } = connection;
  frame.checkLength(version);
  // A client that is throttled may have to wait before its next one.
  const isAlone = broker.rateLimiter.limits(connection);
  const run = new MountedRun(mount.bytes, { bytes, start, frame, limit, version }, isAlone);
  mount.run = run;
  try {
    return publishCopies(connection, run, frame);
  } finally {
    mount.run = undefined;
  }
}

/** @returns where the next packet begins, in what came */
function publishCopies(connection: Connection, run: MountedRun, frame: Frame): number {
  const { copies } = run;
  const inner = new Frame();
  let at = 0;
  try {
    for (let calls = 0; calls < maxHandled && at < copies.length && connection.isReading; calls++) {
      inner.read(copies, at, copies.length);
      frame.end = run.cameAt(inner.end);
      at = publish(connection, copies, at, inner, copies.length);
    }
    frame.end = run.cameAt(at);
    // They lie in memory of their own, also where the reader takes a large one for what is being published.
    connection.broker.publisher.flush();
  } catch (error) {
    // What came before a mistake is seen as handled.
    frame.end = run.cameAt(at);
    connection.showRead();
    throw error;
  }
  return run.cameAt(at);
}
