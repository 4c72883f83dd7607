import { MqttError, protocolError } from "../../../protocol/mqtt/errors.ts";
import { Frame } from "../../../protocol/mqtt/frame.ts";
import { PacketType, packetTypeName } from "../../../protocol/mqtt/packet.ts";
import { Reason } from "../../../protocol/mqtt/reason.ts";
import { Parcel, parcelSize } from "../wire/large-packet.ts";
import { checkSize, Inbox } from "../wire/partial-packet.ts";
import { Waiting } from "../wire/paused-input.ts";
import { scarce } from "../wire/scarce.ts";
import { tellRead } from "../wire/trace-bytes.ts";
import type { Connection } from "./connection.ts";
import { dispatch } from "./handlers/dispatch.ts";

/** The largest packet of a client that nobody knows yet, in bytes: a CONNECT with a large will and password. */
const strangerLimit = 512 * 1024;

/**
 * The part of a large packet that shows that its client is alive, in bytes: who sends less within the time of its
 * keep alive is cut off, or a packet could be made to last for ever.
 */
const signOfLife = 1024;

/** Finds the packets in a connection's chunks and hands them over where they lie. */
export class Intake {
  readonly #connection: Connection;
  readonly #inbox = new Inbox();
  readonly #frame = new Frame();
  /** What came while nobody had decided about the client yet, or while it was slowed. */
  readonly #waiting = new Waiting();
  /** The bytes of this client in the broker's account of what waits. */
  #share = 0;
  /** Of the packet that is coming, what had come when the client last gave a sign of life. */
  #seen = 0;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Takes a chunk, which may end within a packet. */
  take(bytes: Buffer): void {
    const { state, isReading, broker } = this.#connection;
    broker.counters.bytesIn += bytes.length;
    if (state === "closed") return;
    if (isReading) this.#read(bytes, 0, false);
    else this.#waiting.add(bytes);
    this.#settle();
  }

  /** Reads what waited, as far as that goes now. */
  release(): void {
    const { bytes, at } = this.#waiting;
    if (at === bytes.length) return;
    this.#waiting.clear();
    this.#read(bytes, at, true);
    this.#settle();
  }

  /** Nothing more is read. */
  clear(): void {
    this.#inbox.clear();
    this.#waiting.clear();
    this.#settle();
  }

  /** @param isOurs whether `bytes` waited here, and may wait on without being copied */
  #read(bytes: Buffer, from: number, isOurs: boolean): void {
    const { batch, commits } = this.#connection.broker;
    // A message that is acknowledged and its place in the store belong together.
    commits.hold();
    try {
      this.#readPackets(bytes, from, isOurs);
    } catch (error) {
      if (!(error instanceof MqttError)) throw error;
      // What came before a mistake was right, and goes its way.
      batch.deliver();
      this.#connection.fail(error);
    } finally {
      batch.deliver();
      commits.release();
    }
  }

  #readPackets(bytes: Buffer, from: number, isOurs: boolean): void {
    const { state } = this.#connection;
    let at = from;
    if (state === "new") this.#checkFirstByte(bytes);
    if (this.#inbox.length > 0) {
      at = this.#inbox.fill(bytes, from, this.#sizeLimit);
      if (!this.#inbox.isWhole) return;
      const { bytes: packet, length } = this.#inbox;
      this.#inbox.clear();
      if (length >= parcelSize && packet[0]! >> 4 === PacketType.Publish) this.#consumeParcel(packet, length);
      else this.#consume(packet, 0, length);
    }
    this.#keep(bytes, this.#consume(bytes, at, bytes.length), isOurs);
  }

  get #sizeLimit(): number {
    const { state, limits } = this.#connection;
    const { maxPacketSize } = limits;
    const isStranger = state === "new" || state === "authenticating";
    return isStranger ? Math.min(maxPacketSize, strangerLimit) : maxPacketSize;
  }

  // A packet of another type, or another protocol: no need to wait for its end. [MQTT-3.1.0-1]
  #checkFirstByte(bytes: Buffer): void {
    const first = (this.#inbox.length > 0 ? this.#inbox.bytes : bytes)[0] ?? 0;
    if (first >> 4 === PacketType.Connect) return;
    throw protocolError(`the first packet was ${packetTypeName(first >> 4)} and not CONNECT`);
  }

  #keep(bytes: Buffer, from: number, isOurs: boolean): void {
    const { state, isReading } = this.#connection;
    if (from === bytes.length || state === "closed") return;
    if (isReading) this.#inbox.keep(bytes, from, bytes.length);
    else this.#waiting.keep(bytes, from, isOurs);
  }

  /** @returns where the first packet begins that is not whole, or is not to be read now */
  #consume(bytes: Buffer, from: number, limit: number): number {
    const connection = this.#connection;
    const frame = this.#frame;
    let at = from;
    try {
      while (connection.isReading && frame.read(bytes, at, limit)) {
        const { end } = frame;
        checkSize(end - at, this.#sizeLimit);
        if (end > limit) break;
        dispatch(connection, bytes, at, frame);
        at = end;
      }
    } finally {
      if (at > from && connection.broker.traffic.wants("bytes")) tellRead(connection, bytes, from, at);
    }
    // Only whole packets count, not any byte. [MQTT-3.1.2-22]
    if (at > from) this.#seeLife();
    return at;
  }

  #consumeParcel(packet: Buffer, length: number): void {
    const parcel = new Parcel(packet);
    try {
      this.#consume(packet, 0, length);
      this.#connection.broker.batch.deliverParcel(parcel);
    } finally {
      parcel.release();
    }
  }

  #seeLife(): void {
    const { session, broker } = this.#connection;
    // Until it has been let in, the connect timeout runs from the beginning.
    if (session !== undefined) this.#connection.lastSeen = broker.clock.now();
    this.#seen = this.#inbox.length;
  }

  /** Accounts for what has been kept. */
  #settle(): void {
    const { broker, state } = this.#connection;
    const { length } = this.#inbox;
    // Who is not known yet has its connect timeout, however much it sends.
    if (state === "open" && length - this.#seen >= signOfLife) this.#seeLife();
    else if (length < this.#seen) this.#seen = length;
    const share = state === "closed" ? 0 : length + this.#waiting.length;
    const grown = share - this.#share;
    this.#share = share;
    broker.receiveBacklog += grown;
    const { maxReceiveBuffers } = broker.config;
    if (grown <= 0 || share <= scarce || broker.receiveBacklog <= maxReceiveBuffers) return;
    const message = `${broker.receiveBacklog} bytes of unfinished packets wait, and maxReceiveBuffers is ${maxReceiveBuffers}`;
    this.#connection.fail(new MqttError(Reason.QuotaExceeded, message));
  }
}
