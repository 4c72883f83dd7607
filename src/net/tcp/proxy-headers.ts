import { ptr } from "bun:ffi";
import type { Address } from "../../core/address.ts";
import { type AddressRange, isInRange, parseIp, parseRange } from "../../core/address-range.ts";
import { maxProxyHeader, type ProxySource, readProxyHeader } from "../../protocol/proxy/header.ts";
import { descriptorOf, libc } from "../libc.ts";
import { TimeoutQueue } from "../timeout-queue.ts";

/** A connection whose header has not come. It is paused: Bun reads nothing of it. */
interface Pending {
  readonly file: number;
  age: number;
}

export interface ProxyHeadersOptions<T> {
  /** `true`: whoever connects is a proxy; otherwise the addresses of the proxies. */
  readonly trusted: boolean | readonly string[];
  /** The header was there. @param source undefined: the connection is the proxy's own */
  readonly arrived: (connection: T, source: ProxySource | undefined) => void;
  /** There is none, or none that is right; or the peer is no proxy. */
  readonly refused: (connection: T, why: string) => void;
  /** The peer has left before its header was there. */
  readonly left: (connection: T) => void;
  /** Milliseconds; default 5000. */
  readonly timeout?: number;
}

/** A proxy sends the header at once, in milliseconds. */
const headerTimeout = 5000;

/** How often the kernel is asked for headers that were not there at the accept, in milliseconds. */
const period = 2;

/**
 * So many are looked at in a period at most, in turn: whoever opens thousands of connections and sends half a header on
 * each costs no more time than that, and makes the headers of others wait for some hundredths of a second.
 */
const maxLooks = 64;

/** After so many periods a connection is looked at in one of so many only. */
const patience = 16;

// The same on Linux and macOS.
const messagePeek = 2;
const [levelTcp, deferAccept] = [6, 9];

/**
 * Reads the headers of the PROXY protocol on a listener's new connections.
 *
 * A header is taken out of the kernel's buffer with exactly its own bytes, by recv() and not through Bun: what follows
 * may be the client's ClientHello, often in the same segment, and Bun can begin TLS on a socket, but not on bytes that
 * have been read from it. So the connection is paused, and the bytes are only looked at (MSG_PEEK) until the header is
 * whole. On Linux the kernel reports a connection once there is something to read (TCP_DEFER_ACCEPT), so nearly every
 * header is there at the accept; for the others it is asked again every few milliseconds.
 */
export class ProxyHeaders<T> {
  readonly #options: ProxyHeadersOptions<T>;
  readonly #trusted: readonly AddressRange[] | undefined;
  readonly #pending = new Map<T, Pending>();
  readonly #timeouts: TimeoutQueue<T>;
  readonly #system: NonNullable<ReturnType<typeof libc>>;
  readonly #bytes = new Uint8Array(maxProxyHeader);
  #timer: Timer | undefined;

  /** @throws {Error} where the system has no recv() that can be called */
  constructor(options: ProxyHeadersOptions<T>) {
    const system = libc();
    if (system === undefined) throw new Error("proxyProtocol is not available on this system");
    this.#system = system;
    this.#options = options;
    const { trusted, timeout = headerTimeout } = options;
    if (typeof trusted !== "boolean") this.#trusted = trusted.flatMap((text) => parseRange(text) ?? []);
    const tooLate = `no header of the PROXY protocol came within ${timeout} ms`;
    this.#timeouts = new TimeoutQueue(timeout, (connection) => this.#refuse(connection, tooLate));
  }

  /** Asks the kernel to report a connection only when its first bytes are there. */
  static defer(listener: object): void {
    const file = descriptorOf(listener);
    if (process.platform !== "linux" || file === undefined) return;
    const seconds = new Int32Array([Math.ceil(headerTimeout / 1000)]);
    libc()?.setsockopt(file, levelTcp, deferAccept, seconds, seconds.byteLength);
  }

  /** @param socket of the connection, which is paused */
  begin(connection: T, { transport, host }: Address, socket: object): void {
    const file = descriptorOf(socket);
    // Its peer has reset it before it was accepted, as health checks do: then it has no address any more. That of a Unix
    // socket never has one.
    const isGone = file === undefined || (transport !== "ipc" && parseIp(host) === undefined);
    if (isGone) {
      this.#options.left(connection);
      return;
    }
    if (!this.#isTrusted(host)) {
      const why = "proxyProtocol does not name it among the proxies";
      this.#options.refused(connection, why);
      return;
    }
    this.#pending.set(connection, { file, age: 0 });
    this.#timeouts.add(connection);
    this.#look(connection, file);
    if (this.#pending.size > 0) this.#timer ??= setInterval(() => this.#lookAtSome(), period);
  }

  /** The connection is closed. */
  gone(connection: T): void {
    this.#remove(connection);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#timeouts.close();
    this.#pending.clear();
  }

  #isTrusted(host: string): boolean {
    if (this.#trusted === undefined) return true;
    const ip = parseIp(host);
    return ip !== undefined && this.#trusted.some((range) => isInRange(range, ip));
  }

  #lookAtSome(): void {
    let left = Math.min(maxLooks, this.#pending.size);
    for (const [connection, pending] of this.#pending) {
      if (left-- === 0) break;
      // Behind the others.
      this.#pending.delete(connection);
      this.#pending.set(connection, pending);
      pending.age++;
      const isDue = pending.age <= patience || pending.age % patience === 0;
      if (isDue) this.#look(connection, pending.file);
    }
    if (this.#pending.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #look(connection: T, file: number): void {
    const bytes = this.#bytes;
    const length = this.#system.recv(file, ptr(bytes), bytes.length, messagePeek);
    // Nothing has come yet. An error of the network shows when the connection is read on, or by the timeout.
    if (length < 0) return;
    if (length === 0) {
      this.#remove(connection);
      this.#options.left(connection);
      return;
    }
    const header = readProxyHeader(bytes.subarray(0, length));
    if (header.kind === "partial") return;
    if (header.kind === "invalid") return this.#refuse(connection, header.why);
    this.#system.recv(file, ptr(bytes), header.length, 0);
    this.#remove(connection);
    this.#options.arrived(connection, header.source);
  }

  #refuse(connection: T, why: string): void {
    this.#remove(connection);
    this.#options.refused(connection, why);
  }

  #remove(connection: T): void {
    this.#pending.delete(connection);
    this.#timeouts.remove(connection);
  }
}
