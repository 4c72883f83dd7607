import type { Parts } from "../../protocol/zmtp/frame.ts";
import { monitorEvents } from "./constants.ts";
import type { ZmqContext } from "./context.ts";
import type { ZmqSocket } from "./socket.ts";

export type MonitorEventKind = keyof typeof monitorEvents;

/** An event of libzmq's socket monitor about one of the socket's connections. */
export interface MonitorEvent {
  readonly kind: MonitorEventKind;
  /** The connection's file descriptor, or an error number, depending on the kind. */
  readonly value: number;
}

const kinds = new Map<number, MonitorEventKind>(
  Object.entries(monitorEvents).map(([kind, bit]) => [bit, kind as MonitorEventKind]),
);

const allEvents = [...kinds.keys()].reduce((sum, bit) => sum | bit, 0);

/** Starts monitoring the connections of `socket`. @returns the socket to read the events from */
export function openMonitor(context: ZmqContext, socket: ZmqSocket): ZmqSocket {
  const endpoint = `inproc://monitor-${socket.handle}`;
  socket.monitor(endpoint, allEvents);
  const reader = context.socket("pair");
  // Without a limit for the queue: libzmq's I/O thread, and all peers with it, would wait for a slow reader.
  reader.setInt("rcvhwm", 0);
  reader.setInt("linger", 0);
  reader.connect(endpoint);
  return reader;
}

/** An event is two parts: 16 bits of kind and 32 bits of value, then the endpoint. */
export function decodeMonitorEvent([head]: Parts): MonitorEvent | undefined {
  if (head?.length !== 6) return undefined;
  const view = new DataView(head.buffer, head.byteOffset, head.length);
  const kind = kinds.get(view.getUint16(0, true));
  return kind === undefined ? undefined : { kind, value: view.getInt32(2, true) };
}
