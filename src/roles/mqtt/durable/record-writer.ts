import type { GroupBuffer } from "../../../storage/group-buffer.ts";
import type { LiveSession, RecordedDelivery, RecordedMessage, StoredSubscription } from "../ports/store.ts";
import {
  DeliveryFlag,
  forever,
  MessageFlag,
  Op,
  type OpCode,
  SessionFlag,
  SubscriptionFlag,
} from "./records.ts";
import { grantText } from "./stored-grant.ts";

/** The log that is recorded into: its body is another one in each group. */
export interface RecordedLog {
  readonly body: GroupBuffer;
  readonly recording: number;
}

/** The most that the numbers of a record take: eight varints, its kind, flags and a count. */
const maxNumbers = 80;

const noTopic = new Uint8Array(0);

/** Writes records. Changes of a kind that follow each other become one record. */
export class RecordWriter {
  readonly #log: RecordedLog;
  /** The number of the next message. */
  nextMessage: number;
  /** Changes that were recorded. */
  count = 0;
  /** The group that the last record went into. */
  #group = -1;
  #topic: Uint8Array = noTopic;
  /** The last record, if it is a run: what would continue it. */
  #run: OpCode | 0 = 0;
  #runCount = 0;
  #runAt = 0;
  #session = 0;
  #next = 0;
  #nextId = 0;
  #nextMessageOfRun = 0;
  #flags = 0;
  #share: string | undefined;
  #ids: readonly number[] | undefined;

  constructor(log: RecordedLog, nextMessage: number) {
    this.#log = log;
    this.nextMessage = nextMessage;
  }

  session(
    session: number,
    {
      clientId,
      owner,
      prefix,
      grant,
      expiry,
    }: Pick<LiveSession, "clientId" | "owner" | "prefix" | "grant" | "expiry">,
  ): void {
    const granted = grant === undefined ? undefined : grantText(grant);
    const texts = [clientId, owner, prefix, granted];
    const characters = texts.reduce((sum, text) => sum + (text?.length ?? 0), 0);
    const body = this.#begin(Op.Session, maxNumbers + 3 * characters);
    putNumber(body, session);
    putText(body, clientId);
    const flags =
      (owner === undefined ? 0 : SessionFlag.Owner) |
      (prefix === undefined ? 0 : SessionFlag.Prefix) |
      (granted === undefined ? 0 : SessionFlag.Grant);
    putNumber(body, flags);
    if (owner !== undefined) putText(body, owner);
    if (prefix !== undefined) putText(body, prefix);
    if (granted !== undefined) putText(body, granted);
    putNumber(body, durationNumber(expiry));
  }

  away(session: number, time: number): void {
    const body = this.#begin(Op.Away, maxNumbers);
    putNumber(body, session);
    putNumber(body, time);
  }

  end(session: number): void {
    putNumber(this.#begin(Op.End, maxNumbers), session);
  }

  subscribe(session: number, subscription: StoredSubscription): void {
    const { filter, qos, noLocal, retainAsPublished, identifier } = subscription;
    const body = this.#begin(Op.Subscribe, maxNumbers + 3 * filter.length);
    putNumber(body, session);
    putText(body, filter);
    const flags =
      (noLocal ? SubscriptionFlag.NoLocal : 0) | (retainAsPublished ? SubscriptionFlag.RetainAsPublished : 0);
    putByte(body, qos | flags);
    putNumber(body, identifier);
  }

  unsubscribe(session: number, filter: string): void {
    const body = this.#begin(Op.Unsubscribe, maxNumbers + 3 * filter.length);
    putNumber(body, session);
    putText(body, filter);
  }

  /** @param expiresAt by the calendar, in milliseconds; Infinity: never. @returns the message's number */
  message(message: RecordedMessage, expiresAt: number): number {
    this.#startGroup();
    const body = this.#reserve(maxNumbers + message.topic.bytes.length + sizeOf(message));
    this.#putNext(body, message, expiresAt);
    return this.nextMessage++;
  }

  /** Messages that none has come before, each with the next number. */
  messages(deliveries: readonly RecordedDelivery[], expiryOf: (message: RecordedMessage) => number): void {
    this.#startGroup();
    let length = 0;
    for (const { message } of deliveries) length += maxNumbers + message.topic.bytes.length + sizeOf(message);
    const body = this.#reserve(length);
    for (const { message } of deliveries) {
      this.#putNext(body, message, expiryOf(message));
      message.storeNumber = this.nextMessage++;
    }
  }

  #putNext(body: GroupBuffer, message: RecordedMessage, expiresAt: number): void {
    const { bytes } = message.topic;
    const isSame = bytes === this.#topic;
    // A run of deliveries goes on behind it.
    putByte(body, isSame ? Op.MessageSameTopic : Op.Message);
    if (!isSame) putBytes(body, bytes);
    this.#topic = bytes;
    putMessage(body, message, expiresAt);
  }

