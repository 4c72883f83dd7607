import { type Qos, qosOf } from "../../../protocol/mqtt/packet.ts";
import type { Grant } from "../ports/access.ts";
import type {
  Contents,
  StoredDelivery,
  StoredMessage,
  StoredSession,
  StoredSubscription,
  StoredWill,
} from "../ports/store.ts";
import { RecordReader } from "./record-reader.ts";
import { DeliveryFlag, forever, MessageFlag, Op, SessionFlag, SubscriptionFlag } from "./records.ts";
import { grantIn } from "./stored-grant.ts";

interface Delivery {
  readonly number: number;
  /** The number of its message. */
  readonly message: number;
  readonly flags: number;
  packetId: number | undefined;
  readonly share: string | undefined;
  readonly subscriptionIds: readonly number[] | undefined;
}

class ReplayedSession {
  clientId = "";
  owner: string | undefined;
  prefix: string | undefined;
  grant: Grant | undefined;
  expiry = 0;
  /** By the calendar, in milliseconds; 0: its client is connected. */
  awaySince = 0;
  readonly subscriptions = new Map<string, StoredSubscription>();
  /** By number. */
  readonly deliveries = new Map<number, Delivery>();
  /** The numbers of those that were sent, by packet identifier. */
  readonly sent = new Map<number, number>();
  readonly awaitingPubcomp = new Set<number>();
  readonly incoming = new Set<number>();
}

/** A message whose expiry is by the calendar. */
class ReplayedMessage implements StoredMessage {
  constructor(
    readonly topic: string,
    readonly qos: Qos,
    readonly retain: boolean,
    readonly properties: Uint8Array,
    readonly payload: Uint8Array,
    /** In milliseconds; Infinity: never. */
    readonly expiresAt: number,
    readonly now: () => number,
  ) {}

  get expiresIn(): number {
    return this.expiresAt - this.now();
  }
}

interface ReplayedWill {
  readonly delay: number;
  readonly packet: Uint8Array;
  readonly author: string | undefined;
}

/** What is missing of a session because a part of the log was damaged. */
export interface MissingMessages {
  readonly clientId: string;
  readonly count: number;
}

/**
 * Builds the state that records lead to, group by group. What is recorded of a session that is not known yet is left
 * out: where a checkpoint begins, a session is recorded anew a little later.
 */
export class Replay {
  readonly #now: () => number;
  readonly #sessions = new Map<number, ReplayedSession>();
  readonly #numbers = new Map<string, number>();
  readonly #messages = new Map<number, StoredMessage>();
  readonly #retained = new Map<string, StoredMessage>();
  readonly #wills = new Map<string, ReplayedWill>();
  readonly #topics = new Map<string, string>();
  #nextMessage = 1;
  #lastSession = 0;

  /** @param now by the calendar, in milliseconds */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** The number of the next message. */
  get nextMessage(): number {
    return this.#nextMessage;
  }

  get lastSession(): number {
    return this.#lastSession;
  }

  /** The numbers of the sessions, by client identifier, and since when their clients are away. */
  *sessionNumbers(): Generator<{ clientId: string; number: number; awaySince: number }> {
    for (const [number, { clientId, awaySince }] of this.#sessions) yield { clientId, number, awaySince };
  }

  /** @throws {Error} when the records make no sense: then nothing of this group after the mistake is applied */
  group(body: Buffer): void {
    const reader = new RecordReader(body);
    let topic = "";
    while (!reader.isAtEnd) {
      const op = reader.byte();
      if (op === Op.Message || op === Op.MessageSameTopic) {
        if (op === Op.Message) topic = this.#topic(reader.text());
        this.#messages.set(this.#nextMessage++, this.#message(reader, topic));
      } else this.#apply(op, reader);
    }
  }

  #apply(op: number, reader: RecordReader): void {
    switch (op) {
      case Op.Start:
        this.#nextMessage = Math.max(this.#nextMessage, reader.number());
        return;
      case Op.Session:
        return this.#session(reader);
      case Op.Away:
      case Op.End:
      case Op.Subscribe:
      case Op.Unsubscribe:
        return this.#change(op, reader);
      case Op.Deliver:
        return this.#deliver(reader);
      case Op.Sent:
        return this.#sent(reader);
      case Op.Pubrec:
      case Op.Completed:
      case Op.Dequeued:
      case Op.Received:
      case Op.Released:
      case Op.AwaitingPubcomp:
        return this.#run(op, reader);
      case Op.Retain: {
        const topic = reader.text();
        this.#retained.set(topic, this.#message(reader, topic));
        return;
      }
      case Op.Clear:
        this.#retained.delete(reader.text());
        return;
      case Op.Will:
      case Op.WillOf: {
        const clientId = reader.text();
        const delay = duration(reader.number());
        const packet = new Uint8Array(reader.view(reader.number()));
        this.#wills.set(clientId, { delay, packet, author: op === Op.WillOf ? reader.text() : undefined });
        return;
      }
      case Op.NoWill:
        this.#wills.delete(reader.text());
        return;
      default:
        throw new Error(`record ${op} at byte ${reader.at - 1} is unknown`);
    }
  }

