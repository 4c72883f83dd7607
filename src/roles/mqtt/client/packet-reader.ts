import { receivedAt, type StreamPlace } from "../../../core/traffic.ts";
import { MqttError, protocolError } from "../../../protocol/mqtt/errors.ts";
import { Frame } from "../../../protocol/mqtt/frame.ts";
import { PacketType, packetTypeName, type Version } from "../../../protocol/mqtt/packet.ts";
import { Reason } from "../../../protocol/mqtt/reason.ts";
import type { Broker } from "../broker/broker.ts";
import type { Outlet } from "../session/outlet.ts";
import { minBytesPerClient } from "../session/quota.ts";
import { LargePacket, minLargePacket } from "../wire/large-packet.ts";
import { checkSize, PartialPacket } from "../wire/partial-packet.ts";
import { PausedInput } from "../wire/paused-input.ts";
import { type TraceSource, traceBytesIn } from "../wire/trace.ts";

/** The largest packet of a client that has not been let in, in bytes: a CONNECT with a large will and password. */
const maxPacketBeforeConnect = 512 * 1024;

/**
 * Of a large packet this much must come within the keep-alive timeout for its client to count as alive, in bytes:
 * otherwise a packet could be made to last for ever.
 */
const minProgress = 1024;

/** One client's packets are handled for about so many milliseconds; then others get their turn. */
const sliceTime = 10;

/**
 * The clock is read after so many packets, of which a long one counts as several, or so much work of the router: both
 * take about 20 µs.
 */
const packetsPerCheck = 64;
const workPerCheck = 200;

/**
 * `new` until CONNECT; `authenticating` while the client has to answer by AUTH; `held` while the broker decides; `open`
 * from then on. Once `closed`, nothing is read or written any more.
 */
export type ConnectionState = "new" | "authenticating" | "held" | "open" | "closed";

/** What a reader needs of its connection. */
interface ReadConnection {
  readonly broker: Broker;
  readonly limits: { readonly maxPacketSize: number };
  readonly state: ConnectionState;
  readonly version: Version;
  readonly writer: TraceSource & Pick<Outlet, "waitForStore">;
  /** Whether its next packet may be handled. */
  readonly isReading: boolean;
  readonly session: object | undefined;
  lastSeen: number;
  fail(error: MqttError): void;
  /** Stops reading until a later turn. */
  yieldTurn(): void;
}

/**
 * Handles a packet in place, from `start` on; its fixed header has been read into `frame`. It may go on with like
 * packets before `limit`.
 * @returns where the next packet begins
 * @throws {MqttError} when the client has broken a rule
 */
export type PacketHandler<C> = (
  connection: C,
  bytes: Buffer,
  start: number,
  frame: Frame,
  limit: number,
) => number;

/** A copy of what is being handled, for observers. */
interface Observed {
  readonly copy: Buffer;
  /** Where the copy begins in the bytes that are being handled. */
  readonly from: number;
  /** Up to where, in those bytes, observers have been shown it. */
  shown: number;
}

/** Finds the packets in a connection's chunks and hands them over where they lie. */
export class PacketReader<C extends ReadConnection> {
  readonly #connection: C;
  readonly #handle: PacketHandler<C>;
  readonly #partial = new PartialPacket();
  readonly #frame = new Frame();
  /** What came while the client was not read. */
  readonly #paused = new PausedInput();
  /** This client's part of the broker's receive backlog, in bytes. */
  #backlog = 0;
  /** How much of the partial packet had come at the client's last sign of life. */
  #seen = 0;
  /** What the store had recorded before the chunk that is being read. */
  #recorded: number | undefined;
  /** Bytes of all chunks, and of those before the last one. */
  #received = 0;
  #chunkOffset = 0;
  /** Bytes of all packets that have been handled. */
  #handled = 0;
  /** Where the bytes begin in the stream that are being handled. */
  #base = 0;
  /** Undefined: nobody looks, or nothing is being handled. */
  #observed: Observed | undefined;
  /** The last chunk has changed something that is kept. */
  changesStore = false;

  constructor(connection: C, handle: PacketHandler<C>) {
    this.#connection = connection;
    this.#handle = handle;
  }

