import type { Qos } from "../../../protocol/mqtt/packet.ts";

/**
 * A message as it is kept. Who keeps it for several sessions is given the same object each time, so a store may
 * keep it once; its bytes never change.
 */
export interface StoredMessage {
  readonly topic: string;
  readonly qos: Qos;
  /** As it was published. */
  readonly retain: boolean;
  /** The forwarded properties as they go over the wire, without their length. */
  readonly properties: Uint8Array;
  readonly payload: Uint8Array;
  /** Milliseconds that it has left, now; Infinity: it does not expire. The time in the store counts. */
  readonly expiresIn: number;
}

/** A message for one session. */
export interface StoredDelivery {
  /** Grows within the session: the order of delivery. */
  readonly number: number;
  readonly message: StoredMessage;
  readonly qos: Qos;
  readonly retain: boolean;
  readonly subscriptionIds: readonly number[] | undefined;
  /** The shared subscription that it came by, `$share/group/` included: another member may get it instead. */
  readonly share: string | undefined;
  /** Set once it has been sent. */
  readonly packetId: number | undefined;
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

export interface StoredSession {
  readonly clientId: string;
  /** The user name that it was begun under; nobody else may go on with it. */
  readonly owner: string | undefined;
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

export interface Contents {
  readonly sessions: Iterable<StoredSession>;
  readonly retained: Iterable<StoredMessage>;
}

/**
 * Where sessions, what is in flight in them, and retained messages are kept beside the broker's own memory. It records
 * each change as it happens, of sessions that outlive their connection only; and once per turn of the event loop,
 * before anything sent in that turn reaches the network, it commits. So no client learns of something that a crash
 * could undo.
 *
 * What is recorded between two commits belongs together: after a crash either all of it is there or nothing. A message
 * at QoS 2 that was kept with its identifier for some of its subscribers only would be lost, or come twice.
 *
 * Wills are not kept: those that wait for their delay when the broker stops are published then, those of a broker
 * that crashes are lost.
 */
export interface Store {
  /** False: nothing outlives the broker, and no change is recorded. */
  readonly isDurable: boolean;
  /** What was kept. Called once, before the first client is let in. */
  load(): Promise<Contents>;
  /** A session begins, or its expiry is another one now. */
  keepSession(clientId: string, expiry: number, owner: string | undefined): void;
  /** The client has left, now, or is back. */
  setAway(clientId: string, isAway: boolean): void;
  /** Nothing of the session remains, nor its subscriptions and messages. */
  endSession(clientId: string): void;
  /** In place of a subscription to the same filter, if there is one. */
  subscribe(clientId: string, subscription: StoredSubscription): void;
  unsubscribe(clientId: string, filter: string): void;
  /** A message is queued for the client, or sent at once when it has a `packetId`. */
  deliver(clientId: string, delivery: StoredDelivery): void;
  /** A message that was queued has been sent. */
  sent(clientId: string, number: number, packetId: number): void;
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
  retain(message: StoredMessage): void;
  clear(topic: string): void;
  /**
   * Makes durable what it has recorded. It must be quick: the event loop waits. Called again when there is nothing
   * new, it must cost nothing.
   * @throws {Error} when it cannot: then the broker sends nothing more to anybody, and its service fails
   */
  commit(): void;
  /** Called once, after the last client has left. */
  close(): Promise<void>;
}

/** The broker's own memory is all there is. */
export const memoryStore: Store = {
  isDurable: false,
  load: async () => ({ sessions: [], retained: [] }),
  keepSession: () => {},
  setAway: () => {},
  endSession: () => {},
  subscribe: () => {},
  unsubscribe: () => {},
  deliver: () => {},
  sent: () => {},
  pubrec: () => {},
  completed: () => {},
  dequeued: () => {},
  received: () => {},
  released: () => {},
  retain: () => {},
  clear: () => {},
  commit: () => {},
  close: async () => {},
};