  /** One string for each topic, however many messages it has. */
  #topic(text: string): string {
    const known = this.#topics.get(text);
    if (known !== undefined) return known;
    this.#topics.set(text, text);
    return text;
  }

  #message(reader: RecordReader, topic: string): StoredMessage {
    const flags = reader.byte();
    const expiresAt = flags & MessageFlag.Expires ? reader.number() : Number.POSITIVE_INFINITY;
    const properties = reader.number();
    const payload = reader.number();
    // One copy: a view would keep the whole file in memory.
    const bytes = new Uint8Array(reader.view(properties + payload));
    const head = properties === 0 ? nothing : bytes.subarray(0, properties);
    const body = properties === 0 ? bytes : bytes.subarray(properties);
    return new ReplayedMessage(
      topic,
      qosOf(flags),
      (flags & MessageFlag.Retain) !== 0,
      head,
      body,
      expiresAt,
      this.#now,
    );
  }

  #session(reader: RecordReader): void {
    const number = reader.number();
    const clientId = reader.text();
    const flags = reader.number();
    const owner = (flags & SessionFlag.Owner) === 0 ? undefined : reader.text();
    const prefix = (flags & SessionFlag.Prefix) === 0 ? undefined : reader.text();
    const grant = (flags & SessionFlag.Grant) === 0 ? undefined : grantIn(reader.text());
    const expiry = duration(reader.number());
    this.#lastSession = Math.max(this.#lastSession, number);
    const session = this.#sessions.get(number) ?? new ReplayedSession();
    const before = this.#numbers.get(clientId);
    if (before !== undefined && before !== number) this.#sessions.delete(before);
    session.clientId = clientId;
    session.owner = owner;
    session.prefix = prefix;
    session.grant = grant;
    session.expiry = expiry;
    this.#sessions.set(number, session);
    this.#numbers.set(clientId, number);
  }

  #change(op: number, reader: RecordReader): void {
    const number = reader.number();
    const session = this.#sessions.get(number);
    if (op === Op.Away) {
      const time = reader.number();
      if (session !== undefined) session.awaySince = time;
    } else if (op === Op.End) {
      this.#sessions.delete(number);
      if (session !== undefined && this.#numbers.get(session.clientId) === number)
        this.#numbers.delete(session.clientId);
    } else {
      const filter = reader.text();
      if (op === Op.Unsubscribe) session?.subscriptions.delete(filter);
      else {
        const subscription = subscriptionOf(filter, reader);
        session?.subscriptions.set(filter, subscription);
      }
    }
  }

  #deliver(reader: RecordReader): void {
    const count = reader.count();
    const session = this.#sessions.get(reader.number());
    const [number, message, flags] = [reader.number(), reader.number(), reader.byte()];
    const packetId = flags & DeliveryFlag.Sent ? reader.number() : undefined;
    const share = flags & DeliveryFlag.Shared ? reader.text() : undefined;
    const subscriptionIds = flags & DeliveryFlag.Identified ? numbersOf(reader) : undefined;
    if (session === undefined) return;
    for (let index = 0; index < count; index++) {
      const id = packetId === undefined ? undefined : packetId + index;
      const delivery = {
        number: number + index,
        message: message + index,
        flags,
        packetId: id,
        share,
        subscriptionIds,
      };
      session.deliveries.set(number + index, delivery);
      if (id !== undefined) session.sent.set(id, number + index);
    }
  }

  #sent(reader: RecordReader): void {
    const count = reader.count();
    const session = this.#sessions.get(reader.number());
    const [number, packetId] = [reader.number(), reader.number()];
    for (let index = 0; index < count; index++) {
      const delivery = session?.deliveries.get(number + index);
      if (session === undefined || delivery === undefined) continue;
      delivery.packetId = packetId + index;
      session.sent.set(packetId + index, number + index);
    }
  }

  #run(op: number, reader: RecordReader): void {
    const count = reader.count();
    const session = this.#sessions.get(reader.number());
    const first = reader.number();
    if (session === undefined) return;
    for (let value = first; value < first + count; value++) changeSession(session, op, value);
  }

  /**
   * What the records have led to. It takes much memory, and what is made of it as much again: so what has been given is
   * forgotten.
   */
  contents(): Contents {
    return { sessions: this.sessions(), retained: this.#takeRetained(), wills: this.wills() };
  }

  /** How many there are of each. */
  get counts(): { readonly sessions: number; readonly retained: number; readonly wills: number } {
    return { sessions: this.#sessions.size, retained: this.#retained.size, wills: this.#wills.size };
  }

  *#takeRetained(): Generator<StoredMessage, void, undefined> {
    for (const [topic, message] of this.#retained) {
      this.#retained.delete(topic);
      yield message;
    }
  }

  /** How many messages were named and not there, of each session. */
  missing(): MissingMessages[] {
    const missing: MissingMessages[] = [];
    for (const { clientId, deliveries } of this.#sessions.values()) {
      let count = 0;
      for (const { message } of deliveries.values()) if (!this.#messages.has(message)) count++;
      if (count > 0) missing.push({ clientId, count });
    }
    return missing;
  }

  sessions(): StoredSession[] {
    const now = this.#now();
    return [...this.#sessions.values()].map((session) => {
      const { clientId, owner, prefix, grant, expiry, awaySince, subscriptions, awaitingPubcomp, incoming } =
        session;
      const away = awayFor(awaySince, now);
      const deliveries = { [Symbol.iterator]: () => this.#takeDeliveries(session) };
      return {
        clientId,
        owner,
        ...(prefix !== undefined && { prefix }),
        ...(grant !== undefined && { grant }),
        expiry,
        away,
        subscriptions: subscriptions.values(),
        deliveries,
        awaitingPubcomp,
        incoming,
      };
    });
  }

  *#takeDeliveries({ deliveries, sent }: ReplayedSession): Generator<StoredDelivery, void, undefined> {
    for (const { number, message, flags, packetId, share, subscriptionIds } of inOrder(deliveries)) {
      const stored = this.#messages.get(message);
      if (stored === undefined) continue;
      const retain = (flags & DeliveryFlag.Retain) !== 0;
      yield { number, message: stored, qos: qosOf(flags), retain, subscriptionIds, share, packetId };
    }
    deliveries.clear();
    sent.clear();
  }

  wills(): StoredWill[] {
    const now = this.#now();
    return [...this.#wills].map(([clientId, { delay, packet, author }]) => {
      const session = this.#sessions.get(this.#numbers.get(clientId) ?? 0);
      return { clientId, delay, packet, author, away: awayFor(session?.awaySince ?? 0, now) };
    });
  }
}

