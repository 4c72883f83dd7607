import { MqttError, protocolError } from "../../protocol/mqtt/errors.ts";
import { Frame } from "../../protocol/mqtt/frame.ts";
import { PacketType, packetTypeName } from "../../protocol/mqtt/packet.ts";
import type { Connection } from "./connection.ts";
import { dispatch } from "./handlers/dispatch.ts";
import { checkSize, Inbox } from "./inbox.ts";

/** The largest packet of a client that nobody knows yet, in bytes: a CONNECT with a large will and password. */
const strangerLimit = 512 * 1024;

/** Finds the packets in a connection's chunks and hands them over where they lie. */
export class Intake {
  readonly #connection: Connection;
  readonly #inbox = new Inbox();
  readonly #frame = new Frame();
  /** What came while nobody had decided about the client yet. */
  #held: Buffer[] = [];

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Takes a chunk, which may end within a packet. */
  take(bytes: Buffer): void {
    const { state } = this.#connection;
    if (state === "held") this.#held.push(Buffer.from(bytes));
    else if (state !== "closed") this.#read(bytes);
  }

  /** Reads what was held back. */
  release(): void {
    const held = Buffer.concat(this.#held);
    this.#held = [];
    if (held.length > 0) this.take(held);
  }

  #read(bytes: Buffer): void {
    const { batch } = this.#connection.broker;
    try {
      this.#readPackets(bytes);
    } catch (error) {
      if (!(error instanceof MqttError)) throw error;
      this.#connection.fail(error);
    } finally {
      // What came before a mistake was right, and goes its way.
      batch.deliver();
    }
  }

  #readPackets(bytes: Buffer): void {
    const { state } = this.#connection;
    let at = 0;
    if (state === "new") this.#checkFirstByte(bytes);
    if (this.#inbox.length > 0) {
      at = this.#inbox.fill(bytes, 0, this.#sizeLimit);
      if (!this.#inbox.isWhole) return;
      const { bytes: packet, length } = this.#inbox;
      this.#inbox.clear();
      this.#consume(packet, 0, length);
    }
    this.#keep(bytes, this.#consume(bytes, at, bytes.length));
  }

  get #sizeLimit(): number {
    const { state, broker } = this.#connection;
    const { maxPacketSize } = broker.config;
    return state === "new" ? Math.min(maxPacketSize, strangerLimit) : maxPacketSize;
  }

  // A packet of another type, or another protocol: no need to wait for its end. [MQTT-3.1.0-1]
  #checkFirstByte(bytes: Buffer): void {
    const first = (this.#inbox.length > 0 ? this.#inbox.bytes : bytes)[0] ?? 0;
    if (first >> 4 === PacketType.Connect) return;
    throw protocolError(`the first packet was ${packetTypeName(first >> 4)} and not CONNECT`);
  }

  #keep(bytes: Buffer, from: number): void {
    const { state } = this.#connection;
    if (from === bytes.length || state === "closed") return;
    if (state === "held") this.#held.push(Buffer.from(bytes.subarray(from)));
    else this.#inbox.keep(bytes, from, bytes.length);
  }

  /** @returns where the first packet begins that is not whole */
  #consume(bytes: Buffer, from: number, limit: number): number {
    const connection = this.#connection;
    const frame = this.#frame;
    let at = from;
    while (connection.isReading && frame.read(bytes, at, limit)) {
      const { end } = frame;
      checkSize(end - at, this.#sizeLimit);
      if (end > limit) break;
      dispatch(connection, bytes, at, frame);
      at = end;
    }
    return at;
  }
}