  /** @param count of deliveries like this one, whose numbers, messages and packet identifiers follow each other */
  deliver(
    session: number,
    delivery: RecordedDelivery,
    number: number,
    message: number,
    packetId: number | undefined,
    count = 1,
  ): void {
    const { qos, retain, share, subscriptionIds } = delivery;
    const flags =
      qos |
      (retain ? DeliveryFlag.Retain : 0) |
      (packetId === undefined ? 0 : DeliveryFlag.Sent) |
      (share === undefined ? 0 : DeliveryFlag.Shared) |
      (subscriptionIds === undefined ? 0 : DeliveryFlag.Identified);
    const isRun =
      this.#continues(Op.Deliver, session, number) &&
      message === this.#nextMessageOfRun &&
      flags === this.#flags &&
      (packetId === undefined || packetId === this.#nextId) &&
      share === this.#share &&
      subscriptionIds === this.#ids;
    if (!isRun) this.#beginDeliver(session, delivery, number, message, packetId, flags);
    this.#extend(isRun ? count : count - 1);
    this.#next = number + count;
    this.#nextMessageOfRun = message + count;
    this.#nextId = (packetId ?? 0) + count;
  }

  #beginDeliver(
    session: number,
    { share, subscriptionIds }: RecordedDelivery,
    number: number,
    message: number,
    packetId: number | undefined,
    flags: number,
  ): void {
    const length = maxNumbers + 3 * (share?.length ?? 0) + 8 * (subscriptionIds?.length ?? 0);
    const body = this.#beginRun(Op.Deliver, session, length);
    putNumber(body, number);
    putNumber(body, message);
    putByte(body, flags);
    if (packetId !== undefined) putNumber(body, packetId);
    if (share !== undefined) putText(body, share);
    if (subscriptionIds !== undefined) {
      putNumber(body, subscriptionIds.length);
      for (const id of subscriptionIds) putNumber(body, id);
    }
    this.#flags = flags;
    this.#share = share;
    this.#ids = subscriptionIds;
  }

