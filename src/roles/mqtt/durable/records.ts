/**
 * What stands in a group: records, each a byte that says what it is and its fields. Numbers are varints as MQTT writes
 * them, of up to eight bytes; texts and bytes begin with their length. A run stands for several changes of a kind whose
 * numbers follow each other; it has their count first, in four bytes, which grows in place while it is recorded.
 *
 * Messages are numbered as they are recorded: a group begins with the number of its first one. A run of deliveries may
 * stand before the messages that it names, in the same group.
 */
export const Op = {
  /** The number of the group's first message. */
  Start: 1,
  /**
   * session, client identifier, flags, owner, prefix, grant, expiry: a session begins, has another expiry, or is recorded anew. A reader who
   * knows it keeps all that it knows: what follows is the same.
   */
  Session: 2,
  /** session, time: its client left then; 0: it is back. */
  Away: 4,
  /** session */
  End: 5,
  /** session, filter, options, identifier */
  Subscribe: 6,
  /** session, filter */
  Unsubscribe: 7,
  /** A message, with the next number. */
  Message: 8,
  /** The same, to the topic of the one before. */
  MessageSameTopic: 9,
  /** count, session, number, message, flags, packet identifier, share, subscription identifiers */
  Deliver: 10,
  /** count, session, number, packet identifier */
  Sent: 11,
  /** count, session, packet identifier */
  Pubrec: 12,
  /** count, session, packet identifier */
  Completed: 13,
  /** count, session, number */
  Dequeued: 14,
  /** count, session, packet identifier */
  Received: 15,
  /** count, session, packet identifier */
  Released: 16,
  /** count, session, packet identifier: its PUBCOMP is waited for. */
  AwaitingPubcomp: 17,
  /** A message of its own, in place of the topic's. */
  Retain: 18,
  /** topic */
  Clear: 19,
  /** client identifier, delay, PUBLISH packet */
  Will: 20,
  /** client identifier */
  NoWill: 21,
  /** client identifier, delay, PUBLISH packet, the name that the client had proved */
  WillOf: 22,
} as const;

export type OpCode = (typeof Op)[keyof typeof Op];

/** Of a message: the low two bits are its QoS. */
export const MessageFlag = { Retain: 4, Expires: 8 } as const;

/** Of a delivery: the low two bits are its QoS. */
export const DeliveryFlag = { Retain: 4, Sent: 8, Shared: 16, Identified: 32 } as const;

/** Of a session: which texts follow. */
export const SessionFlag = { Owner: 1, Prefix: 2, Grant: 4 } as const;

/** Of a subscription: the low two bits are its QoS. */
export const SubscriptionFlag = { NoLocal: 4, RetainAsPublished: 8 } as const;

/** For an expiry or a delay that never ends; otherwise it is the number of milliseconds and one. */
export const forever = 0;
