/**
 * The one observation seam. The net layer tells `open`, `bytes` and `close`, so no role can forget them;
 * a role tells only `message`, decoded for a person to read.
 */
export type Direction = "in" | "out";

/** One conversation with one peer. A datagram service and an HTTP service open one per exchange. */
export interface Conversation {
  /** Unique within the process while the conversation lasts, e.g. `time/2#17`. */
  readonly id: string;
  readonly service: string;
  readonly transport: "tcp" | "udp" | "http" | "ws" | "zmq";
  /** `host:port` of our side. */
  readonly local: string;
  /** `host:port` of the peer; empty where the library below does not tell. */
  readonly remote: string;
}

/** What a message says, decoded and printable. Secrets (passwords, tokens) are never among it. */
export type Fields = Readonly<Record<string, string | number | boolean>>;

export type TrafficEvent =
  | { readonly kind: "open"; readonly conversation: Conversation }
  | {
      readonly kind: "bytes";
      readonly conversation: Conversation;
      readonly direction: Direction;
      /** Only the observer's until `emit` returns: copy what must outlive it. */
      readonly bytes: Uint8Array;
    }
  | {
      readonly kind: "message";
      readonly conversation: Conversation;
      readonly direction: Direction;
      /** One printable line, e.g. `Received from client: halo` or `PUBLISH sister/temp qos 1, 12 B`. */
      readonly text: string;
      /** The same field by field, for those who look closer, e.g. `{ packet: "PUBLISH", topic: "sister/temp" }`. */
      readonly fields?: Fields;
      /** The message as it went over the wire, where that is at hand. Only the observer's until `emit` returns. */
      readonly bytes?: Uint8Array;
      /** How many bytes it had, where `bytes` is only its beginning. */
      readonly size?: number;
    }
  | { readonly kind: "close"; readonly conversation: Conversation; readonly reason?: string };

export type TrafficKind = TrafficEvent["kind"];

export interface Traffic {
  /**
   * Whether an event of this kind is worth building right now. Ask before building: nobody observing must
   * cost nothing. Under load the answer turns to no once this moment's sample is full, and the asker's event
   * is counted as left out; so ask once per event, and emit when told yes.
   */
  sample(kind: TrafficKind): boolean;
  emit(event: TrafficEvent): void;
}

/** Nobody looks. */
export const unobserved: Traffic = { sample: () => false, emit: () => {} };
