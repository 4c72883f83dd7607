import type { X509Certificate } from "node:crypto";
import type { Conversation } from "../../core/traffic.ts";
import {
  closeFrame,
  controlFrame,
  maxServerHeader,
  Opcode,
  writeHeader,
} from "../../protocol/websocket/frame.ts";
import { FrameReader } from "../../protocol/websocket/frame-reader.ts";
import { CloseCode } from "../../protocol/websocket/websocket-error.ts";
import type { Lease } from "../tcp/buffers.ts";
import type { TcpConnection } from "../tcp/connection.ts";

/** Header and payload of frames up to this size are joined: one write for each frame. */
const joinedFrameSize = 128 * 1024;

/** No pongs are sent to a client that does not read while more than this many bytes are queued for it. */
const maxQueuedForPong = 64 * 1024;

/** What a connection needs of the server that accepted its handshake. */
export interface WebSocketOwner<S> {
  /** The close code that `end` sends: 1000, or 1001 while the server stops. */
  readonly closeCode: number;
  readonly scratch: Uint8Array;
  received(connection: WebSocketConnection<S>, bytes: Uint8Array): void;
  /** The peer has sent its close frame. */
  ended(connection: WebSocketConnection<S>): void;
}

/** One WebSocket connection: a stream of bytes for the role, sent in binary frames. */
export class WebSocketConnection<S = unknown> {
  /** What the role's `open` returned. */
  state!: S;
  readonly reader: FrameReader;
  readonly #tcp: TcpConnection<unknown>;
  readonly #owner: WebSocketOwner<S>;
  #bearer: string | undefined;
  /** What the peer's close frame is answered with. */
  #answer: number | undefined;

  constructor(tcp: TcpConnection<unknown>, owner: WebSocketOwner<S>, bearer?: string) {
    this.#bearer = bearer;
    this.#tcp = tcp;
    this.#owner = owner;
    this.reader = new FrameReader({
      data: (bytes) => {
        if (!tcp.ending && !tcp.closed) owner.received(this, bytes);
      },
      // Only the last of many pings must be answered (RFC 6455, section 5.5.3).
      ping: (payload) => {
        if (tcp.buffered <= maxQueuedForPong) tcp.write(controlFrame(Opcode.Pong, payload));
      },
      close: (code) => {
        this.#answer = code === CloseCode.None ? CloseCode.Normal : code;
        owner.ended(this);
      },
    });
  }

  /** The token of the opening handshake, once: it is not kept. */
  takeBearer(): string | undefined {
    const bearer = this.#bearer;
    this.#bearer = undefined;
    return bearer;
  }

  get conversation(): Conversation {
    return this.#tcp.conversation;
  }

  /** The certificate that the peer has proved to be its own; undefined: none was asked for. */
  get certificate(): X509Certificate | undefined {
    return this.#tcp.certificate;
  }

  /** Bytes that the kernel has not taken yet, frame headers included. */
  get buffered(): number {
    return this.#tcp.buffered;
  }

  /**
   * Sends `bytes` as one message; the caller may reuse them at once. With a lease large ones are held and not copied.
   */
  write(bytes: Uint8Array, lease?: Lease): void {
    if (bytes.length === 0) return;
    const { scratch } = this.#owner;
    const header = writeHeader(scratch, Opcode.Binary, bytes.length);
    if (bytes.length <= scratch.length - header) {
      scratch.set(bytes, header);
      this.#tcp.write(scratch.subarray(0, header + bytes.length));
      return;
    }
    this.#tcp.write(scratch.subarray(0, header));
    this.#tcp.write(bytes, lease);
  }

  pause(): void {
    this.#tcp.pause();
  }

  resume(): void {
    this.#tcp.resume();
  }

  /** Sends what is buffered, then a close frame, then FIN. */
  end(): void {
    this.close(this.#answer ?? this.#owner.closeCode);
  }

  /** As `end`, with the given code and reason. */
  close(code: number, reason?: string): void {
    this.#tcp.write(closeFrame(code, reason));
    this.#tcp.end();
  }

  /** Closes now; what is buffered is lost. */
  destroy(): void {
    this.#tcp.destroy();
  }
}

/** The buffer in which all connections of a server join header and payload. */
export const scratchBuffer = (): Uint8Array => new Uint8Array(joinedFrameSize + maxServerHeader);
