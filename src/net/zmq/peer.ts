import { formatAddress } from "../../core/address.ts";
import { type Conversation, receivedAt, type StreamPlace } from "../../core/traffic.ts";
import {
  type Command,
  encodePong,
  encodeReady,
  parseCommand,
  readSocketType,
} from "../../protocol/zmtp/command.ts";
import { messageLength, type Parts, writeMessage } from "../../protocol/zmtp/frame.ts";
import { checkGreeting, greeting, greetingLength, signatureLength } from "../../protocol/zmtp/greeting.ts";
import { type MessageLimits, MessageReader } from "../../protocol/zmtp/message-reader.ts";
import { ZmtpError } from "../../protocol/zmtp/zmtp-error.ts";
import type { TcpConnection } from "../tcp/server.ts";

/** What a role is to its peers. */
export interface ZmqBehaviour {
  /** The type of our socket, as the handshake names it. */
  readonly type: "REP" | "PUSH" | "PUB";
  /** The types that it speaks to. */
  readonly peers: readonly string[];
  readonly limits: MessageLimits;
  /** The handshake is done. */
  joined?(peer: ZmqPeer): void;
  /** The parts are valid only until it returns. @throws {ZmtpError} */
  message?(peer: ZmqPeer, parts: Parts): void;
  /** A command that is no heartbeat; others than its own are to be ignored. @throws {ZmtpError} */
  command?(peer: ZmqPeer, command: Command): void;
  /** Follows each `joined`. */
  left?(peer: ZmqPeer): void;
  /** Bytes that the role holds for the peer. */
  held?(peer: ZmqPeer): number;
}

/** What a peer needs of the service's server. */
export interface PeerOwner {
  readonly behaviour: ZmqBehaviour;
  /** Messages that may wait for a peer to read them. */
  readonly sendHighWater: number;
  /** Half of what all peers together may have waiting is waiting. */
  readonly isCrowded: boolean;
  /** A batch of messages is to be sent at the next `flush`. */
  batched(peer: ZmqPeer): void;
  joined(peer: ZmqPeer): void;
  /** The peer has had its share of this turn of the event loop: `release("turn")` is due in a later one. */
  hadItsTurn(peer: ZmqPeer): void;
}

/** Why a peer is not read: replies wait for it, requests wait for the service, or others have their turn. */
export type HoldReason = "replies" | "requests" | "turn";

/**
 * Messages and commands of one peer that are handled before others have their turn. A chunk of 512 KiB may hold 87,000
 * of them: a few peers that sent such chunks kept the others waiting for seconds.
 */
export const maxPerTurn = 2048;

/** Bytes that may wait for a peer to read them, besides one message. */
const maxBacklog = 1024 * 1024;

/** A batch is written at the latest when it has grown to this. */
const maxBatch = 64 * 1024;
const firstBatch = 512;

/** One connection to a ZeroMQ socket: the handshake, the messages of the peer, and batches of messages to it. */
export class ZmqPeer {
  readonly connection: TcpConnection<ZmqPeer>;
  /** What is accounted for it in the service's total. */
  accounted = 0;
  /** The `unfinished` message that has a deadline. */
  watched: number | undefined;
  /** Bytes have come since the last heartbeat. */
  isHeard = true;
  /** A heartbeat has asked it for a sign of life. */
  isAsked = false;
  readonly #owner: PeerOwner;
  readonly #reader: MessageReader;
  #stage: "greeting" | "handshake" | "ready" = "greeting";
  #greeting = new Uint8Array(0);
  #batch = nothing;
  #batchLength = 0;
  #batchCount = 0;
  /** Messages written since nothing waited last. */
  #waiting = 0;
  readonly #holds = new Set<HoldReason>();
  #handled = 0;
  /** Where the chunk that came last begins among all bytes of the peer. */
  #chunkOffset = 0;

