import type { Qos } from "../../../protocol/mqtt/packet.ts";

/** A message as it is kept. */
export interface StoredMessage {
  readonly topic: string;
  readonly qos: Qos;
  /** The properties that travel, as they go over the wire. */
  readonly properties: Uint8Array;
  readonly payload: Uint8Array;
  /** Milliseconds that it has left; Infinity: it does not expire. The time in the store counts. */
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
  /** Set once it has been sent. */
  readonly packetId?: number;
}

export interface StoredSubscription {
  readonly filter: string;
  readonly qos: Qos;
  readonly noLocal: boolean;
  readonly retainAsPublished: boolean;
  readonly identifier: number;
}

export interface StoredSession {
  readonly clientId: string;
  /** Milliseconds that it outlives its connection; Infinity: for ever. */
  readonly expiry: number;
  /** Milliseconds since its client left; 0 when the client was connected when the broker ended. */
  readonly away: number;
  readonly subscriptions: Iterable<StoredSubscription>;
  /** Queued and in flight, by number. */
  readonly deliveries: Iterable<StoredDelivery>;
  /** Packet identifiers whose PUBREC has come and whose PUBCOMP has not, in their order. */
  readonly confirmed: Iterable<number>;
  /** Packet identifiers of QoS 2 messages from the client that it has not released. */
  readonly incoming: Iterable<number>;
}

export interface Contents {
  readonly sessions: Iterable<StoredSession>;
  readonly retained: Iterable<StoredMessage>;
}

/**
 * Where sessions, what is in flight in them, and retained messages are kept beside the broker's own memory. It is
 * told of each change as it happens, of sessions that outlive their connection only; and once per turn of the
 * event loop, before anything said in that turn reaches the network, it is asked to commit. So no client is told
 * of something that a crash could undo.
 */
export interface Store {
  /** What was kept. Called once, before the first client is let in. */
  load(): Promise<Contents>;
  /** A session begins, or its expiry is another one now. */
  keepSession(clientId: string, expiry: number): void;
  /** The client has left, or is back. */
  setAway(clientId: string, isAway: boolean): void;
  endSession(clientId: string): void;
  subscribe(clientId: string, subscription: StoredSubscription): void;
  unsubscribe(clientId: string, filter: string): void;
  /** A message waits for the client, or is sent at once when it has a `packetId`. */
  deliver(clientId: string, delivery: StoredDelivery): void;
  /** A message that waited has been sent. */
  sent(clientId: string, number: number, packetId: number): void;
  /** PUBREC has come: only PUBREL is to be sent again. */
  confirmed(clientId: string, packetId: number): void;
  /** The message has been acknowledged to the end, or is given up. */
  settled(clientId: string, packetId: number): void;
  /** A message that waited is given up: expired, or too large for the client. */
  dropped(clientId: string, number: number): void;
  /** A QoS 2 message has come from the client; its identifier is known until `released`. */
  received(clientId: string, packetId: number): void;
  released(clientId: string, packetId: number): void;
  retain(message: StoredMessage): void;
  clear(topic: string): void;
  /** Makes durable what it has been told. It must be quick: the event loop waits. */
  commit(): void;
  close(): Promise<void>;
}
