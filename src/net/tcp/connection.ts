import type { X509Certificate } from "node:crypto";
import type { Socket, SocketHandler, TLSOptions } from "bun";
import { type Address, formatAddress, plainHost } from "../../core/address.ts";
import type { ClosingSide, Conversation, StreamLengths, Traffic } from "../../core/traffic.ts";
import type { ProxySource } from "../../protocol/proxy/header.ts";
import type { Holder } from "../held-bytes.ts";
import { descriptorOf } from "../libc.ts";
import type { TurnQueue } from "../turn-queue.ts";
import type { Lease } from "./buffers.ts";
import { ByteQueue } from "./byte-queue.ts";
import { type PausedPeer, pausedPeers } from "./paused-peers.ts";

/** What a connection needs of the server that accepted it. */
export interface ConnectionOwner {
  readonly service: string;
  readonly traffic: Traffic;
  readonly highWater: number;
  /** Stop reading a peer while more than `highWater` bytes wait for it. */
  readonly pauseWhenFull: boolean;
  /** Whether `bytes` events are emitted here; otherwise the role emits them. */
  readonly emitsBytes: boolean;
  readonly counters: { bytesIn: number; bytesOut: number };
  /** Advances while time passes; compared by the idle check. */
  tick: number;
  readonly idPrefix: string;
  readonly transport: "tcp" | "ws" | "zmq" | "http";
  /** The connections of this server that have more to do. */
  readonly turns: Pick<TurnQueue<TcpConnection>, "isEmpty" | "add" | "remove">;
  /** Its connections speak TLS. */
  readonly isSecure: boolean;
  /** Its sockets are Unix domain sockets, whose peers have no address: they are known by the path that they came to. */
  readonly localPath: string | undefined;
  /** Milliseconds between our FIN and the close when the peer does not send its own FIN. */
  readonly linger: number;
  /** Our end of a connection. */
  localName(socket: Pick<Socket, "localAddress" | "localPort">): string;
}

/** Why a peer is not read for a while: there may be several reasons at once. */
const Pause = {
  /** The role wants it. */
  Role: 1,
  /** More than the high-water mark is queued for the peer. */
  Full: 2,
  /** It has been served in this turn of the event loop, and others are next. */
  Turn: 4,
  /** It is not admitted yet: its real address is not known, or others come first. */
  Admission: 8,
} as const;

type PauseReason = (typeof Pause)[keyof typeof Pause];

/** Answers a part of what has been received. @returns whether more is left */
export type Step = () => boolean;

/** One accepted TCP connection, as a role uses it. */
export class TcpConnection<S = unknown> implements Holder, PausedPeer {
  accounted = 0;
  /** Observers have seen it open. */
  isAnnounced = false;
  /** What it counts under in `ConnectionsPerAddress`; "": it does not. */
  addressKey = "";
  /** What the role's `open` returned. */
  state!: S;
  /** The tick of the last bytes that moved in either direction. */
  lastActive: number;
  /** Bytes that have been received from the peer. */
  received = 0;
  /** Bytes that were given to `write`. */
  written = 0;
  /** Messages in both directions, as the role counts them for those who look. */
  messages = 0;
  /** The role's handler has it; in an iterative server a connection waits for its turn first. */
  served = false;
  #socket: Socket<TcpConnection<S>>;
  /** Something has come from it. */
  hasSpoken = false;
  #remote: Address;
  #proxyHost: string | undefined;
  readonly #owner: ConnectionOwner;
  readonly #number: number;
  readonly #queue = new ByteQueue();
  #conversation: Conversation | undefined;
  #ending = false;
  #peerEnded = false;
  /** Our FIN is sent. */
  #hasFinished = false;
  /** It was closed without the FIN of the peer. Of one that comes after ours Bun tells nothing but the close. */
  #isGivenUp = false;
  #closed = false;
  #closedBy: ClosingSide | undefined;
  #isReset = false;
  #corked = false;
  /** The peer has reset it, as the kernel has said to a write: it is read to its end. */
  #failed = false;
  /** The sum of the reasons of `Pause`; 0: it is read. */
  #pauses = 0;
  #linger: Timer | undefined;
  #step: Step | undefined;
  /** Copies of the chunks that arrived before the steps were done. */
  readonly #held: Uint8Array[] = [];
  #heldSize = 0;
  #endsWhenDone = false;
  #isAnswering = false;

  constructor(socket: Socket<TcpConnection<S>>, owner: ConnectionOwner, number: number) {
    this.#socket = socket;
    this.#owner = owner;
    this.#number = number;
    this.lastActive = owner.tick;
    const host: string | undefined = socket.remoteAddress;
    if (owner.localPath !== undefined) this.#remote = { transport: "ipc", host: owner.localPath, port: 0 };
    else
      this.#remote = { transport: "tcp", host: plainHost(host ?? "unknown"), port: socket.remotePort ?? 0 };
  }

