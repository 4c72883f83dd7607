/** The way of a message: "in" is to the service, "out" is from it. */
export type Direction = "in" | "out";

/** One conversation with one peer. UDP services open one for each exchange. */
export interface Conversation {
  /** Unique within the process while the conversation lasts, e.g. `time/2#17`. */
  readonly id: string;
  readonly service: string;
  readonly transport: "tcp" | "udp" | "http" | "ws" | "zmq";
  /** `host:port` of the service. */
  readonly local: string;
  /** `host:port` of the peer; empty where the library below does not expose it. */
  readonly remote: string;
}

/**
 * Where a message lies among the bytes of its direction in its conversation: those that the service reads and writes, so
 * without TLS, proxy headers and WebSocket frames. Two messages of the same `chunk` came in one; a message that begins
 * before its `chunk` came in several.
 */
export interface StreamPlace {
  /** Of its first byte. The first byte of the conversation in this direction has 0. */
  readonly offset: number;
  /** On the wire. Absent: not known yet, as of a reply that is still being made. */
  readonly length?: number;
  /** Of one that came in: the offset of the received chunk that completed it. Absent: not known any more. */
  readonly chunk?: number;
}

/** @param chunk the offset of the chunk received last; a message that had to wait may have been complete before it */
export function receivedAt(offset: number, length: number, chunk: number): StreamPlace {
  return chunk < offset + length ? { offset, length, chunk } : { offset, length };
}

/** A message decoded into printable fields. Never contains secrets such as passwords and tokens. */
export type Fields = Readonly<Record<string, string | number | boolean>>;

/**
 * Traffic that observers can see. The net layer emits `open`, `bytes`, `half-close` and `close`, so that no role can forget them;
 * a role emits only `message`, decoded for people.
 */
export type TrafficEvent =
  | {
      readonly kind: "open";
      readonly conversation: Conversation;
      /** The service is iterative and serves another connection: this one waits for its turn. */
      readonly waits?: boolean;
      /** When it happened, in milliseconds since 1970; absent: just now. */
      readonly time?: number;
    }
  | {
      readonly kind: "bytes";
      readonly conversation: Conversation;
      readonly direction: Direction;
      /** Valid until `emit` returns; an observer that keeps them has to copy them. */
      readonly bytes: Uint8Array;
      /** Of the first of them, as that of `StreamPlace`: where it is not that after the last one seen, some were not shown. */
      readonly offset?: number;
      /** As that of `open`. */
      readonly time?: number;
    }
  | {
      readonly kind: "message";
      readonly conversation: Conversation;
      readonly direction: Direction;
      /** One printable line, e.g. `Received from client: halo` or `PUBLISH sister/temp qos 1 "28°C"`. */
      readonly text: string;
      /** The same field by field, e.g. `{ packet: "PUBLISH", topic: "sister/temp" }`. */
      readonly fields?: Fields;
      /** The message as it went over the wire, where it is available. Valid until `emit` returns. */
      readonly bytes?: Uint8Array;
      /** The length of the whole message, when `bytes` is only its beginning. */
      readonly size?: number;
      /** Counts the messages of the conversation in both directions, from 1, also those that nobody sees. */
      readonly number?: number;
      /** Absent of a datagram, which is a stream of its own, and of what went over no wire. */
      readonly stream?: StreamPlace;
      /** When it was sent or received, in milliseconds since 1970; absent: just now. */
      readonly time?: number;
      /** Of a reply: milliseconds since its request had arrived whole. */
      readonly duration?: number;
      /**
       * The number that `begin` gave to the messages that belong together: a request and its reply, a PUBLISH and its
       * deliveries. An observer sees none of them, or all that its rate allows. Absent: it belongs to none.
       */
      readonly group?: number;
      /** A message of the service's own clock, such as a publication each second, that nobody asked for. */
      readonly isScheduled?: boolean;
    }
  | {
      /** One side has sent its FIN, as the first: it sends no more, and the other one may. */
      readonly kind: "half-close";
      readonly conversation: Conversation;
      readonly closedBy: ClosingSide;
      /** As that of `close`. */
      readonly lengths?: StreamLengths;
      /** As that of `open`. */
      readonly time?: number;
    }
  | {
      readonly kind: "close";
      readonly conversation: Conversation;
      readonly reason?: string;
      /** Whose FIN or reset came first. */
      readonly closedBy?: ClosingSide;
      /** That was a reset, and no FIN. */
      readonly isReset?: boolean;
      /** The other side has sent no FIN after it. */
      readonly isHalfClosed?: boolean;
      /** Absent where the bytes that are shown are not those of the connection: in WebSocket frames. */
      readonly lengths?: StreamLengths;
      /** As that of `open`. */
      readonly time?: number;
    };

/** The bytes of each direction until now, also those that no observer was shown. */
export type StreamLengths = Readonly<Record<Direction, number>>;

export type ClosingSide = "client" | "service";

export type TrafficKind = TrafficEvent["kind"];

/** Where a service emits its traffic: the only way in which observers see it. */
export interface Traffic {
  /**
   * Whether to build and emit one event of this kind. Call it once per event, before building: without observers an
   * event must cost nothing. It takes a token from the sampling budget; under load it returns false when the budget
   * is used up, and the event counts as sampled out.
   * @param count events that belong together, such as a request and its reply: all of them are built, or none
   */
  sample(kind: TrafficKind, count?: number): boolean;
  /**
   * As `sample`, for messages that belong together.
   * @param count messages that are emitted in any case, such as a request and its reply
   * @returns the number of their group, or 0: none of them is built
   */
  begin(count?: number): number;
  /**
   * Whether to build another message of a group, such as a delivery. It is built if the first one was; a group has a
   * limited number of them, because a PUBLISH may have thousands of deliveries.
   * @param group what `begin` returned for the first one; 0: it was not built
   */
  follow(group: number): boolean;
  /** So many messages follow from ones that were not built. */
  omit(count: number): void;
  emit(event: TrafficEvent): void;
}

/** Traffic without observers. */
export const unobserved: Traffic = {
  sample: () => false,
  begin: () => 0,
  follow: () => false,
  omit: () => {},
  emit: () => {},
};
