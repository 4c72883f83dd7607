import { type Pointer, ptr } from "bun:ffi";
import type { Parts } from "../../protocol/zmtp/frame.ts";
import { flags, type IntOption, intOptions, maxMessageSizeOption, textOptions } from "./constants.ts";
import { check, lastError, lastErrorName } from "./error.ts";
import type { Handle, Libzmq } from "./library.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Bytes of a `zmq_msg_t`, as zmq.h fixes it. */
const messageSize = 64;

/**
 * One socket. Nothing here blocks: `receive` and `send` report at once that they would have to wait, and a
 * `ZmqWaiter` does the waiting. Made by `ZmqContext.socket`.
 */
export class ZmqSocket {
  readonly handle: Handle;
  readonly #lib: Libzmq;
  readonly #message: Pointer;
  // Keeps the memory behind `#message` alive.
  readonly #messageMemory = new BigUint64Array(new ArrayBuffer(messageSize));
  #closed = false;

  constructor(lib: Libzmq, handle: Handle) {
    this.#lib = lib;
    this.handle = handle;
    this.#message = ptr(this.#messageMemory);
    lib.c.zmq_msg_init(this.#message);
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** @throws {ZmqError} `EINVAL` for a value that the option cannot take */
  setInt(option: IntOption, value: number): void {
    this.#set(intOptions[option], new Int32Array([value]), `set ${option} to ${value}`);
  }

  /** Peers that send a larger message are disconnected; -1 for no limit. */
  setMaxMessageSize(bytes: number): void {
    this.#set(
      maxMessageSizeOption,
      new BigInt64Array([BigInt(bytes)]),
      `set maximum message size to ${bytes}`,
    );
  }

  /**
   * Refuses peers older than ZMTP 3.0, which send no greeting that identifies them: libzmq takes any bytes that do not
   * begin with 0xff for such a peer. It stops doing so once a socket has an authentication domain. There is no
   * authenticator for ours, so all other peers are accepted as before.
   */
  requireZmtp3(): void {
    this.#set(textOptions.zapDomain, encoder.encode("distsrv"), "set the authentication domain");
  }

  /** Of a SUB socket: receives the messages that begin with `prefix`; the empty prefix receives all. */
  subscribe(prefix: string): void {
    this.#set(textOptions.subscribe, encoder.encode(prefix), `subscribe to ${JSON.stringify(prefix)}`);
  }

  getInt(option: IntOption): number {
    const value = new Int32Array(1);
    this.#get(intOptions[option], value, option);
    return value[0] ?? 0;
  }

  /** Where the socket was bound or connected last: `tcp://127.0.0.1:41235`. */
  lastEndpoint(): string {
    const value = new Uint8Array(1024);
    const length = this.#get(textOptions.lastEndpoint, value, "last endpoint");
    return decoder.decode(value.subarray(0, length - 1)); // ends in NUL
  }

  /** @throws {ZmqError} `EADDRINUSE`, `EADDRNOTAVAIL`, `ENODEV`, `EACCES`, `EINVAL` ... */
  bind(endpoint: string): void {
    check(this.#lib, this.#lib.c.zmq_bind(this.handle, endpoint), `bind ${endpoint}`);
  }

  /** Returns before the peer is reached, and tries again for as long as the socket lives. */
  connect(endpoint: string): void {
    check(this.#lib, this.#lib.c.zmq_connect(this.handle, endpoint), `connect ${endpoint}`);
  }

  /** Publishes connection events on an inproc endpoint, to be read through a PAIR socket. */
  monitor(endpoint: string, events: number): void {
    check(this.#lib, this.#lib.c.zmq_socket_monitor(this.handle, endpoint, events), `monitor ${endpoint}`);
  }

  /**
   * Stops publishing connection events. Must be called before their reader is closed: otherwise libzmq's I/O thread
   * waits for another reader for ever.
   */
  endMonitor(): void {
    check(this.#lib, this.#lib.c.zmq_socket_monitor(this.handle, null, 0), "end the monitor");
  }

  /** @returns false when it would have to wait: there is no peer, or all queues are full */
  send(bytes: Uint8Array): boolean {
    return this.#sendPart(bytes, flags.dontWait);
  }

  /** @returns false when it would have to wait; a message goes out whole or not at all */
  sendParts(parts: Parts): boolean {
    const last = parts.length - 1;
    for (let index = 0; index < last; index++) {
      const sent = this.#sendPart(parts[index] ?? nothing, flags.dontWait | flags.sendMore);
      if (!sent) return false; // only the first part of a message can meet a full queue
    }
    return this.#sendPart(parts[last] ?? nothing, flags.dontWait);
  }

  /** @returns the next message, copied, or undefined when none is there */
  receive(): Uint8Array[] | undefined {
    const first = this.#receivePart();
    if (first === undefined) return undefined;
    const parts = [first];
    while (this.#lib.c.zmq_msg_more(this.#message) === 1) {
      const part = this.#receivePart();
      if (part !== undefined) parts.push(part);
    }
    return parts;
  }

  /** Returns at once; unsent messages linger in the background. Safe to call twice. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#lib.c.zmq_msg_close(this.#message);
    this.#lib.c.zmq_close(this.handle);
  }

  #sendPart(bytes: Uint8Array, how: number): boolean {
    const source = bytes.length === 0 ? null : bytes;
    for (;;) {
      if (this.#lib.c.zmq_send(this.handle, source, bytes.length, how) !== -1) return true;
      const code = lastErrorName(this.#lib);
      if (code === "EAGAIN") return false;
      if (code !== "EINTR") throw lastError(this.#lib, `send ${bytes.length} bytes`);
    }
  }

  #receivePart(): Uint8Array | undefined {
    const { c } = this.#lib;
    for (;;) {
      const size = c.zmq_msg_recv(this.#message, this.handle, flags.dontWait);
      if (size === 0) return new Uint8Array(0);
      if (size > 0) {
        const bytes = new Uint8Array(size);
        c.memcpy(bytes, c.zmq_msg_data(this.#message), size);
        return bytes;
      }
      const code = lastErrorName(this.#lib);
      if (code === "EAGAIN") return undefined;
      if (code !== "EINTR") throw lastError(this.#lib, "receive");
    }
  }

  #set(option: number, value: NodeJS.TypedArray, tried: string): void {
    const { c } = this.#lib;
    const source = value.byteLength === 0 ? null : value;
    check(this.#lib, c.zmq_setsockopt(this.handle, option, source, value.byteLength), tried);
  }

  /** @returns how many bytes of `value` were written */
  #get(option: number, value: NodeJS.TypedArray, name: string): number {
    const length = new BigUint64Array([BigInt(value.byteLength)]);
    check(this.#lib, this.#lib.c.zmq_getsockopt(this.handle, option, value, length), `get ${name}`);
    return Number(length[0]);
  }
}

const nothing = new Uint8Array(0);
