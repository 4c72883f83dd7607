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
  /** Whether `bytes` events are emitted here; otherwise the role emits them. */
  readonly emitsBytes: boolean;
  readonly counters: { bytesIn: number; bytesOut: number };
  /** Advances while time passes; compared by the idle check. */
  tick: number;
  readonly idPrefix: string;
  readonly transport: "tcp" | "ws";
}

/** Milliseconds between our FIN and the close when the peer does not send its own FIN. */
export const lingerMs = 1000;

/** One accepted TCP connection, as a role uses it. */
export class TcpConnection<S = unknown> {
  /** Read at the accept: a closed socket has no address any more, and one that was reset before never had one. */
  readonly remote: Address;
  /** What the role's `open` returned. */
  state!: S;
  /** The tick of the last bytes that moved in either direction. */
  lastActive: number;
  /** The role's handler has it; in an iterative server a connection waits for its turn first. */
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

  /** Our side has ended: nothing more is written, and what still arrives is discarded. */
  get ending(): boolean {
    return this.#ending;
  }

  /** Bytes given to `write` that the kernel has not taken yet. */
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
   * Takes all of `bytes`, into the kernel or into the queue; the caller may reuse them at once. With a lease they are
   * not copied: the rest that the kernel does not take is held until it is sent or the connection is closed.
   * @returns false when more than the high-water mark is queued: a role that can wait should wait for `drain`
   */
  write(bytes: Uint8Array, lease?: Lease): boolean {
    if (this.#closed || this.#ending) return true;
    const owner = this.#owner;
    owner.counters.bytesOut += bytes.length;
    this.lastActive = owner.tick;
    if (owner.emitsBytes && owner.traffic.sample("bytes")) {
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

  /** Collects what `work` writes and sends it in one system call: many small replies cost one call, not one each. */
  cork(work: () => void): void {
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

  /** Sends what is buffered, then FIN; closes when the peer has ended, too, or after `lingerMs`. */
  end(): void {
    if (this.#ending || this.#closed) return;
    this.#ending = true;
    if (this.#queue.length === 0 && !this.#corked) this.#finish();
  }

  /** Closes now; what is buffered is lost. */
  destroy(): void {
    if (!this.#closed) this.terminate();
  }

  /** Resets the socket, even if it was marked closed. */
  terminate(): void {
    this.#socket.terminate();
  }

  /** Called when the kernel's send buffer has space. @returns whether the queue is empty and the role may write */
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

  /** Called when the peer's FIN has come. */
  peerEnded(): void {
    this.#peerEnded = true;
    if (this.#ending && this.#queue.length === 0) this.#socket.end();
  }

  /** Called when the socket is gone. @returns false when it was marked closed before */
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
    // close() now would answer bytes that are still on their way with a reset, which can destroy our last reply
    // before the peer has read it. So: FIN, read and discard, close when the peer ends or after the linger time.
    this.#socket.shutdown();
    this.#socket.resume();
    this.#linger ??= setTimeout(() => this.#socket.end(), lingerMs);
  }
}
