import type { Qos } from "../../../protocol/mqtt/packet.ts";
import { isSystemTopic, topicMatches } from "../../../protocol/mqtt/topic.ts";
import type {
  Contents,
  StoredDelivery,
  StoredMessage,
  StoredSession,
  StoredSubscription,
} from "../ports/store.ts";

/*
 * mosquitto.db, what a Mosquitto with `persistence true` keeps, in its versions 5 and 6 (Mosquitto 1.6 to 2.0). A head of
 * 23 bytes, then chunks, each with its kind and length. A chunk begins with a struct of C, whose 64-bit members have the
 * byte order of the machine (little-endian wherever Mosquitto is at home), and all others that of the network.
 */

const magic = Buffer.from([0, 0xb5, 0, ...Buffer.from("mosquitto db")]);
/** The magic bytes, a CRC that nobody fills in, and the version. */
const headLength = magic.length + 8;

const Chunk = { message: 2, clientMessage: 3, retained: 4, subscription: 5, client: 6 } as const;

/** Where a message to or from a client stands. */
const State = { waitForPubrec: 5, resendPubrel: 6, waitForPubrel: 7, waitForPubcomp: 9, queued: 11 } as const;
const outgoing = 1;

const forever = 0xffff_ffff;

/** Whether a file begins as one of Mosquitto's. */
export const isMosquittoDb = (head: Uint8Array): boolean =>
  Buffer.from(head.buffer, head.byteOffset, Math.min(head.length, magic.length)).equals(magic);

/**
 * What is in the bytes of a mosquitto.db.
 * @param now milliseconds since 1970
 * @throws {Error} naming the byte where it is not one
 */
export function readMosquittoDb(bytes: Buffer, now: number): Contents {
  const version = bytes.length < headLength ? 0 : bytes.readUInt32BE(headLength - 4);
  if (version < 5 || version > 6)
    throw new Error(`its format is version ${version}, and versions 5 and 6 are read (Mosquitto 1.6 to 2.0)`);
  const database = new Database(now, version);
  for (let at = headLength; at < bytes.length; ) {
    if (at + 8 > bytes.length) throw damaged(at);
    const [kind, length] = [bytes.readUInt32BE(at), bytes.readUInt32BE(at + 4)];
    const end = at + 8 + length;
    if (end > bytes.length) throw damaged(at);
    database.read(kind, new Fields(bytes, at + 8, end));
    at = end;
  }
  return database.contents();
}

const damaged = (at: number): Error => new Error(`it is damaged, or cut off, at byte ${at}`);

/** The members of a struct, and the texts after it, one after the other. */
class Fields {
  constructor(
    readonly bytes: Buffer,
    public at: number,
    readonly end: number,
  ) {}