  /** Reads a chunk, which may end within a packet. */
  read(bytes: Buffer): void {
    const { state, isReading, broker } = this.#connection;
    broker.counters.bytesIn += bytes.length;
    this.#chunkOffset = this.#received;
    this.#received += bytes.length;
    if (state === "closed") return;
    if (isReading) this.#read(bytes, 0, false);
    else this.#paused.append(bytes);
    this.#account();
  }

  /** Something was kept that has not been read. */
  get hasKept(): boolean {
    return this.#paused.length > 0;
  }

  /** Reads what was kept, as far as that goes now. */
  resume(): void {
    const { bytes, at } = this.#paused;
    if (at === bytes.length || !this.#connection.isReading) return;
    this.#paused.clear();
    this.#read(bytes, at, true);
    this.#account();
  }

  /** Where the packet lies in the stream that is at `start` in the bytes that are being handled. */
  placeOf(start: number, length: number): StreamPlace {
    return receivedAt(this.#base + start, length, this.#chunkOffset);
  }

  /**
   * Observers see what has been read, up to the packet that is being handled, before they see what follows from it at
   * once: an answer that does not wait for the turn's end, or our FIN after DISCONNECT.
   */
  showRead(): void {
    if (this.#observed !== undefined) this.#show(this.#observed, this.#frame.end);
  }

  /** Nothing more is read. */
  clear(): void {
    this.#partial.clear();
    this.#paused.clear();
    this.#account();
  }

  /** @param isOurs `bytes` was kept here, and may be kept again without being copied */
  #read(bytes: Buffer, from: number, isOurs: boolean): void {
    const { publisher, gate } = this.#connection.broker;
    // What arrives in one chunk is one transaction: a message that is acknowledged, and its place in the store.
    gate.begin();
    this.#recorded = gate.recorded;
    try {
      this.#readPackets(bytes, from, isOurs);
    } catch (error) {
      if (!(error instanceof MqttError)) throw error;
      // What came before the mistake was right, and is published.
      publisher.flush();
      this.#connection.fail(error);
    } finally {
      // Whatever happens, the transaction ends.
      try {
        publisher.flush();
      } finally {
        this.noteRecorded();
        this.changesStore = this.#recorded !== gate.recorded;
        this.#recorded = undefined;
        gate.end();
      }
    }
  }

  /** What the client is told of its packets waits until what they have changed is durable. */
  noteRecorded(): void {
    const { broker, writer } = this.#connection;
    if (this.#recorded !== undefined && broker.gate.recorded !== this.#recorded) writer.waitForStore();
  }

  #readPackets(bytes: Buffer, from: number, isOurs: boolean): void {
    const { state } = this.#connection;
    const partial = this.#partial;
    let at = from;
    if (state === "new") this.#checkFirstByte(bytes);
    if (partial.length > 0) {
      at = partial.fill(bytes, from, this.#sizeLimit);
      if (!partial.isWhole) return;
      const { bytes: packet, length } = partial;
      partial.clear();
      if (length >= minLargePacket && packet[0]! >> 4 === PacketType.Publish)
        this.#handleLarge(packet, length);
      else this.#handlePackets(packet, 0, length);
    }
    this.#keep(bytes, this.#handlePackets(bytes, at, bytes.length), isOurs);
  }

  get #sizeLimit(): number {
    const { state, limits } = this.#connection;
    const { maxPacketSize } = limits;
    const isUnknown = state === "new" || state === "authenticating";
    return isUnknown ? Math.min(maxPacketSize, maxPacketBeforeConnect) : maxPacketSize;
  }

  // A packet of another type, or another protocol: no need to wait for its end. [MQTT-3.1.0-1]
  #checkFirstByte(bytes: Buffer): void {
    const first = (this.#partial.length > 0 ? this.#partial.bytes : bytes)[0] ?? 0;
    if (first >> 4 === PacketType.Connect) return;
    throw protocolError(`the first packet was ${packetTypeName(first >> 4)} and not CONNECT`);
  }

  #keep(bytes: Buffer, from: number, isOurs: boolean): void {
    const { state, isReading } = this.#connection;
    if (from === bytes.length || state === "closed") return;
    if (isReading) this.#partial.append(bytes, from, bytes.length);
    else this.#paused.keep(bytes, from, isOurs);
  }

  /** @returns where the first packet begins that is not whole, or is not to be handled now */
  #handlePackets(bytes: Buffer, from: number, limit: number): number {
    const connection = this.#connection;
    const frame = this.#frame;
    this.#observed = this.#copyForObservers(bytes, from, limit);
    const { clock, router } = connection.broker;
    const start = clock.now();
    let packets = packetsPerCheck;
    let nextCheck = router.work + workPerCheck;
    let at = from;
    this.#base = this.#handled - from;
    try {
      while (connection.isReading && frame.read(bytes, at, limit)) {
        checkSize(frame.end - at, this.#sizeLimit);
        if (frame.end > limit) break;
        const next = this.#handle(connection, bytes, at, frame, limit);
        // A SUBSCRIBE of a thousand filters is one packet, too.
        packets -= 1 + ((next - at) >> 8);
        at = next;
        if (packets > 0 && router.work <= nextCheck) continue;
        this.#checkTime(start);
        packets = packetsPerCheck;
        nextCheck = router.work + workPerCheck;
      }
    } finally {
      this.#handled += at - from;
      this.#endObserving(at);
    }
    // Only whole packets count, not any byte. [MQTT-3.1.2-22]
    if (at > from) this.#restartKeepAlive();
    return at;
  }

  /** No client holds the event loop for long, however much it has sent and whatever that costs. */
  #checkTime(start: number): void {
    const { clock, scheduler } = this.#connection.broker;
    const elapsed = clock.now() - start;
    if (elapsed < sliceTime) return;
    scheduler.charge(elapsed);
    this.#connection.yieldTurn();
  }

