import type { Qos } from "../../../protocol/mqtt/packet.ts";
import type { Grant } from "./access.ts";

/** A message as it is recorded. Every session that keeps it has the same object, so a store may record it once. */
export interface RecordedMessage {
  readonly topic: { readonly text: string; readonly bytes: Uint8Array };
  readonly qos: Qos;
  /** As it was published. */
  readonly retain: boolean;
  /** Holds the forwarded properties as they go over the wire, without their length. */
  readonly properties: Uint8Array;
  readonly propertiesStart: number;
  readonly propertiesEnd: number;
  /** Holds the payload. */
  readonly bytes: Uint8Array;
  readonly payloadStart: number;
  readonly end: number;
  /** On the broker's clock, in milliseconds; Infinity: never. The time without a broker counts, too. */
  readonly expiresAt: number;
  /** The store's own: what it knows the message by. At first 0. */
  storeNumber: number;
}

/** A message for one session, as it is recorded. */
export interface RecordedDelivery {
  /** Grows within the session: the order of delivery. */
  readonly number?: number | undefined;
  readonly message: RecordedMessage;
  readonly qos: Qos;
  readonly retain: boolean;
  readonly subscriptionIds: readonly number[] | undefined;
  /** The shared subscription that it came by, `$share/group/` included: another member may get it instead. */
  readonly share?: string | undefined;
}

export interface StoredSubscription {
  /** As the client wrote it, with `$share/group/` if it did. */
  readonly filter: string;
  readonly qos: Qos;
  readonly noLocal: boolean;
  readonly retainAsPublished: boolean;
  /** 0 is none. */
  readonly identifier: number;
}

/** A message as it was kept. It is the same object for each session that it was kept for. */
export interface StoredMessage {
  readonly topic: string;
  readonly qos: Qos;
  readonly retain: boolean;
  readonly properties: Uint8Array;
  readonly payload: Uint8Array;
  /** Milliseconds that it has left, now; Infinity: it does not expire. */
  readonly expiresIn: number;
}

export interface StoredDelivery {
  readonly number: number;
  readonly message: StoredMessage;
  readonly qos: Qos;
  readonly retain: boolean;
  readonly subscriptionIds: readonly number[] | undefined;
  readonly share: string | undefined;
  /** Set once it has been sent. */
  readonly packetId: number | undefined;
}

export interface StoredSession {
  readonly clientId: string;
  /** The user name that it was begun under; nobody else may go on with it. */
  readonly owner: string | undefined;
  /** What all its topics begin with, and its client does not see. */
  readonly prefix?: string | undefined;
  /** What somebody else than the configuration has said of its client. */
  readonly grant?: Grant | undefined;
  /** Milliseconds that it outlives its connection; Infinity: for ever. */
  readonly expiry: number;
  /** Milliseconds since its client left; 0 when the client was connected when the broker ended. */
  readonly away: number;
  readonly subscriptions: Iterable<StoredSubscription>;
  /** Queued and in flight, by number. */
  readonly deliveries: Iterable<StoredDelivery>;
  /** Packet identifiers whose PUBREC has come and whose PUBCOMP has not, in their order. */
  readonly awaitingPubcomp: Iterable<number>;
  /** Packet identifiers of QoS 2 messages from the client that it has not released. */
  readonly incoming: Iterable<number>;
}

/** What is published if a client does not come back. */
export interface StoredWill {
  readonly clientId: string;
  /** Milliseconds between the loss of its client and its publication, unless the session ends before. */
  readonly delay: number;
  /** The message as a PUBLISH packet of MQTT 5. */
  readonly packet: Uint8Array;
  /** The name that its client had proved; undefined: none. */
  readonly author?: string | undefined;
  /** Milliseconds since the client left; 0 when it was connected when the broker ended. */
  readonly away: number;
}

/** What a store gives back. It may be gone through once: what has been given is not kept any longer. */
export interface Contents {
  readonly sessions: Iterable<StoredSession>;
  readonly retained: Iterable<StoredMessage>;
  readonly wills: Iterable<StoredWill>;
}

/** What a session keeps now. */
export interface LiveSession {
  readonly clientId: string;
  readonly owner: string | undefined;
  readonly prefix?: string | undefined;
  /** What somebody else than the configuration has said of its client. */
  readonly grant?: Grant | undefined;
  readonly expiry: number;
  readonly subscriptions: Iterable<StoredSubscription>;
  readonly inFlight: Iterable<readonly [delivery: RecordedDelivery, packetId: number]>;
  readonly awaitingPubcomp: Iterable<number>;
  readonly incoming: Iterable<number>;
  /** What is queued behind the delivery of this number, in the order of the numbers. */
  queuedAfter(number: number): Iterable<RecordedDelivery>;
}

/**
 * All that is kept now, for a store that records it anew to be rid of what is past. It may be gone through in pieces
 * while it changes: what was there all the time comes.
 */
export interface LiveState {
  /** About so many bytes it takes to record it. */
  size(): number;
  sessions(): Iterator<LiveSession>;
  /** Undefined comes between messages, as a good moment for something else. */
  retained(): Iterator<RecordedMessage | undefined>;
}