  constructor(connection: TcpConnection<ZmqPeer>, owner: PeerOwner) {
    this.connection = connection;
    this.#owner = owner;
    this.#reader = new MessageReader(
      {
        message: (parts) => {
          owner.behaviour.message?.(this, parts);
          this.#countHandled();
        },
        command: (body) => {
          this.#command(body);
          this.#countHandled();
        },
      },
      owner.behaviour.limits,
    );
    connection.write(greeting.subarray(0, signatureLength));
  }

  get name(): string {
    return formatAddress(this.connection.remote) || "a program on this machine";
  }

  get conversation(): Conversation {
    return this.connection.conversation;
  }

  /** Where the message lies that `message` is called for. */
  get place(): StreamPlace {
    const { begin, end } = this.#reader;
    return receivedAt(greetingLength + begin, end - begin, this.#chunkOffset);
  }

  /** Bytes that were sent to the peer or wait in its batch. */
  get sent(): number {
    return this.connection.written + this.#batchLength;
  }

  get isReady(): boolean {
    return this.#stage === "ready";
  }

  /** Bytes in memory for this peer. */
  get held(): number {
    return this.#reader.held + this.connection.buffered + (this.#owner.behaviour.held?.(this) ?? 0);
  }

  /**
   * The number of the message whose end is missing, when it is the peer's turn to send it; else undefined. The first
   * message has number 0.
   */
  get unfinished(): number | undefined {
    return this.#reader.isWithinMessage && !this.isHeld ? this.#reader.count : undefined;
  }

  /** It is not read. */
  get isHeld(): boolean {
    return this.#holds.size > 0;
  }

  /** No more messages should be sent until `drained`. */
  get isFull(): boolean {
    const { buffered, closed, ending } = this.connection;
    if (closed || ending) return true;
    if (buffered === 0) return false;
    const { sendHighWater, isCrowded } = this.#owner;
    return this.#waiting + this.#batchCount >= sendHighWater || buffered >= maxBacklog || isCrowded;
  }

  /** Frees what is held for the peer, which is gone. */
  close(): void {
    this.#reader.close();
    this.#batch = nothing;
    this.#batchLength = this.#batchCount = 0;
  }

  /** @throws {ZmtpError} */
  receive(chunk: Uint8Array): void {
    this.isHeard = true;
    this.isAsked = false;
    this.#handled = 0;
    this.#chunkOffset = this.connection.offsetOf(chunk);
    const rest = this.#stage === "greeting" ? this.#greet(chunk) : chunk;
    if (rest.length > 0) this.#reader.read(rest);
  }

  /**
   * Adds a message to the batch that the server's next `flush` sends.
   * @param envelope parts of the same message that go before the others
   */
  send(parts: Parts, envelope: Parts = noParts): void {
    const length = messageLength(envelope) + messageLength(parts);
    this.#reserve(length);
    const at = writeMessage(this.#batch, this.#batchLength, envelope, true);
    this.#batchLength = writeMessage(this.#batch, at, parts);
  }

  /** As `send`, for frames that are encoded already: whole messages or commands. */
  sendFrames(frames: Uint8Array): void {
    this.#reserve(frames.length);
    this.#batch.set(frames, this.#batchLength);
    this.#batchLength += frames.length;
  }

  /** Writes the batch. */
  flush(): void {
    if (this.#batchLength === 0) return;
    this.connection.write(this.#batch.subarray(0, this.#batchLength));
    this.#waiting = this.connection.buffered === 0 ? 0 : this.#waiting + this.#batchCount;
    this.#batchLength = this.#batchCount = 0;
    if (this.#batch.length > maxBatch) this.#batch = nothing;
  }

  /** The kernel has taken everything. @throws {ZmtpError} as `release` */
  drained(): void {
    this.#waiting = 0;
    this.release("replies");
  }

  /** Stops reading until `release`. */
  hold(reason: HoldReason): void {
    this.#holds.add(reason);
    this.#reader.stop();
    this.connection.pause();
  }

  /** @throws {ZmtpError} of what had come and was not read */
  release(reason: HoldReason): void {
    if (!this.#holds.delete(reason) || this.isHeld || this.connection.closed) return;
    this.#handled = 0;
    this.connection.resume();
    this.#reader.resume();
  }

  #countHandled(): void {
    if (++this.#handled < maxPerTurn) return;
    this.#handled = 0;
    this.hold("turn");
    this.#owner.hadItsTurn(this);
  }

  /** Makes room for one more message of so many bytes. */
  #reserve(length: number): void {
    const isDue = this.#batchLength + length > maxBatch || this.#batchCount >= this.#owner.sendHighWater;
    if (isDue) this.flush();
    if (this.#batchLength === 0) this.#owner.batched(this);
    this.#batchCount++;
    const needed = this.#batchLength + length;
    if (needed <= this.#batch.length) return;
    const larger = new Uint8Array(Math.max(needed, Math.min(maxBatch, this.#batch.length * 2), firstBatch));
    larger.set(this.#batch.subarray(0, this.#batchLength));
    this.#batch = larger;
  }

  /** Our greeting goes out as far as the peer's has come, as libzmq does it. @returns what follows the greeting */
  #greet(chunk: Uint8Array): Uint8Array {
    const before = this.#greeting.length;
    const taken = Math.min(chunk.length, greetingLength - before);
    const begun = new Uint8Array(before + taken);
    begun.set(this.#greeting);
    begun.set(chunk.subarray(0, taken), before);
    this.#greeting = begun;
    checkGreeting(begun);
    if (before < signatureLength && begun.length >= signatureLength) {
      this.connection.write(greeting.subarray(signatureLength));
    }
    if (begun.length < greetingLength) return nothing;
    this.#greeting = nothing;
    this.#stage = "handshake";
    this.connection.write(encodeReady(this.#owner.behaviour.type));
    return chunk.subarray(taken);
  }

  #command(body: Uint8Array): void {
    const command = parseCommand(body);
    if (this.#stage === "handshake") this.#ready(command);
    else if (command.name === "PING") this.#answer(command);
    else this.#owner.behaviour.command?.(this, command);
  }

  #answer(ping: Command): void {
    this.sendFrames(encodePong(ping));
    if (this.isFull) this.hold("replies");
  }

  #ready(command: Command): void {
    const { type, peers } = this.#owner.behaviour;
    const theirs = readSocketType(command);
    if (!peers.includes(theirs)) {
      const known = peers.join(" or ");
      throw new ZmtpError(`a ${type} socket speaks to ${known}, and this is ${JSON.stringify(theirs)}`);
    }
    this.#stage = "ready";
    this.#owner.joined(this);
  }
}

const nothing = new Uint8Array(0);
const noParts: Parts = [];
