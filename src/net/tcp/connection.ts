import type { Socket } from "bun";
import { type Address, formatAddress, plainHost } from "../../core/address.ts";
import type { Conversation, Traffic } from "../../core/traffic.ts";
import type { Lease } from "./buffers.ts";
import { ByteQueue } from "./byte-queue.ts";

/** What a connection needs of the server that accepted it. */
export interface ConnectionOwner {
  readonly service: string;
  readonly traffic: Traffic;
  readonly address: Address;
  readonly highWater: number;
  /** Stop reading a peer while more than `highWater` bytes wait for it. */
  readonly pauseWhenFull: boolean;
  /** Whether observers are told of bytes here; otherwise the role does it. */
  readonly emitsBytes: boolean;
  readonly counters: { bytesIn: number; bytesOut: number };
  /** Advances while time passes; compared by the idle check. */
  tick: number;
  readonly idPrefix: string;
  readonly transport: "tcp" | "ws";
}

/** How long a connection that we ended waits for the peer's own end before it is closed for good. */
export const lingerMs = 1000;

/** One accepted TCP connection: what a role reads from and writes to. */
export class TcpConnection<S = unknown> {
  /** Learned at the accept: a socket that is gone does not tell any more, and one reset by then never did. */
  readonly remote: Address;
  /** What the role's `open` returned. */
  state!: S;
  /** The tick of the last bytes that moved in either direction. */
  lastActive: number;
  /** A role is on the other side; in an iterative server a connection waits for its turn first. */
  served = false;
  readonly #socket: Socket<TcpConnection<S>>;
  readonly #owner: ConnectionOwner;
  readonly #number: number;
  readonly #queue = new ByteQueue();
  #conversation: Conversation | undefined;
  #ending = false;
  #peerEnded = false;
  #closed = false;
  #corked = false;
  #pausedByRole = false;
  #pausedByQueue = false;
  #linger: Timer | undefined;

  constructor(socket: Socket<TcpConnection<S>>, owner: ConnectionOwner, number: number) {
    this.#socket = socket;
    this.#owner = owner;
    this.#number = number;
    this.lastActive = owner.tick;
    const host: string | undefined = socket.remoteAddress;
    this.remote = { transport: "tcp", host: plainHost(host ?? "unknown"), port: socket.remotePort ?? 0 };
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** We have ended the conversation: nothing more is written, what still arrives is not for the role. */
  get ending(): boolean {
    return this.#ending;
  }

  /** Bytes taken by `write` that the kernel has not taken yet. */
  get buffered(): number {
    return this.#queue.length;
  }

  get conversation(): Conversation {
    this.#conversation ??= {
      id: `${this.#owner.idPrefix}#${this.#number}`,
      service: this.#owner.service,
      transport: this.#owner.transport,
      local: formatAddress(this.#owner.address),
      remote: formatAddress(this.remote),
    };
    return this.#conversation;
  }

  /**
   * Takes all of `bytes`, to the kernel or into the queue; the caller may reuse them at once. With a lease they are
   * not copied: what the kernel does not take at once is held until it has, or the connection is closed.
   * @returns false when more than the high-water mark is waiting: a role that has a choice waits for `drain`
   */
  write(bytes: Uint8Array, lease?: Lease): boolean {
    if (this.#closed || this.#ending) return true;
    const owner = this.#owner;
    owner.counters.bytesOut += bytes.length;
    this.lastActive = owner.tick;
    if (owner.emitsBytes && owner.traffic.wants("bytes")) {
      owner.traffic.emit({ kind: "bytes", conversation: this.conversation, direction: "out", bytes });
    }
    if (this.#corked || this.#queue.length > 0) {
      this.#queue.append(bytes, lease);
    } else {
      const taken = this.#socket.write(bytes);
      if (taken >= bytes.length) return true;
      // -1: the socket is gone and its close event is on the way.
      if (taken < 0) return true;
      this.#queue.append(bytes.subarray(taken), lease);
    }
    return this.#corked ? this.#queue.length <= owner.highWater : this.#checkFull();
  }

  /** What `work` writes goes to the kernel together: many small replies cost one call, not one each. */
  cork(work: () => void): void {
    this.#corked = true;
    try {
      work();
    } finally {
      this.#corked = false;
      // Also finishes what was ended meanwhile.
      if (!this.#closed) this.flush();
      this.#checkFull();
    }
  }

  /** @returns false past the high-water mark; the peer is not read meanwhile, if that was asked for */
  #checkFull(): boolean {
    if (this.#queue.length <= this.#owner.highWater) return true;
    if (this.#owner.pauseWhenFull && !this.#pausedByQueue && !this.#closed) {
      this.#pausedByQueue = true;
      this.#socket.pause();
    }
    return false;
  }

  /** Stops reading: the peer's bytes stay in the kernel and, once its buffer is full, with the peer. */
  pause(): void {
    if (this.#pausedByRole) return;
    this.#pausedByRole = true;
    this.#socket.pause();
  }

  resume(): void {
    if (!this.#pausedByRole) return;
    this.#pausedByRole = false;
    if (!this.#pausedByQueue && !this.#closed) this.#socket.resume();
  }

  /** Sends what is buffered, then FIN. The peer has a moment to end its side, too, before the close. */
  end(): void {
    if (this.#ending || this.#closed) return;
    this.#ending = true;
    if (this.#queue.length === 0 && !this.#corked) this.#finish();
  }

  /** Closes now; what is buffered is lost. */
  destroy(): void {
    if (!this.#closed) this.terminate();
  }

  /** Resets the socket, whatever has been told about it. */
  terminate(): void {
    this.#socket.terminate();
  }

  /** The kernel has room again. @returns whether the queue is empty and the role may go on writing */
  flush(): boolean {
    while (this.#queue.length > 0) {
      const front = this.#queue.front();
      const { length } = front;
      const taken = this.#socket.write(front);
      if (taken <= 0) return false;
      this.lastActive = this.#owner.tick;
      this.#queue.consume(taken);
      if (taken < length) return false;
    }
    if (this.#pausedByQueue) {
      this.#pausedByQueue = false;
      if (!this.#pausedByRole) this.#socket.resume();
    }
    if (this.#ending) this.#finish();
    return !this.#ending;
  }

  /** The peer's FIN has come. */
  peerEnded(): void {
    this.#peerEnded = true;
    if (this.#ending && this.#queue.length === 0) this.#socket.end();
  }

  /** The socket is gone. @returns false when that has been told before */
  markClosed(): boolean {
    if (this.#closed) return false;
    this.#closed = true;
    this.#queue.clear();
    clearTimeout(this.#linger);
    return true;
  }

  #finish(): void {
    if (this.#closed) return;
    if (this.#peerEnded) {
      this.#socket.end();
      return;
    }
    // A full close now would answer bytes still on their way with a reset, which can destroy our last reply
    // before the peer has read it. So: FIN, read on and discard, close when the peer ends or has had its time.
    this.#socket.shutdown();
    this.#socket.resume();
    this.#linger ??= setTimeout(() => this.#socket.end(), lingerMs);
  }
}
