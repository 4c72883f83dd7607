import { Frame } from "../../../../protocol/mqtt/frame.ts";
import { PacketType } from "../../../../protocol/mqtt/packet.ts";
import type { Connection } from "../connection.ts";
import type { Mount } from "../mount.ts";
import { MountedRun } from "../mounted-run.ts";
import { dispatch } from "./dispatch.ts";
import { publish } from "./publish.ts";

/** Copies are made of so many packets where each may have to be looked at, and the client to wait before the next one. */
const fewCopies = 32;

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
  const { version } = connection;
  frame.checkLength(version);
  const most = mount.isExtending ? Number.POSITIVE_INFINITY : fewCopies;
  const run = new MountedRun(mount.bytes, { bytes, start, frame, limit, version }, most);
  mount.run = run;
  try {
    return publishCopies(connection, mount, run, frame);
  } finally {
    mount.run = undefined;
  }
}

/**
 * Publishes them as far as that goes together: where something has been delivered, the reader sees whether it is time for
 * others.
 * @returns where the next packet begins, in what came
 */
function publishCopies(connection: Connection, mount: Mount, run: MountedRun, frame: Frame): number {
  const { copies } = run;
  const { router, publisher } = connection.broker;
  const { work } = router;
  const inner = new Frame();
  let at = 0;
  try {
    do {
      inner.read(copies, at, copies.length);
      frame.end = run.cameAt(inner.end);
      at = publish(connection, copies, at, inner, copies.length);
      mount.isExtending = at > inner.end;
    } while (at < copies.length && connection.isReading && router.work === work);
    frame.end = run.cameAt(at);
    // Now, because the reader would take a large packet as it came for what is being published.
    publisher.flush();
  } catch (error) {
    // What came before a mistake is seen as handled.
    frame.end = run.cameAt(at);
    connection.showRead();
    throw error;
  }
  return run.cameAt(at);
}