/** 0 is only for who is connected; the clock may have been set back. */
const awayFor = (since: number, now: number): number => (since === 0 ? 0 : Math.max(1, now - since));

const nothing = new Uint8Array(0);

/** By number. Mostly they are, as they were recorded. */
function inOrder(deliveries: ReadonlyMap<number, Delivery>): Iterable<Delivery> {
  let last = 0;
  for (const number of deliveries.keys()) {
    if (number < last) return [...deliveries.values()].sort((one, other) => one.number - other.number);
    last = number;
  }
  return deliveries.values();
}

function changeSession(session: ReplayedSession, op: number, value: number): void {
  const { deliveries, sent, awaitingPubcomp, incoming } = session;
  switch (op) {
    case Op.Pubrec:
    case Op.Completed: {
      if (op === Op.Completed && awaitingPubcomp.delete(value)) return;
      const number = sent.get(value);
      sent.delete(value);
      if (number !== undefined) deliveries.delete(number);
      if (op === Op.Pubrec) awaitingPubcomp.add(value);
      return;
    }
    case Op.Dequeued:
      deliveries.delete(value);
      return;
    case Op.Received:
      incoming.add(value);
      return;
    case Op.Released:
      incoming.delete(value);
      return;
    case Op.AwaitingPubcomp:
      // As a checkpoint says them: in the order in which they were sent.
      awaitingPubcomp.delete(value);
      awaitingPubcomp.add(value);
  }
}

function subscriptionOf(filter: string, reader: RecordReader): StoredSubscription {
  const flags = reader.byte();
  const noLocal = (flags & SubscriptionFlag.NoLocal) !== 0;
  const retainAsPublished = (flags & SubscriptionFlag.RetainAsPublished) !== 0;
  return { filter, qos: qosOf(flags), noLocal, retainAsPublished, identifier: reader.number() };
}

function numbersOf(reader: RecordReader): number[] {
  return Array.from({ length: reader.number() }, () => reader.number());
}

const duration = (number: number): number => (number === forever ? Number.POSITIVE_INFINITY : number - 1);
