import { Buffer } from "node:buffer";
import type {
  ClosingSide,
  Conversation,
  Direction,
  Fields,
  StreamPlace,
  TrafficEvent,
  TrafficKind,
} from "../core/traffic.ts";

/** How many bytes of a message are recorded; `size` is the length of the whole. */
export const maxRecordedBytes = 4096;

/** An event as it is recorded. It shares no memory with the network's buffers. */
export interface RecordedEvent {
  /** Counts up by one, from 1, over all services. */
  readonly seq: number;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly kind: TrafficKind;
  readonly conversation: Conversation;
  readonly direction?: Direction;
  readonly text?: string;
  readonly fields?: Fields;
  readonly bytes?: Uint8Array;
  readonly size?: number;
  /** Of a message: counts those of its conversation, from 1. */
  readonly number?: number;
  /** Of a message: where it lies among the bytes of its direction. */
  readonly stream?: StreamPlace;
  /** Of a reply: milliseconds since its request had arrived. */
  readonly duration?: number;
  /** The same number for messages that belong together. */
  readonly group?: number;
  readonly reason?: string;
  /** Of a close: whose FIN or reset came first. */
  readonly closedBy?: ClosingSide;
  /** That was a reset, and no FIN. */
  readonly isReset?: boolean;
  /** Of an open: the connection waits for its turn. */
  readonly waits?: boolean;
}

/** @param now when it is recorded, unless it says itself when it happened */
export function recordEvent(event: TrafficEvent, seq: number, now: number): RecordedEvent {
  const { kind, conversation } = event;
  const base = { seq, time: event.time ?? now, kind, conversation };
  switch (event.kind) {
    case "open":
      return event.waits === true ? { ...base, waits: true } : base;
    case "close": {
      const { reason, closedBy, isReset } = event;
      const more = {
        ...(reason !== undefined && { reason }),
        ...(closedBy !== undefined && { closedBy }),
        ...(isReset === true && { isReset }),
      };
      return { ...base, ...more };
    }
    case "half-close":
      return { ...base, closedBy: event.closedBy };
    case "bytes":
      return { ...base, direction: event.direction, ...copied(event.bytes) };
    case "message": {
      const { direction, text, fields, bytes, size, number, stream, duration, group } = event;
      const more = {
        ...(fields && { fields }),
        ...(bytes && copied(bytes, size)),
        ...(number !== undefined && { number }),
        ...(stream && { stream }),
        ...(duration !== undefined && { duration }),
        ...(group !== undefined && { group }),
      };
      return { ...base, direction, text, ...more };
    }
  }
}

/** Copies the bytes, because the network reuses them, and because they may be a view of a far larger buffer. */
function copied(bytes: Uint8Array, size = bytes.length): { bytes: Uint8Array; size: number } {
  return { bytes: new Uint8Array(bytes.subarray(0, maxRecordedBytes)), size };
}

/** The memory of an event that depends on what a client sent, in bytes, about. */
export function heldBytes({ bytes, text = "", fields = {} }: RecordedEvent): number {
  let held = (bytes?.length ?? 0) + text.length;
  for (const value of Object.values(fields)) if (typeof value === "string") held += value.length;
  return held;
}

/** An event as the admin API sends it: plain JSON, the bytes in base64. */
export interface EventJson {
  readonly seq: number;
  readonly time: number;
  readonly kind: TrafficKind;
  readonly service: string;
  readonly conversation: string;
  readonly transport: string;
  readonly local: string;
  readonly remote: string;
  readonly direction?: Direction;
  readonly text?: string;
  readonly fields?: Fields;
  readonly bytes?: string;
  readonly size?: number;
  readonly number?: number;
  readonly stream?: StreamPlace;
  readonly duration?: number;
  readonly group?: number;
  readonly reason?: string;
  readonly closedBy?: ClosingSide;
  readonly isReset?: boolean;
  readonly waits?: boolean;
}

export function eventJson({ conversation, bytes, seq, time, kind, ...rest }: RecordedEvent): EventJson {
  const { id, service, transport, local, remote } = conversation;
  const encoded = bytes === undefined ? {} : { bytes: Buffer.from(bytes).toString("base64") };
  return { seq, time, kind, service, conversation: id, transport, local, remote, ...rest, ...encoded };
}