  /** Subscribers' packet identifiers are written into the very bytes that came: observers get them as they were. */
  #copyForObservers(bytes: Buffer, from: number, limit: number): Observed | undefined {
    const { writer, broker } = this.#connection;
    if (from === limit || !writer.traffic.sample("bytes")) return undefined;
    return { copy: broker.observedBytes.copy(bytes, from, limit), from, shown: from };
  }

  /** @param to where a packet ends */
  #show(observed: Observed, to: number): void {
    const { copy, from, shown } = observed;
    if (to <= shown) return;
    observed.shown = to;
    const { writer, version } = this.#connection;
    traceBytesIn(writer, version, copy, shown - from, to - from, this.#base + shown);
  }

  /** @param to the end of the last packet that was handled: what follows may be no packet, and is not shown */
  #endObserving(to: number): void {
    const observed = this.#observed;
    if (observed === undefined) return;
    this.#observed = undefined;
    this.#show(observed, to);
    this.#connection.broker.observedBytes.giveBack(observed.copy);
  }

  #handleLarge(bytes: Buffer, length: number): void {
    const packet = new LargePacket(bytes);
    try {
      this.#handlePackets(bytes, 0, length);
      this.#connection.broker.publisher.flushLarge(packet);
    } finally {
      packet.release();
    }
  }

  #restartKeepAlive(): void {
    const { session, broker } = this.#connection;
    // Until it has been let in, the connect timeout runs from the beginning.
    if (session !== undefined) this.#connection.lastSeen = broker.clock.now();
    this.#seen = this.#partial.length;
  }

  /** Accounts for what has been kept. */
  #account(): void {
    const { broker, state } = this.#connection;
    const { length } = this.#partial;
    // A client that has not been let in has its connect timeout, however much it sends.
    if (state === "open" && length - this.#seen >= minProgress) this.#restartKeepAlive();
    else if (length < this.#seen) this.#seen = length;
    const backlog = state === "closed" ? 0 : length + this.#paused.length;
    const grown = backlog - this.#backlog;
    this.#backlog = backlog;
    broker.receiveBacklog += grown;
    const { maxReceiveBuffers } = broker.config;
    if (grown <= 0 || backlog <= minBytesPerClient || broker.receiveBacklog <= maxReceiveBuffers) return;
    const message = `${broker.receiveBacklog} bytes of unfinished packets wait, and maxReceiveBuffers is ${maxReceiveBuffers}`;
    this.#connection.fail(new MqttError(Reason.QuotaExceeded, message));
  }
}
