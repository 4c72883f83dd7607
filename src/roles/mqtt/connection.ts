import type { Conversation } from "../../core/traffic.ts";
import { decodeFrame } from "../../protocol/mqtt/decode.ts";
import { describeMessage, describePacket } from "../../protocol/mqtt/describe.ts";
import { encode } from "../../protocol/mqtt/encode.ts";
import { MqttError, protocolError } from "../../protocol/mqtt/errors.ts";
import { Frame } from "../../protocol/mqtt/frame.ts";
import {
  type Packet,
  PacketType,
  packetTypeName,
  type Version,
  type Will,
} from "../../protocol/mqtt/packet.ts";
import { publishSize, writePublish } from "../../protocol/mqtt/publish-writer.ts";
import { Reason } from "../../protocol/mqtt/reason.ts";
import { printable } from "../../protocol/text/printable.ts";
import type { Broker } from "./broker.ts";
import { acknowledged } from "./handlers/acknowledged.ts";
import { handle } from "./handlers/handle.ts";
import { published } from "./handlers/publish.ts";
import { checkSize, Inbox } from "./inbox.ts";
import { type Link, Output } from "./output.ts";
import type { Pending } from "./queue.ts";
import type { Route } from "./routes.ts";
import type { Identity } from "./seams/access.ts";
import type { Session } from "./session.ts";

/** The network's side of a connection, with what is known about it. */
export interface Peer extends Link {
  readonly conversation: Conversation;
}

/**
 * One client's connection: its bytes become packets here, and packets become bytes. It does not know what
 * carries them.
 */
export class Connection {
  /**
   * `new` until CONNECT; `held` while somebody decides about it; `open` from then on. Once `closed`, nothing is
   * read or written any more.
   */
  state: "new" | "held" | "open" | "closed" = "new";
  version: Version = 4;
  session: Session | undefined;
  identity: Identity = { clientId: "", username: undefined };
  /** Milliseconds of silence after which the client is taken for dead; 0 is never. */
  patience = 0;
  lastSeen: number;
  /** The largest packet that the client takes. */
  maxPacketSize = Number.POSITIVE_INFINITY;
  /** Whether reasons may be told in words everywhere. */
  wantsProblemInformation = true;
  will: Will | undefined;
  readonly aliases = new Map<number, Route>();
  /** What the client published to last, and was allowed to. */
  route: Route | undefined;
  readonly output: Output;
  readonly #inbox = new Inbox();
  readonly #frame = new Frame();
  #held: Buffer[] = [];
  #isPaused = false;

  constructor(
    readonly broker: Broker,
    readonly link: Peer,
  ) {
    this.output = new Output(link, broker.flusher);
    this.lastSeen = broker.clock.now();
  }

  get isV5(): boolean {
    return this.version === 5;
  }

  /** The network takes more: nothing, or little, waits for it. */
  get hasRoom(): boolean {
    return this.output.backlog <= this.broker.config.sendBuffer;
  }

  /** `client "x" at 127.0.0.1:4711`, for a person to read. */
  get name(): string {
    const { clientId } = this.identity;
    const id = clientId === "" ? "a client" : `client "${printable(clientId, 40)}"`;
    return `${id} at ${this.link.conversation.remote}`;
  }

  /** Bytes from the network; they are the network's again when this returns. */
  feed(chunk: Uint8Array): void {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    this.lastSeen = this.broker.clock.now();
    if (this.state === "held") this.#held.push(Buffer.from(bytes));
    else this.#read(bytes);
  }

  #read(bytes: Buffer): void {
    const { batch } = this.broker;
    try {
      let at = 0;
      if (this.#inbox.length > 0) {
        at = this.#inbox.fill(bytes, 0, this.broker.config.maxPacketSize);
        if (!this.#inbox.isWhole) return;
        const { bytes: packet, length } = this.#inbox;
        this.#inbox.clear();
        this.#consume(packet, 0, length);
        // The next packets lie in other bytes.
        batch.deliver();
      }
      this.#consumeRest(bytes, at);
    } catch (error) {
      if (!(error instanceof MqttError)) throw error;
      this.fail(error);
    } finally {
      // What came before a mistake was right, and goes its way.
      batch.deliver();
    }
    if (this.output.backlog > 2 * this.broker.config.sendBuffer) this.#pause();
  }