  sent(session: number, number: number, packetId: number): void {
    if (this.#continues(Op.Sent, session, number) && packetId === this.#nextId) this.#extend(1);
    else {
      const body = this.#beginRun(Op.Sent, session, maxNumbers);
      putNumber(body, number);
      putNumber(body, packetId);
    }
    this.#next = number + 1;
    this.#nextId = packetId + 1;
  }

  /** A change that concerns a packet identifier or the number of a delivery. */
  change(op: OpCode, session: number, value: number): void {
    if (this.#continues(op, session, value)) this.#extend(1);
    else putNumber(this.#beginRun(op, session, maxNumbers), value);
    this.#next = value + 1;
  }

  retain(message: RecordedMessage, expiresAt: number): void {
    const { bytes } = message.topic;
    const body = this.#begin(Op.Retain, maxNumbers + bytes.length + sizeOf(message));
    putBytes(body, bytes);
    putMessage(body, message, expiresAt);
  }

  clear(topic: string): void {
    putText(this.#begin(Op.Clear, maxNumbers + 3 * topic.length), topic);
  }

  will(clientId: string, delay: number, packet: Uint8Array, author?: string): void {
    const op = author === undefined ? Op.Will : Op.WillOf;
    const length = maxNumbers + 3 * (clientId.length + (author?.length ?? 0)) + packet.length;
    const body = this.#begin(op, length);
    putText(body, clientId);
    putNumber(body, durationNumber(delay));
    putBytes(body, packet);
    if (author !== undefined) putText(body, author);
  }

  noWill(clientId: string): void {
    putText(this.#begin(Op.NoWill, maxNumbers + 3 * clientId.length), clientId);
  }

  #begin(op: OpCode, length: number): GroupBuffer {
    this.#startGroup();
    this.count++;
    this.#run = 0;
    const body = this.#reserve(length);
    putByte(body, op);
    return body;
  }

  #beginRun(op: OpCode, session: number, length: number): GroupBuffer {
    const body = this.#begin(op, length);
    this.#run = op;
    this.#runCount = 1;
    this.#runAt = body.at;
    this.#session = session;
    putCount(body.bytes, 1, body.at);
    body.at += 4;
    putNumber(body, session);
    return body;
  }

  #continues(op: OpCode, session: number, value: number): boolean {
    return (
      this.#run === op &&
      this.#session === session &&
      this.#next === value &&
      this.#group === this.#log.recording
    );
  }

  #extend(count: number): void {
    this.count += count;
    this.#runCount += count;
    putCount(this.#log.body.bytes, this.#runCount, this.#runAt);
  }

  #startGroup(): void {
    const { recording } = this.#log;
    if (recording === this.#group) return;
    this.#group = recording;
    this.#run = 0;
    this.#topic = noTopic;
    const body = this.#reserve(maxNumbers);
    putByte(body, Op.Start);
    putNumber(body, this.nextMessage);
  }

  #reserve(length: number): GroupBuffer {
    const { body } = this.#log;
    body.reserve(length);
    return body;
  }
}

export const durationNumber = (milliseconds: number): number =>
  milliseconds === Number.POSITIVE_INFINITY ? forever : Math.ceil(milliseconds) + 1;

/** What the message's own bytes take. */
const sizeOf = ({ propertiesEnd, propertiesStart, end, payloadStart }: RecordedMessage): number =>
  propertiesEnd - propertiesStart + end - payloadStart;

function putMessage(body: GroupBuffer, message: RecordedMessage, expiresAt: number): void {
  const { qos, retain, properties, propertiesStart, propertiesEnd, bytes, payloadStart, end } = message;
  const expires = expiresAt !== Number.POSITIVE_INFINITY;
  putByte(body, qos | (retain ? MessageFlag.Retain : 0) | (expires ? MessageFlag.Expires : 0));
  if (expires) putNumber(body, Math.max(0, Math.ceil(expiresAt)));
  putNumber(body, propertiesEnd - propertiesStart);
  putNumber(body, end - payloadStart);
  copy(body, properties, propertiesStart, propertiesEnd);
  copy(body, bytes, payloadStart, end);
}

/** Without a view of the source where it is needed as a whole. */
function copy(body: GroupBuffer, source: Uint8Array, start: number, end: number): void {
  if (start === end) return;
  body.bytes.set(start === 0 && end === source.length ? source : source.subarray(start, end), body.at);
  body.at += end - start;
}

function putByte(body: GroupBuffer, value: number): void {
  body.bytes[body.at++] = value;
}

/** In four bytes, the lowest first. A run that goes on does so for each message, and a call of Buffer's costs more than this. */
function putCount(bytes: Uint8Array, count: number, at: number): void {
  bytes[at] = count;
  bytes[at + 1] = count >>> 8;
  bytes[at + 2] = count >>> 16;
  bytes[at + 3] = count >>> 24;
}

function putNumber(body: GroupBuffer, value: number): void {
  const { bytes } = body;
  let { at } = body;
  let rest = value;
  while (rest >= 2 ** 31) {
    bytes[at++] = (rest % 128) | 0x80;
    rest = Math.floor(rest / 128);
  }
  let small = rest | 0;
  while (small >= 0x80) {
    bytes[at++] = (small & 0x7f) | 0x80;
    small >>>= 7;
  }
  bytes[at++] = small;
  body.at = at;
}

function putText(body: GroupBuffer, text: string): void {
  const length = Buffer.byteLength(text);
  putNumber(body, length);
  body.bytes.write(text, body.at);
  body.at += length;
}

function putBytes(body: GroupBuffer, bytes: Uint8Array): void {
  putNumber(body, bytes.length);
  body.bytes.set(bytes, body.at);
  body.at += bytes.length;
}