  #take(size: number): number {
    const { at } = this;
    if (at + size > this.end) throw damaged(at);
    this.at += size;
    return at;
  }

  host64 = (): bigint => this.bytes.readBigInt64LE(this.#take(8));
  number32 = (): number => this.bytes.readUInt32BE(this.#take(4));
  number16 = (): number => this.bytes.readUInt16BE(this.#take(2));
  byte = (): number => this.bytes.readUInt8(this.#take(1));
  skip = (size: number): void => void this.#take(size);

  raw(size: number): Uint8Array {
    const at = this.#take(size);
    return this.bytes.subarray(at, at + size);
  }

  text = (size: number): string => Buffer.from(this.raw(size)).toString("utf8");

  qos(): Qos {
    const at = this.at;
    const value = this.byte();
    if (value !== 0 && value !== 1 && value !== 2) throw damaged(at);
    return value;
  }

  /** Properties as in a packet, without their length; none where nothing is left. */
  properties(): Uint8Array {
    if (this.at === this.end) return new Uint8Array(0);
    let length = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte();
      length |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
      if (shift > 14) throw damaged(this.at);
    }
    return this.raw(length);
  }
}

interface Session {
  readonly clientId: string;
  readonly owner: string | undefined;
  readonly expiry: number;
  readonly away: number;
  readonly subscriptions: StoredSubscription[];
  /** In flight, then what waits. */
  readonly sent: StoredDelivery[];
  readonly queued: StoredDelivery[];
  readonly awaitingPubcomp: number[];
  readonly incoming: number[];
}

class Database {
  readonly #now: number;
  readonly #version: number;
  readonly #messages = new Map<bigint, StoredMessage>();
  readonly #sessions = new Map<string, Session>();
  readonly #retained = new Map<string, StoredMessage>();
  /** Taken at QoS 2, and not yet released by their clients: Mosquitto delivers them at the release. */
  readonly #unreleased: StoredMessage[] = [];

  constructor(now: number, version: number) {
    this.#now = now;
    this.#version = version;
  }

  read(kind: number, fields: Fields): void {
    if (kind === Chunk.message) this.#message(fields);
    else if (kind === Chunk.client) this.#client(fields);
    else if (kind === Chunk.subscription) this.#subscription(fields);
    else if (kind === Chunk.clientMessage) this.#clientMessage(fields);
    else if (kind === Chunk.retained) this.#retain(this.#messages.get(fields.host64()));
  }

  #message(fields: Fields): void {
    const [id, expiryTime, payloadLength] = [fields.host64(), Number(fields.host64()), fields.number32()];
    fields.number16(); // the packet identifier at its publisher
    const [sourceLength, usernameLength, topicLength] = [
      fields.number16(),
      fields.number16(),
      fields.number16(),
    ];
    fields.number16(); // the port that it came by
    const [qos, retain] = [fields.qos(), fields.byte() !== 0];
    fields.skip(sourceLength + usernameLength);
    const [topic, payload] = [fields.text(topicLength), fields.raw(payloadLength)];
    const expiresIn = expiryTime === 0 ? Number.POSITIVE_INFINITY : expiryTime * 1000 - this.#now;
    this.#messages.set(id, { topic, qos, retain, properties: fields.properties(), payload, expiresIn });
  }

  #client(fields: Fields): void {
    const [expiryTime, interval] = [Number(fields.host64()), fields.number32()];
    fields.number16(); // the last packet identifier
    const idLength = fields.number16();
    let usernameLength = 0;
    if (this.#version > 5) {
      fields.number16(); // the listener's port
      usernameLength = fields.number16();
      fields.skip(4);
    }
    const clientId = fields.text(idLength);
    const expiry = interval === forever ? Number.POSITIVE_INFINITY : interval * 1000;
    // The time when the session ends is known once its client has gone.
    const leftAt = expiryTime === 0 || interval === forever ? this.#now : (expiryTime - interval) * 1000;
    this.#sessions.set(clientId, {
      ...{ clientId, owner: usernameLength > 0 ? fields.text(usernameLength) : undefined, expiry },
      away: Math.max(0, this.#now - leftAt),
      ...{ subscriptions: [], sent: [], queued: [], awaitingPubcomp: [], incoming: [] },
    });
  }

  #subscription(fields: Fields): void {
    const [identifier, idLength, topicLength] = [fields.number32(), fields.number16(), fields.number16()];
    const [qos, options] = [fields.qos(), fields.byte()];
    fields.skip(2);
    const session = this.#sessions.get(fields.text(idLength));
    const filter = fields.text(topicLength);
    const flags = { noLocal: (options & 4) !== 0, retainAsPublished: (options & 8) !== 0 };
    session?.subscriptions.push({ filter, qos, ...flags, identifier });
  }

  #clientMessage(fields: Fields): void {
    const message = this.#messages.get(fields.host64());
    const [packetId, idLength] = [fields.number16(), fields.number16()];
    const [qos, state, flags, direction] = [fields.qos(), fields.byte(), fields.byte(), fields.byte()];
    const session = this.#sessions.get(fields.text(idLength));
    const subscriptionId = subscriptionIdIn(fields.properties());
    if (session === undefined || message === undefined || qos === 0) return;
    if (direction !== outgoing) {
      if (state !== State.waitForPubrel) return;
      session.incoming.push(packetId);
      this.#unreleased.push(message);
    } else if (state === State.resendPubrel || state === State.waitForPubcomp) {
      session.awaitingPubcomp.push(packetId);
    } else {
      const isQueued = state === State.queued || packetId === 0;
      const more = { subscriptionIds: subscriptionId === undefined ? undefined : [subscriptionId] };
      const delivery = { message, qos, retain: flags >> 4 !== 0, share: undefined, ...more };
      const list = isQueued ? session.queued : session.sent;
      list.push({ ...delivery, number: 0, packetId: isQueued ? undefined : packetId });
    }
  }

  #retain(message: StoredMessage | undefined): void {
    if (message === undefined || isSystemTopic(message.topic) || message.expiresIn <= 0) return;
    this.#retained.set(message.topic, { ...message, retain: true });
  }

  /** Sessions in the order of their clients' names, so that the same file gives the same store. */
  contents(): Contents {
    for (const message of this.#unreleased) this.#release(message);
    const sessions = [...this.#sessions.values()].map(stored);
    return { sessions, retained: [...this.#retained.values()], wills: [] };
  }

  /** Here a message at QoS 2 is delivered when it comes, so whoever would get it at the release has it waiting. */
  #release(message: StoredMessage): void {
    if (message.retain) this.#retain(message);
    for (const { subscriptions, queued } of this.#sessions.values()) {
      const matching = subscriptions.filter(({ filter }) => topicMatches(filter, message.topic));
      const qos = Math.min(message.qos, Math.max(0, ...matching.map(({ qos }) => qos))) as Qos;
      if (qos === 0) continue;
      const ids = matching.map(({ identifier }) => identifier).filter((identifier) => identifier > 0);
      const subscriptionIds = ids.length === 0 ? undefined : ids;
      queued.push({
        ...{ message, qos, retain: false, subscriptionIds },
        ...{ share: undefined, number: 0, packetId: undefined },
      });
    }
  }
}

function stored({ sent, queued, ...session }: Session): StoredSession {
  const deliveries = [...sent, ...queued].map((delivery, index) => ({ ...delivery, number: index + 1 }));
  return { ...session, deliveries };
}

/** The only property that Mosquitto keeps with a delivery: 11, and the identifier as a variable byte integer. */
function subscriptionIdIn(properties: Uint8Array): number | undefined {
  if (properties[0] !== 0x0b) return undefined;
  let value = 0;
  for (let index = 1, shift = 0; index < properties.length; index++, shift += 7)
    value |= (properties[index]! & 0x7f) << shift;
  return value === 0 ? undefined : value;
}