  #consumeRest(bytes: Buffer, from: number): void {
    const at = this.#consume(bytes, from, bytes.length);
    if (at === bytes.length || this.state === "closed") return;
    if (this.state === "held") this.#held.push(Buffer.from(bytes.subarray(at)));
    else this.#inbox.keep(bytes, at, bytes.length);
  }

  /** @returns where the first packet begins that is not whole */
  #consume(bytes: Buffer, from: number, limit: number): number {
    const frame = this.#frame;
    const { maxPacketSize } = this.broker.config;
    let at = from;
    while (this.state !== "closed" && this.state !== "held" && frame.read(bytes, at, limit)) {
      const { end } = frame;
      checkSize(end - at, maxPacketSize);
      if (end > limit) break;
      this.#dispatch(bytes, at, frame);
      at = end;
    }
    return at;
  }

  #dispatch(bytes: Buffer, at: number, frame: Frame): void {
    const { type } = frame;
    if (this.state === "new" && type !== PacketType.Connect) {
      throw protocolError(`the first packet was ${packetTypeName(type)} and not CONNECT`); // [MQTT-3.1.0-1]
    }
    if (type === PacketType.Publish) {
      published(this, bytes, at, frame);
      return;
    }
    this.broker.batch.deliver();
    // The four acknowledgements in their common form, read without making a packet of them.
    const isAck = type >= PacketType.Puback && type <= PacketType.Pubcomp;
    if (
      isAck &&
      frame.end - frame.body === 2 &&
      (frame.first & 15) === (type === PacketType.Pubrel ? 2 : 0)
    ) {
      const packetId = (bytes[frame.body]! << 8) | bytes[frame.body + 1]!;
      if (packetId === 0) throw protocolError(`${packetTypeName(type)} has the packet identifier 0`);
      if (this.broker.traffic.wants("message")) {
        this.#tell("in", `${packetTypeName(type)} id ${packetId}`);
      }
      acknowledged(this, type, packetId, Reason.Success);
      return;
    }
    const packet = decodeFrame(bytes, at, frame, this.version);
    this.trace("in", packet);
    handle(this, packet);
  }

  /** Stops reading until somebody has decided about the client; what comes meanwhile is kept. */
  hold(): void {
    this.state = "held";
    this.link.pause();
  }

  /** Goes on, after `hold`. */
  release(): void {
    if (this.state === "closed") return;
    this.link.resume();
    const held = Buffer.concat(this.#held);
    this.#held = [];
    if (held.length > 0) this.#read(held);
  }

  // Only what the client asked for itself (answers to pings, acknowledgements) comes this far: who does not read
  // them is not read, either.
  #pause(): void {
    if (this.#isPaused || this.state === "closed") return;
    this.#isPaused = true;
    this.link.pause();
  }

  /** The network has taken everything. */
  drained(): void {
    this.output.backlog = this.link.buffered;
    if (this.#isPaused) {
      this.#isPaused = false;
      this.link.resume();
    }
    this.session?.pump();
  }

  send(packet: Packet): void {
    if (this.state === "closed") return;
    const bytes = encode(packet);
    if (bytes.length > this.maxPacketSize) return; // [MQTT-3.1.2-24]
    this.trace("out", packet);
    this.output.append(bytes);
  }

  /** Writes a PUBACK, PUBREC, PUBREL or PUBCOMP; the reason is told to MQTT 5 clients. */
  ack(type: number, packetId: number, reason: number): void {
    if (this.state === "closed") return;
    const isLong = reason !== Reason.Success && this.isV5;
    const at = this.output.reserve(isLong ? 5 : 4);
    const { buffer } = this.output;
    buffer[at] = (type << 4) | (type === PacketType.Pubrel ? 2 : 0); // [MQTT-3.6.1-1]
    buffer[at + 1] = isLong ? 3 : 2;
    buffer[at + 2] = packetId >>> 8;
    buffer[at + 3] = packetId;
    if (isLong) buffer[at + 4] = reason;
    if (this.broker.traffic.wants("message")) this.#tell("out", `${packetTypeName(type)} id ${packetId}`);
  }

  /** Whether the client takes a packet of this message's size. */
  fits(pending: Pending): boolean {
    if (this.maxPacketSize === Number.POSITIVE_INFINITY) return true;
    const { message } = pending;
    return publishSize(message, message.topic.bytes, this.#delivery(pending, 0, false)) <= this.maxPacketSize;
  }

  /** Writes a message that was kept. */
  sendMessage(pending: Pending, packetId: number, dup: boolean): void {
    const { message } = pending;
    const delivery = this.#delivery(pending, packetId, dup);
    const bytes = Buffer.allocUnsafe(publishSize(message, message.topic.bytes, delivery));
    writePublish(bytes, 0, message, message.topic.bytes, delivery);
    this.output.copy(bytes, 0, bytes.length);
    this.broker.counters.sent++;
    if (!this.broker.traffic.wants("message")) return;
    const size = message.end - message.payloadStart;
    this.#tell("out", describeMessage(message.topic.text, pending.qos, pending.retain, dup, size));
  }

  #delivery({ message, qos, retain, subscriptionIds }: Pending, packetId: number, dup: boolean) {
    const first = 0x30 | (dup ? 8 : 0) | (qos << 1) | (retain ? 1 : 0);
    const expiry = message.secondsLeft(this.broker.clock.now());
    return { first, v5: this.isV5, packetId, expiry, subscriptionIds };
  }

  /**
   * The client has broken a rule, or the broker does not want it any more: an MQTT 5 client is told why, the
   * connection is closed, the will is published.
   */
  fail(error: MqttError): void {
    if (this.state === "closed") return;
    this.broker.log.info(`Disconnected ${this.name}: ${error.message}`);
    if (this.state === "open") this.disconnect(error.reason, error.message);
    else this.close();
  }

  /** [MQTT-4.13.1-1] [MQTT-4.13.2-1] */
  disconnect(reasonCode: number, reasonString: string): void {
    // MQTT 3 has no DISCONNECT from the server: there it is only closed.
    if (this.isV5) {
      const properties = { reasonString };
      this.send({ type: "disconnect", version: 5, reasonCode, properties });
    }
    this.close();
  }

  /** Sends what there is to say and closes. */
  close(): void {
    if (this.state === "closed") return;
    this.output.flush();
    this.state = "closed";
    // Who does not read is not waited for.
    if (this.link.buffered > 0) this.link.destroy();
    else this.link.end();
    this.broker.left(this);
  }

  /** The network's side is gone. */
  closed(): void {
    if (this.state === "closed") return;
    this.state = "closed";
    this.broker.left(this);
  }

  trace(direction: "in" | "out", packet: Packet): void {
    if (this.broker.traffic.wants("message")) this.#tell(direction, describePacket(packet));
  }

  #tell(direction: "in" | "out", text: string): void {
    const { conversation } = this.link;
    this.broker.traffic.emit({ kind: "message", conversation, direction, text });
  }
}