/**
 * Where sessions, what is in flight in them, retained messages and wills are kept beside the broker's own memory. It
 * records each change as it happens, of sessions that outlive their connection only; and once per turn of the event
 * loop it commits what was recorded as one group, which is durable at once or later. What a client is told of a change
 * waits for its group: so no client learns of something that a crash could undo.
 *
 * What is recorded between two commits belongs together: after a crash either all of it is there or nothing. A message
 * at QoS 2 that was kept with its identifier for some of its subscribers only would be lost, or come twice.
 */
export interface Store {
  /** False: nothing outlives the broker, and no change is recorded. */
  readonly isDurable: boolean;
  /** What a power cut takes away, in a few words, as `$SYS` says it. */
  readonly description: string;
  /** Changes that were recorded, counted; without those of which nobody is told. */
  readonly recorded: number;
  /** The number of the group that the next change belongs to. */
  readonly recording: number;
  /** Up to which group no crash takes anything away. */
  readonly durable: number;
  /** More is recorded than the disk takes: nobody should be read before more is durable. */
  readonly isBehind: boolean;
  /** False: there is no room for further messages; what frees room is recorded all the same. */
  readonly hasRoom: boolean;
  /** What was kept. Called once, before the first client is let in. */
  load(): Promise<Contents>;
  /** Called once, when what was kept has been restored. */
  begin(state: LiveState, events: StoreEvents): void;
  /** A session begins, or its expiry is another one now. */
  keepSession(
    clientId: string,
    expiry: number,
    owner: string | undefined,
    prefix?: string,
    grant?: Grant,
  ): void;
  /** The client has left, now, or is back. */
  setAway(clientId: string, isAway: boolean): void;
  /** Nothing of the session remains, nor its subscriptions and messages. */
  endSession(clientId: string): void;
  /** In place of a subscription to the same filter, if there is one. */
  subscribe(clientId: string, subscription: StoredSubscription): void;
  unsubscribe(clientId: string, filter: string): void;
  /** A message is queued for the client, or sent at once when it has a `packetId`. */
  deliver(clientId: string, delivery: RecordedDelivery, number: number, packetId: number | undefined): void;
  /**
   * The same for several that were sent at once, and differ in nothing but their messages: the numbers and packet identifiers follow
   * those of the first one.
   */
  deliverRun(
    clientId: string,
    deliveries: readonly RecordedDelivery[],
    number: number,
    packetId: number,
  ): void;
  /** A message that was queued has been sent. */
  sent(clientId: string, delivery: RecordedDelivery, number: number, packetId: number): void;
  /** PUBREC has come: only PUBREL is to be sent again. */
  pubrec(clientId: string, packetId: number): void;
  /** A delivery is complete, given up, or goes to another client. */
  completed(clientId: string, packetId: number): void;
  /** A message is queued no more: sent at QoS 0, expired, too large, or for another client. */
  dequeued(clientId: string, number: number): void;
  /** A QoS 2 message has come from the client; its identifier is known until `released`. */
  received(clientId: string, packetId: number): void;
  released(clientId: string, packetId: number): void;
  /** In place of the message that the topic had. `$SYS` is not recorded. */
  retain(message: RecordedMessage): void;
  clear(topic: string): void;
  /** The client has a will, in place of one that it had. @param packet makes the PUBLISH that it becomes */
  keepWill(clientId: string, delay: number, packet: () => Uint8Array, author?: string): void;
  /** It was published, or is not to be. */
  dropWill(clientId: string): void;
  /**
   * Ends the group that was recorded, unless another one is still on its way: then it goes on. Called again when there
   * is nothing new, it must cost nothing.
   * @throws {Error} when nothing can become durable any more: then the broker sends nothing more to anybody, and its
   * service fails
   */
  commit(): void;
  /** Called once, after the last client has left. */
  close(): Promise<void>;
}

/** What a store says by itself. */
export interface StoreEvents {
  /** `durable` has grown. */
  onDurable(): void;
  /** Nothing can become durable any more. */
  onFailure(cause: unknown): void;
  /** `hasRoom` has changed. */
  onRoom(): void;
}

/** The broker's own memory is all there is. */
export const memoryStore: Store = {
  isDurable: false,
  description: "memory only",
  recorded: 0,
  recording: 0,
  durable: 0,
  isBehind: false,
  hasRoom: true,
  load: async () => ({ sessions: [], retained: [], wills: [] }),
  begin: () => {},
  keepSession: () => {},
  setAway: () => {},
  endSession: () => {},
  subscribe: () => {},
  unsubscribe: () => {},
  deliver: () => {},
  deliverRun: () => {},
  sent: () => {},
  pubrec: () => {},
  completed: () => {},
  dequeued: () => {},
  received: () => {},
  released: () => {},
  retain: () => {},
  clear: () => {},
  keepWill: () => {},
  dropWill: () => {},
  commit: () => {},
  close: async () => {},
};
