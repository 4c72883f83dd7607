import type { Conversation, StreamPlace } from "../../../core/traffic.ts";
import { UnsupportedProtocol } from "../../../protocol/mqtt/decode-connect.ts";
import type { MqttError } from "../../../protocol/mqtt/errors.ts";
import type { Packet, Version, Will } from "../../../protocol/mqtt/packet.ts";
import { Reason, reasonName } from "../../../protocol/mqtt/reason.ts";
import { printable } from "../../../protocol/text/printable.ts";
import type { Broker } from "../broker/broker.ts";
import type { Client } from "../broker/client.ts";
import type { PublishRates } from "../broker/rate-limiter.ts";
import {
  type Arrival,
  type Identity,
  type ListenerAccess,
  openListener,
  unknownArrival,
} from "../ports/access.ts";
import type { Refusal } from "../ports/authentication.ts";
import type { TopicRoute } from "../routing/topic-route.ts";
import type { Session } from "../session/session.ts";
import type { Peer } from "../wire/link.ts";
import type { EnhancedAuth } from "./enhanced-auth.ts";
import type { Mount } from "./mount.ts";
import { type ConnectionState, type PacketHandler, PacketReader } from "./packet-reader.ts";
import { PacketWriter } from "./packet-writer.ts";
import { refusalPacket } from "./refusal-packet.ts";

/** What the listener that a client came to allows it. */
export interface ConnectionLimits {
  readonly maxPacketSize: number;
  /** Milliseconds until its CONNECT must have come. */
  readonly connectTimeout: number;
  /** Present where TLS is spoken. */
  readonly tls?: object | undefined;
  /** What all its clients may publish together: the same object for each of them. */
  readonly limits: PublishRates;
  /** The versions of MQTT that it may speak. */
  readonly versions: readonly Version[];
  /** Absent: it lets in whom the service does. */
  readonly listenerAccess?: ListenerAccess;
}

/** Why a client is not read for a while: there may be several reasons at once. */
const Pause = {
  /** It waits for a decision, or for a packet that is handled in slices. */
  Held: 1,
  /** It does not read what it asked for. */
  SendBufferFull: 2,
  /** It publishes faster than it may. */
  Throttled: 4,
  /** It has sent so much that others get their turn first. */
  Yielding: 8,
  /** It has changed more than the store has made durable. */
  Store: 16,
} as const;

/** What has come meanwhile waits for these. */
const keptFor = Pause.Throttled | Pause.Yielding | Pause.Store;

/** How long a closed connection may take to send what is buffered, in milliseconds. */
const maxCloseTime = 5000;

/** One client's connection: its bytes become packets, and packets become bytes, whatever transport carries them. */
export class Connection implements Client {
  state: ConnectionState = "new";
  session: Session | undefined;
  /** Present when CONNECT named an authentication method. */
  enhancedAuth: EnhancedAuth | undefined;
  /** What its listener knows of it. */
  arrival: Arrival = unknownArrival;
  keepAliveTimeout = 0;
  lastSeen: number;
  readonly since: number;
  /** An MQTT 5 client may ask to be spared the reasons of what goes wrong. [MQTT-3.1.2-29] */
  wantsProblemInformation = false;
  /** Where its topics are; undefined: its listener has no prefix, or it has not been let in. */
  mount: Mount | undefined;
  /** Another broker: no subscription of its gets its own messages back, and each keeps the retain flag. */
  isBridge = false;
  will: Will | undefined;
  /** CONNECT asked for a session that outlives the connection. */
  requestedSession = false;
  /** The client's topic aliases. */
  readonly inboundAliases = new Map<number, TopicRoute>();
  /** The topic that the client published to last, and was allowed to. */
  lastTopic: TopicRoute | undefined;
  readonly listenerRates: PublishRates | undefined;
  readonly writer: PacketWriter;
  readonly #reader: PacketReader<Connection>;
  #identity: Identity = { clientId: "", username: undefined };
  /** The sum of the reasons of `Pause`; 0: it is read. */
  #paused = 0;
  /** The client sends no more. */
  #hasPeerEnded = false;
  #cancelDestroy: (() => void) | undefined;
  #cancelEnd: (() => void) | undefined;