  /** Read at the accept: a closed socket has no address any more, and one that was reset before never had one. */
  get remote(): Address {
    return this.#remote;
  }

  /** Its proxy has said where it really comes from; called before anybody has seen it. */
  comesFrom({ host, port }: ProxySource): void {
    this.#proxyHost = this.#remote.host;
    this.#remote = { transport: "tcp", host, port };
    this.#conversation = undefined;
  }

  /** The address of the proxy that has said where it comes from; undefined: it comes from there itself. */
  get proxyHost(): string | undefined {
    return this.#proxyHost;
  }

  /** Goes on in TLS, as its server; what has been received so far was not part of it. */
  secure(tls: TLSOptions, callbacks: SocketHandler<TcpConnection<S>>): void {
    const [, secured] = this.#socket.upgradeTLS<TcpConnection<S>>({ data: this, tls, socket: callbacks });
    this.#socket = secured;
  }

  get isSecure(): boolean {
    return this.#owner.isSecure;
  }

  /** The certificate that the peer has proved to be its own; undefined: none was asked for. */
  get certificate(): X509Certificate | undefined {
    return this.#owner.isSecure && this.#socket.authorized
      ? this.#socket.getPeerX509Certificate()
      : undefined;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Whose FIN or reset came first; undefined: neither has. */
  get closedBy(): ClosingSide | undefined {
    return this.#closedBy;
  }

  /**
   * What came first was a reset. After a write that failed this is a guess: a FIN, and then the reset that our own bytes have
   * provoked, looks the same.
   */
  get isReset(): boolean {
    return this.#isReset;
  }

  /** What came first was a FIN, and none of the other side came after it. */
  get isHalfClosed(): boolean {
    if (this.#isReset) return false;
    return this.#closedBy === "client" ? !this.#hasFinished : this.#isGivenUp && !this.#peerEnded;
  }

  /** How many bytes observers could have been shown; undefined: those that they are shown are a stream of their own. */
  get lengths(): StreamLengths | undefined {
    return this.#owner.transport === "ws" ? undefined : { in: this.received, out: this.written };
  }

  /** Our side has ended: nothing more is written, and what still arrives is discarded. */
  get ending(): boolean {
    return this.#ending;
  }

  /** Bytes given to `write` that the kernel has not taken yet. */
  get buffered(): number {
    return this.#queue.length;
  }

  /** More than the high-water mark is queued: the peer is not read, and what it asks for has to wait. */
  get isFull(): boolean {
    return this.#queue.length > this.#owner.highWater;
  }

  /** What has been received is not answered yet. */
  get isBusy(): boolean {
    return this.#step !== undefined || this.#held.length > 0 || this.#isAnswering;
  }

  /** Bytes that are held for the peer: what it has not read, and what came before earlier bytes were answered. */
  get held(): number {
    return this.#queue.length + this.#heldSize;
  }

  /** Of the chunk that the role is given: the offset of its first byte among all that were received. */
  offsetOf(chunk: Uint8Array): number {
    return this.received - this.#heldSize - chunk.length;
  }

  /** The role answers what has been received at a time of its own. */
  get isAnswering(): boolean {
    return this.#isAnswering;
  }

  /**
   * The answer comes later: until `endAnswer` the role gets no chunk and no FIN. The peer is read on until it sends
   * something, because Bun does not always notice that a paused peer has left.
   */
  beginAnswer(): void {
    this.#isAnswering = true;
  }

  /** What came meanwhile has its turn. */
  endAnswer(): void {
    this.#isAnswering = false;
    this.waitForTurn();
  }

  /** The peer has shut its sending side. */
  get hasPeerEnded(): boolean {
    return this.#peerEnded;
  }

  get conversation(): Conversation {
    this.#conversation ??= {
      id: `${this.#owner.idPrefix}#${this.#number}`,
      service: this.#owner.service,
      transport: this.#owner.transport,
      local: this.#owner.localName(this.#socket),
      remote: formatAddress(this.remote),
    };
    return this.#conversation;
  }

  /**
   * Takes all of `bytes`, into the kernel or into the queue; the caller may reuse them at once. With a lease they are
   * not copied: the rest that the kernel does not take is held until it is sent or the connection is closed.
   * @returns false when more than the high-water mark is queued: a role that can wait should wait for `drain`
   */
  write(bytes: Uint8Array, lease?: Lease): boolean {
    if (this.#closed || this.#ending || this.#failed) return true;
    const owner = this.#owner;
    owner.counters.bytesOut += bytes.length;
    this.written += bytes.length;
    this.lastActive = owner.tick;
    if (owner.emitsBytes && owner.traffic.sample("bytes")) {
      const offset = this.written - bytes.length;
      owner.traffic.emit({ kind: "bytes", conversation: this.conversation, direction: "out", bytes, offset });
    }
    if (this.#corked || this.#queue.length > 0) {
      this.#queue.append(bytes, lease);
    } else {
      const taken = this.#socket.write(bytes);
      if (taken >= bytes.length) return true;
      if (taken < 0) {
        this.#fail();
        return true;
      }
      this.#queue.append(bytes.subarray(taken), lease);
    }
    return this.#corked ? this.#queue.length <= owner.highWater : this.#checkFull();
  }

  /** As `write`, for text: short text of ASCII goes out without a copy. @param length of its bytes */
  writeText(text: string, length: number): boolean {
    const isDirect =
      !this.#corked && this.#queue.length === 0 && !this.#owner.emitsBytes && length === text.length;
    if (!isDirect || this.#closed || this.#ending || this.#failed) return this.write(Buffer.from(text));
    this.#owner.counters.bytesOut += length;
    this.written += length;
    this.lastActive = this.#owner.tick;
    const taken = this.#socket.write(text);
    if (taken >= length) return true;
    if (taken < 0) {
      this.#fail();
      return true;
    }
    this.#queue.append(Buffer.from(text).subarray(taken));
    return this.#checkFull();
  }

  /** Collects what `work` writes and sends it in one system call: many small replies cost one call, not one each. */
  cork(work: () => void): void {
    if (this.#corked) return work();
    this.#corked = true;
    try {
      work();
    } finally {
      this.#corked = false;
      // Also sends the FIN if `end` was called meanwhile.
      if (!this.#closed) this.flush();
      this.#checkFull();
    }
  }

  /** @returns false past the high-water mark, where reading is paused if the options say so */
  #checkFull(): boolean {
    if (!this.isFull) return true;
    if (this.#owner.pauseWhenFull && !this.#closed) this.#pause(Pause.Full);
    return false;
  }

  /** Stops reading: the peer's bytes stay in the kernel and, once its buffer is full, with the peer. */
  pause(): void {
    this.#pause(Pause.Role);
  }

  resume(): void {
    this.#resume(Pause.Role);
  }

  /** Stops reading until it is admitted. */
  waitForAdmission(): void {
    this.#pause(Pause.Admission);
  }

  admitted(): void {
    this.#resume(Pause.Admission);
  }

  #pause(reason: PauseReason): void {
    if (this.#failed) return;
    if (this.#pauses === 0) this.#socket.pause();
    const isNew = this.#pauses === 0 || reason === Pause.Admission;
    this.#pauses |= reason;
    // Who waits for a proxy's header looks for its FIN, too.
    if (isNew && this.isAnnounced && !this.#peerEnded && !this.#closed) pausedPeers.add(this);
  }

  #resume(reason: PauseReason): void {
    if ((this.#pauses & reason) === 0) return;
    this.#pauses &= ~reason;
    if (this.#pauses !== 0) return;
    pausedPeers.remove(this);
    if (!this.#closed) this.#socket.resume();
  }

  get file(): number | undefined {
    return this.#closed ? undefined : descriptorOf(this.#socket);
  }

  /** It is paused, and was reset meanwhile. */
  wasReset(): void {
    if (!this.#closed) this.#fail();
  }

  /** Its peer has left: what little it has sent last comes although it is paused, and then its FIN. */
  readToEnd(): void {
    this.#socket.resume();
  }

  /**
   * For a chunk that may ask for many answers: `step` gives a few of them and is called again in later turns of the
   * event loop, other clients being served between, until it returns false. Until then the peer is not read, its FIN
   * does not come to the role, and `step` waits while the connection is full. It is dropped when the connection ends.
   */
  work(step: Step): void {
    this.#step = step;
    if (!this.#owner.turns.isEmpty || this.#doStep()) this.waitForTurn();
  }

  /** Keeps a copy of a chunk that comes while the connection is busy: a pause does not hold back all of them. */
  hold(chunk: Uint8Array): void {
    if (this.#failed) return;
    this.#held.push(new Uint8Array(chunk));
    this.#heldSize += chunk.length;
    if (this.#isAnswering) this.#pause(Pause.Turn);
  }

  /** Pauses the peer until the connection has its turn. */
  waitForTurn(): void {
    if (this.#closed) return;
    this.#pause(Pause.Turn);
    // When it has drained, the server adds one that is full.
    if (!this.isBusy || !this.isFull) this.#owner.turns.add(this);
  }

  /**
   * Called when it is the connection's turn: continues what is not done yet, and hands what was kept to `handle`.
   * @returns whether everything is done, and the peer is read again
   */
  takeTurn(handle: (chunk: Uint8Array) => void): boolean {
    if (this.#isAnswering) return false;
    if (!this.#doStep()) {
      const chunk = this.#held.shift();
      if (chunk !== undefined) {
        this.#heldSize -= chunk.length;
        handle(chunk);
      }
    }
    if (this.#isAnswering) return false;
    if (this.isBusy) {
      this.waitForTurn();
      return false;
    }
    this.#resume(Pause.Turn);
    if (this.#endsWhenDone) this.end();
    return true;
  }

  /** @returns whether more is left to do */
  #doStep(): boolean {
    if (this.#step?.() === true && !this.#ending && !this.#failed && !this.#closed) return true;
    this.#step = undefined;
    return false;
  }

  /**
   * The peer has reset it: nothing reaches it any more, so nothing more is answered. Who has asked the kernel has taken the error
   * away that Bun would have noticed, and of a paused socket it notices nothing else. So the pause is over: what had come before is
   * read, and then the end.
   */
  #fail(): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#noteEnd("client", true);
    this.#queue.clear();
    this.#dropHeld();
    this.#socket.resume();
  }

  #dropHeld(): void {
    this.#held.length = 0;
    this.#heldSize = 0;
  }

  /** Sends what is buffered, then FIN; closes when the peer has ended, too, or after the linger time. */
  end(): void {
    if (this.#ending || this.#closed) return;
    this.#ending = true;
    this.#dropHeld();
    if (this.#queue.length === 0 && !this.#corked) this.#finish();
  }

  /** Ends when everything that was received is answered. */
  endWhenDone(): void {
    if (this.isBusy) this.#endsWhenDone = true;
    else this.end();
  }

  /** Closes now; what is buffered is lost. */
  destroy(): void {
    if (!this.#closed) this.terminate();
  }

  /** Resets the socket, even if it was marked closed. */
  terminate(): void {
    this.#noteEnd("service", true);
    this.#isGivenUp = true;
    this.#socket.terminate();
  }

  /** Called when the kernel's send buffer has space. @returns whether the queue is empty and the role may write */
  flush(): boolean {
    while (this.#queue.length > 0) {
      const front = this.#queue.front();
      const { length } = front;
      const taken = this.#socket.write(front);
      if (taken < 0) this.#fail();
      if (taken <= 0) return false;
      this.lastActive = this.#owner.tick;
      this.#queue.consume(taken);
      if (taken < length) return false;
    }
    this.#resume(Pause.Full);
    if (this.#ending) this.#finish();
    return !this.#ending;
  }

  /** Called when the peer's FIN has come. */
  peerEnded(): void {
    this.#noteEnd("client", false);
    this.#peerEnded = true;
    if (this.#ending && this.#queue.length === 0) this.#socket.end();
  }

  /** Called when the socket is gone. @returns false when it was marked closed before */
  markClosed(): boolean {
    if (this.#closed) return false;
    // A socket that is gone without a FIN from either side was reset by its peer.
    this.#noteEnd("client", true);
    this.#closed = true;
    this.#queue.clear();
    this.#step = undefined;
    this.#dropHeld();
    this.#owner.turns.remove(this);
    pausedPeers.remove(this);
    clearTimeout(this.#linger);
    return true;
  }

  #noteEnd(side: ClosingSide, isReset: boolean): void {
    if (this.#closedBy !== undefined) return;
    this.#closedBy = side;
    this.#isReset = isReset;
    if (!isReset) this.#reportHalfClose(side);
  }

  #reportHalfClose(closedBy: ClosingSide): void {
    const { traffic } = this.#owner;
    if (!this.isAnnounced || !traffic.sample("half-close")) return;
    const { conversation, lengths } = this;
    traffic.emit({ kind: "half-close", conversation, closedBy, ...(lengths && { lengths }) });
  }

  #finish(): void {
    if (this.#closed) return;
    this.#hasFinished = true;
    if (this.#peerEnded) {
      this.#socket.end();
      return;
    }
    // close() now would answer bytes that are still on their way with a reset, which can destroy our last reply
    // before the peer has read it. So: FIN, read and discard, close when the peer ends or after the linger time.
    this.#noteEnd("service", false);
    this.#socket.shutdown();
    this.#socket.resume();
    this.#linger ??= setTimeout(() => this.#giveUp(), this.#owner.linger);
  }

  #giveUp(): void {
    this.#isGivenUp = true;
    this.#socket.end();
  }
}
