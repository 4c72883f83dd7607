import type { TcpClient } from "../../net/tcp/client.ts";
import { printable } from "../../protocol/text/printable.ts";
import { PeerError } from "../program/errors.ts";
import { connectionClosed, notSpeaking, type Peer, peerName } from "../program/peer.ts";

// The part of ZeroMQ's wire protocol (ZMTP 3.0, https://rfc.zeromq.org/spec/23/) that one request needs. Unlike
// libzmq it needs no native library and no thread, and gives us the type of the peer's socket.

const greetingLength = 64;
/** More bytes than any message of these services has. The length that a peer announces is not trusted. */
const maxFrame = 1024 * 1024;
const flag = { more: 0x01, long: 0x02, command: 0x04 } as const;

export interface Frame {
  readonly isCommand: boolean;
  readonly more: boolean;
  readonly body: Uint8Array;
}

/** A connection to a ZeroMQ socket. Its handshake is `greet`, then `sendReady`. */
export class ZmtpConnection {
  readonly #client: TcpClient;
  readonly #peer: Peer;
  /** Bytes received and not yet decoded. */
  #unread: Uint8Array = new Uint8Array(0);

  constructor(client: TcpClient, peer: Peer) {
    this.#client = client;
    this.#peer = peer;
  }

  /** Exchanges greetings and reads the peer's READY. @returns the type of its socket, such as `REP` */
  async greet(): Promise<string> {
    await this.#client.write(greeting());
    // The first byte decides: most peers of another protocol send less than a greeting, and wait.
    const [first] = await this.#peek();
    if (first !== 0xff) throw this.#notZeroMq(this.#unread);
    const theirs = await this.#take(greetingLength);
    if (theirs[9] !== 0x7f) throw this.#notZeroMq(theirs);
    const answer = await this.receive();
    const socketType = answer.isCommand ? property(answer.body, "Socket-Type") : undefined;
    if (socketType !== undefined) return socketType;
    throw new PeerError("bad-answer", `${peerName(this.#peer)} did not end the ZeroMQ handshake`);
  }

  /** Ends the handshake as a socket of `type`; after that the peer may send. */
  async sendReady(type: "REQ" | "SUB" | "PULL"): Promise<void> {
    await this.#client.write(frame(flag.command, ready(type)));
  }

  async send(body: Uint8Array, more = false): Promise<void> {
    await this.#client.write(frame(more ? flag.more : 0, body));
  }

  async receive(): Promise<Frame> {
    const [flags = 0] = await this.#take(1);
    const size = await this.#take(flags & flag.long ? 8 : 1);
    const length = size.reduce((value, byte) => value * 256 + byte, 0);
    if (length > maxFrame) {
      throw new PeerError(
        "bad-answer",
        `${peerName(this.#peer)} announces a ZeroMQ frame of ${length} bytes`,
      );
    }
    const body = await this.#take(length);
    return { isCommand: (flags & flag.command) !== 0, more: (flags & flag.more) !== 0, body };
  }

  /** The last part of the next message; commands before it are skipped. */
  async message(): Promise<Uint8Array> {
    for (;;) {
      const { isCommand, more, body } = await this.receive();
      if (!isCommand && !more) return body;
    }
  }

  #notZeroMq(sent: Uint8Array): PeerError {
    return notSpeaking(this.#peer, "ZeroMQ", `it sent ${printable(sent, 24)}`);
  }

  /** What has been received, at least one byte of it, left for `#take`. */
  async #peek(): Promise<Uint8Array> {
    this.#unread = Buffer.concat([await this.#take(1), this.#unread]);
    return this.#unread;
  }

  async #take(count: number): Promise<Uint8Array> {
    while (this.#unread.length < count) {
      const next = await this.#client.read();
      if (next.kind !== "bytes") throw connectionClosed(this.#peer);
      this.#unread = Buffer.concat([this.#unread, next.bytes]);
    }
    const taken = this.#unread.subarray(0, count);
    this.#unread = this.#unread.subarray(count);
    return taken;
  }
}

/** Signature, version 3.0, the mechanism NULL (no security). */
function greeting(): Uint8Array {
  const bytes = new Uint8Array(greetingLength);
  bytes[0] = 0xff;
  bytes[9] = 0x7f;
  bytes[10] = 3;
  bytes.set(new TextEncoder().encode("NULL"), 12);
  return bytes;
}

function ready(type: string): Uint8Array {
  const name = Buffer.from("\x05READY\x0bSocket-Type", "latin1");
  return Buffer.concat([name, Buffer.from([0, 0, 0, type.length]), Buffer.from(type, "latin1")]);
}

/** Our frames are short: one byte of length is enough. */
function frame(flags: number, body: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from([flags, body.length]), body]);
}

/** A property of a READY command: name length, name, four bytes of value length, value. */
function property(ready: Uint8Array, wanted: string): string | undefined {
  const bytes = Buffer.from(ready);
  if (bytes.toString("latin1", 0, 6) !== "\x05READY") return undefined;
  for (let at = 6; at < bytes.length; ) {
    const nameEnd = at + 1 + bytes.readUInt8(at);
    if (nameEnd + 4 > bytes.length) return undefined; // truncated
    const valueEnd = nameEnd + 4 + bytes.readUInt32BE(nameEnd);
    if (bytes.toString("latin1", at + 1, nameEnd).toLowerCase() === wanted.toLowerCase()) {
      return bytes.toString("latin1", nameEnd + 4, valueEnd);
    }
    at = valueEnd;
  }
  return undefined;
}