  constructor(
    readonly broker: Broker,
    readonly peer: Peer,
    readonly limits: ConnectionLimits,
    handler: PacketHandler<Connection>,
  ) {
    // Transactions defer writes: when they have been made, more may be sent, and no drain event says so.
    const onDeferredWritten = () => {
      this.#resumeReading();
      this.session?.outgoing.pump();
    };
    this.writer = new PacketWriter(broker, peer, onDeferredWritten, () => this.#reader.showRead());
    this.#reader = new PacketReader<Connection>(this, handler);
    const { maxPublishRate, maxPublishBytesRate } = limits.limits;
    if (maxPublishRate + maxPublishBytesRate > 0) this.listenerRates = limits.limits;
    this.since = this.lastSeen = broker.clock.now();
  }

  get version(): Version {
    return this.writer.version;
  }

  set version(version: Version) {
    this.writer.version = version;
  }

  get isV5(): boolean {
    return this.writer.version === 5;
  }

  /** The user name that it has proved; undefined: none, as where no users are listed. */
  provedName: string | undefined;

  get identity(): Identity {
    return this.#identity;
  }

  set identity(identity: Identity) {
    this.#identity = identity;
    this.writer.clientId = identity.clientId;
  }

  get conversation(): Conversation {
    return this.peer.conversation;
  }

  get listenerAccess(): ListenerAccess {
    return this.limits.listenerAccess ?? openListener;
  }

  get isEncrypted(): boolean {
    return this.limits.tls !== undefined;
  }

  get connectTimeout(): number {
    return this.limits.connectTimeout;
  }

  get sendBacklog(): number {
    return this.writer.buffer.backlog;
  }

  get name(): string {
    const { clientId } = this.#identity;
    const id = clientId === "" ? "a client" : `client "${printable(clientId, 40)}"`;
    return `${id} at ${this.conversation.remote}`;
  }

  get isNew(): boolean {
    return this.state === "new";
  }

  get isClosed(): boolean {
    return this.state === "closed";
  }

  /** Whether its next packet may be handled. */
  get isReading(): boolean {
    return this.state !== "held" && this.state !== "closed" && (this.#paused & keptFor) === 0;
  }

  get isThrottled(): boolean {
    return (this.#paused & Pause.Throttled) !== 0;
  }

  /** Bytes from the network; they are the network's again when this returns. */
  feed(chunk: Uint8Array): void {
    this.#pauseForStore();
    this.#reader.read(asBuffer(chunk));
    if (this.#isSendBufferFull) this.#pause(Pause.SendBufferFull);
    this.#pauseForStore();
  }

  /** Where the packet lies among all that the client has sent, that is at `start` in the bytes being handled. */
  placeOf(start: number, length: number): StreamPlace {
    return this.#reader.placeOf(start, length);
  }

  /** Only a client whose packets have changed something that is kept waits for the disk. */
  #pauseForStore(): void {
    if (this.#reader.changesStore && this.broker.gate.isBehind) this.#waitForStore();
  }

  get #isSendBufferFull(): boolean {
    return this.sendBacklog > 2 * this.broker.config.sendBuffer;
  }

  #waitForStore(): void {
    this.#pause(Pause.Store);
    this.broker.gate.waitForStore(this);
  }

  /** The store has made durable what was recorded. */
  storeCaughtUp(): void {
    if (this.isClosed) return;
    this.#paused &= ~Pause.Store;
    this.#readKept();
    if (this.broker.gate.isBehind) this.#waitForStore();
    else if (this.#paused === 0 && this.isReading) this.peer.resume();
  }

  /** The network, or the store, has taken more of what waits for the client. */
  #resumeReading(): void {
    if (!this.#isSendBufferFull) this.#resume(Pause.SendBufferFull);
  }

  #readKept(): void {
    this.#reader.resume();
    this.#endWithPeer();
  }

  /**
   * The client sends no more: its connection ends when what it has sent has been read. Being throttled makes it wait no
   * longer, but for its next message.
   */
  peerEnded(): void {
    this.#hasPeerEnded = true;
    if (this.isThrottled) this.unthrottle();
    else this.#endWithPeer();
  }

  /** It has nothing to say any more, and it would get no acknowledgement: its session is without a client. */
  #endWithPeer(): void {
    if (this.#hasPeerEnded && !this.#reader.hasKept) this.close();
  }

  /** Stops reading until `release`; what comes meanwhile is kept. */
  hold(): void {
    this.state = "held";
    this.#pause(Pause.Held);
  }

  release(): void {
    if (this.isClosed) return;
    this.#resume(Pause.Held);
    this.#readKept();
  }

  /** Stops reading because the client publishes faster than it may. What has come is kept: nothing is lost. */
  throttle(): void {
    this.broker.counters.throttled++;
    this.#pause(Pause.Throttled);
  }

  unthrottle(): void {
    if (this.isClosed) return;
    // The time that it was not read does not count against its keep-alive.
    this.lastSeen = this.broker.clock.now();
    this.#paused &= ~Pause.Throttled;
    this.#readKept();
    // What was kept may have throttled it again.
    if (this.#paused === 0 && this.isReading) this.peer.resume();
  }

  /** Stops reading until a later turn: what the client has sent takes long. */
  yieldTurn(): void {
    this.#pause(Pause.Yielding);
    this.broker.scheduler.defer(this.#continue);
  }

  readonly #continue = (): void => {
    if (this.isClosed) return;
    this.#paused &= ~Pause.Yielding;
    this.#readKept();
    if (this.#paused === 0 && this.isReading) this.peer.resume();
  };

  #pause(reason: number): void {
    if (this.isClosed) return;
    if (this.#paused === 0) this.peer.pause();
    this.#paused |= reason;
  }

  #resume(reason: number): void {
    if ((this.#paused & reason) === 0) return;
    this.#paused &= ~reason;
    if (this.#paused === 0) this.peer.resume();
  }

  /** It is not to be published. [MQTT-3.1.2-10] */
  dropWill(): void {
    if (this.will === undefined) return;
    this.will = undefined;
    this.broker.store.dropWill(this.#identity.clientId);
  }

  /** The network has taken everything. */
  drained(): void {
    this.writer.buffer.measure();
    this.#resumeReading();
    this.session?.outgoing.pump();
  }

  /** @returns false when the client does not take so large a packet, or nothing any more */
  send(packet: Packet): boolean {
    return this.writer.send(packet);
  }

  fail(error: MqttError): void {
    if (this.isClosed) return;
    this.broker.counters.failed(error.reason);
    if (this.session !== undefined) {
      this.broker.log.info(`Disconnected ${this.name}: ${error.message}`);
      this.disconnect(error.reason, error.message);
      return;
    }
    this.broker.log.debug(`Closed ${this.name}: ${error.message}`);
    if (error instanceof UnsupportedProtocol) this.#refuseProtocol(error);
    else if (!this.isNew) this.refuse(error);
    else this.broker.audit.refused(this, error.message);
    this.close();
  }

  /** Answers CONNECT with a refusal, and closes. */
  refuse(refusal: Refusal): void {
    this.broker.log.debug(`Refused ${this.name}: ${reasonName(refusal.reason)}`);
    this.broker.audit.refused(this, refusal.message ?? reasonName(refusal.reason));
    const packet = refusalPacket(this.version, this.#asShown(refusal));
    try {
      if (packet !== undefined) this.send(packet); // [MQTT-3.2.2-6]
    } finally {
      this.close(); // [MQTT-3.2.2-7]
    }
  }

  /** A client is told of its topics as it knows them. */
  #asShown(refusal: Refusal): Refusal {
    const { message } = refusal;
    return this.mount === undefined || message === undefined
      ? refusal
      : { ...refusal, message: this.mount.shown(message) };
  }

  /**
   * Answers a protocol level that is not supported: above 5 with a CONNACK of MQTT 5, otherwise with one of 3.1.1. What
   * is not MQTT at all gets no answer. [MQTT-3.1.2-1] [MQTT-3.1.2-2]
   */
  #refuseProtocol({ level }: UnsupportedProtocol): void {
    if (level === undefined) return;
    this.version = level > 5 ? 5 : 4;
    this.refuse({ reason: Reason.UnsupportedProtocolVersion });
  }

  /** Disconnects it after so many milliseconds, and says why. */
  endAfter(milliseconds: number, why: string): void {
    const { clock, timers, log } = this.broker;
    this.#cancelEnd = timers.at(clock.now() + milliseconds, () => {
      log.info(`Disconnected ${this.name}: ${why}`);
      this.disconnect(Reason.MaximumConnectTime, why);
    });
  }

  forgetLastTopic(): void {
    this.lastTopic = undefined;
  }

  /** [MQTT-4.13.1-1] [MQTT-4.13.2-1] */
  disconnect(reasonCode: number, reasonString: string, serverReference?: string): void {
    try {
      // MQTT 3 has no DISCONNECT from the server: there it is only closed.
      if (this.isV5) {
        const shown = this.mount?.shown(reasonString) ?? reasonString;
        const properties = { reasonString: shown, ...(serverReference !== undefined && { serverReference }) };
        this.send({ type: "disconnect", version: 5, reasonCode, properties });
      }
    } finally {
      this.close();
    }
  }

  /** Observers see what has been read, before they see what follows from it elsewhere. */
  showRead(): void {
    this.#reader.showRead();
  }

  /**
   * Sends what is buffered and closes. A write that throws does not keep the client from being closed. The store commits
   * for it, also in the middle of a chunk: nothing may be in the publisher then.
   */
  close(): void {
    if (this.isClosed) return;
    this.#reader.noteRecorded();
    this.#reader.showRead();
    try {
      this.writer.buffer.flush();
    } catch (error) {
      this.broker.onError(error);
    }
    this.#setClosed();
    try {
      // What it is told last may wait for the store, but not for ever.
      if (this.sendBacklog > 0) this.#destroyLater();
      this.writer.buffer.whenWritten(() => this.#endPeer());
    } finally {
      this.broker.disconnected(this);
    }
  }

  #endPeer(): void {
    // A client has a moment to read its last packets. One that does not read is not waited for any longer.
    if (this.peer.buffered > 0 && this.#cancelDestroy === undefined) this.#destroyLater();
    this.peer.end();
  }

  #destroyLater(): void {
    const { clock, timers } = this.broker;
    this.#cancelDestroy = timers.at(clock.now() + maxCloseTime, () => this.peer.destroy());
  }

  /** The network's side is gone. */
  closed(): void {
    this.writer.buffer.discard();
    this.#cancelDestroy?.();
    if (this.isClosed) return;
    this.#setClosed();
    this.broker.disconnected(this);
  }

  #setClosed(): void {
    this.state = "closed";
    this.#cancelEnd?.();
    this.writer.isClosed = true;
    this.#reader.clear();
  }
}

const asBuffer = (bytes: Uint8Array): Buffer =>
  bytes instanceof Buffer ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
