import { isIP } from "node:net";
import type { checkServerIdentity, PeerCertificate } from "node:tls";
import type { Socket } from "bun";
import type { Address } from "../../core/address.ts";
import { late, withDeadline } from "../../core/deadline.ts";
import { asDialError, DialError, withRealReason } from "../dial-error.ts";
import { patientTimer } from "../patient-timer.ts";

/** What the peer did next. `quiet`: nothing within the read's timeout. */
export type Incoming =
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  | { readonly kind: "end" }
  | { readonly kind: "quiet" };

export interface DialOptions {
  readonly host: string;
  readonly port: number;
  /** Speak TLS; the texts are PEM. */
  readonly tls?: DialTls;
  /** Aborts the connection attempt, which rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** As node:tls has it. */
export interface DialTls {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly rejectUnauthorized: boolean;
}

/** Reading is paused while more than this many received bytes are unread. */
const highWater = 1024 * 1024;

/**
 * Connects to a TCP server; with `tls` its handshake is done, and its certificate is one of the host.
 * @throws {DialError}
 * @throws {Error} with a code of OpenSSL or Node, when the certificate is not trusted
 */
export async function dialTcp(options: DialOptions): Promise<TcpClient> {
  const { host, port, signal } = options;
  signal?.throwIfAborted();
  const client = new TcpClient(host, port, options.tls);
  const connected = client.connect();
  if (signal === undefined) return connected;
  if ((await withDeadline(connected, signal)) !== late) return client;
  client.giveUp();
  // The connection may still come about.
  connected.then(() => client.close()).catch(() => {});
  throw signal.reason;
}

/**
 * A connection to a TCP server, read and written by awaiting `read` and `write`, which gives back pressure both ways.
 */
export class TcpClient {
  readonly #host: string;
  readonly #port: number;
  readonly #tls: DialTls | undefined;
  readonly #handshake = Promise.withResolvers<void>();
  #checkName: typeof checkServerIdentity | undefined;
  #socket: Socket<undefined> | undefined;
  #local: Address | undefined;
  #remote: Address | undefined;
  readonly #chunks: Uint8Array[] = [];
  #queued = 0;
  #ended = false;
  #closed = false;
  #error: Error | undefined;
  #reader: (() => void) | undefined;
  #writer: (() => void) | undefined;

  /** Use `dialTcp`. */
  constructor(host: string, port: number, tls?: DialTls) {
    this.#host = host;
    this.#port = port;
    this.#tls = tls;
    // Where nobody waits for it.
    this.#handshake.promise.catch(() => {});
  }

  /** The address of our side. */
  get local(): Address {
    return this.#local ?? { transport: "tcp", host: "", port: 0 };
  }

  /** The address that the host name resolved to. */
  get remote(): Address {
    return this.#remote ?? { transport: "tcp", host: this.#host, port: this.#port };
  }

  get closed(): boolean {
    return this.#closed;
  }

  async connect(): Promise<TcpClient> {
    try {
      const tls = this.#tls && (await this.#tlsOptions(this.#tls));
      const socket = await Bun.connect({
        hostname: this.#host,
        port: this.#port,
        allowHalfOpen: true,
        ...(tls && { tls }),
        socket: {
          handshake: (socket, _isDone, error) => this.#shakenHands(socket, error),
          data: (_socket, chunk) => this.#take(chunk),
          drain: () => this.#wakeWriter(),
          end: () => this.#finish(),
          error: (_socket, error) => this.#finish(error),
          close: (_socket, error) => {
            this.#closed = true;
            this.#finish(error);
          },
          connectError: () => {}, // the promise rejects as well
        },
      });
      this.#socket = socket;
      this.#local = { transport: "tcp", host: socket.localAddress, port: socket.localPort };
      this.#remote = { transport: "tcp", host: socket.remoteAddress, port: socket.remotePort };
      if (this.#tls !== undefined) await this.#handshake.promise;
      return this;
    } catch (error) {
      this.close();
      if (error instanceof CertificateError) throw error.cause;
      throw this.#asDialError(await withRealReason(error, this.#host, this.#port));
    }
  }

  /**
   * The next bytes of the peer, all that have arrived. `quiet` when none arrived within `timeout` milliseconds, or
   * before `stop` was aborted; what arrives later is there for the next read.
   * @throws {DialError} when the connection broke
   */
  async read(timeout?: number, stop?: AbortSignal): Promise<Incoming> {
    if (this.#chunks.length === 0 && !this.#ended && !this.#closed) {
      if ((await this.#arrival(timeout, stop)) === "quiet") return { kind: "quiet" };
    }
    if (this.#chunks.length > 0) return { kind: "bytes", bytes: this.#takeAll() };
    if (this.#error !== undefined) throw this.#asDialError(this.#error);
    return { kind: "end" };
  }

  /**
   * Resolves when the kernel has taken all of `bytes`; until then they must not change.
   * @throws {DialError} when the connection broke
   */
  async write(bytes: Uint8Array): Promise<void> {
    let left = bytes;
    while (left.length > 0) {
      const taken = this.#closed ? -1 : (this.#socket?.write(left) ?? -1);
      if (taken < 0) throw this.#asDialError(this.#error ?? new DialError("reset", this.#host, this.#port));
      left = left.subarray(taken);
      if (left.length > 0) {
        await new Promise<void>((resolve) => {
          this.#writer = resolve;
        });
      }
    }
  }

  /** Sends FIN after what was written; the peer may go on sending. */
  finishWriting(): void {
    if (!this.#closed) this.#socket?.shutdown();
  }

  /** Ends a handshake that nobody waits for any more. */
  giveUp(): void {
    this.#handshake.reject(new DialError("timed-out", this.#host, this.#port));
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket?.end();
    this.#reader?.();
    this.#wakeWriter();
  }

  /** We check the certificate ourselves, name included: `Bun.connect` leaves that to its caller. */
  async #tlsOptions(tls: DialTls) {
    // Loaded on demand: most connections are not over TLS.
    this.#checkName = (await import("node:tls")).checkServerIdentity;
    return { ...tls, rejectUnauthorized: false, ...(isIP(this.#host) === 0 && { serverName: this.#host }) };
  }

  #shakenHands(socket: Socket<undefined>, error: Error | null): void {
    const mistake = this.#tls?.rejectUnauthorized ? (error ?? this.#nameMistake(socket)) : undefined;
    if (mistake === undefined) this.#handshake.resolve();
    else this.#handshake.reject(new CertificateError("Not trusted", { cause: mistake }));
  }

  /** What is wrong with the name in the certificate of the peer. */
  #nameMistake(socket: Socket<undefined>): Error | undefined {
    return this.#checkName?.(this.#host, socket.getPeerCertificate() as PeerCertificate);
  }

  #take(chunk: Uint8Array): void {
    // Copied, because Bun reuses the buffer after this call. (A Buffer's own slice() would be no copy.)
    this.#chunks.push(new Uint8Array(chunk));
    this.#queued += chunk.length;
    if (this.#queued > highWater) this.#socket?.pause();
    this.#reader?.();
  }

  #takeAll(): Uint8Array {
    const [only] = this.#chunks;
    const all = this.#chunks.length === 1 && only !== undefined ? only : Buffer.concat(this.#chunks);
    if (this.#queued > highWater && !this.#closed) this.#socket?.resume();
    this.#chunks.length = 0;
    this.#queued = 0;
    return all;
  }

  #arrival(timeout: number | undefined, stop: AbortSignal | undefined): Promise<"arrived" | "quiet"> {
    if (stop?.aborted) return Promise.resolve("quiet");
    return new Promise((resolve) => {
      const settle = (what: "arrived" | "quiet") => {
        cancel?.();
        stop?.removeEventListener("abort", becomeQuiet);
        this.#reader = undefined;
        resolve(what);
      };
      const becomeQuiet = () => settle("quiet");
      const cancel = timeout === undefined ? undefined : patientTimer(becomeQuiet, timeout);
      stop?.addEventListener("abort", becomeQuiet, { once: true });
      this.#reader = () => settle("arrived");
    });
  }

  #finish(error?: Error): void {
    this.#ended = true;
    this.#error ??= error;
    this.#handshake.reject(error ?? new DialError("reset", this.#host, this.#port));
    this.#reader?.();
    if (this.#closed || error !== undefined) this.#wakeWriter();
  }

  #wakeWriter(): void {
    const wake = this.#writer;
    this.#writer = undefined;
    wake?.();
  }

  #asDialError(error: unknown): Error {
    return (
      asDialError(error, this.#host, this.#port) ??
      new DialError("failed", this.#host, this.#port, { cause: error })
    );
  }
}

/** Carries what is wrong with a certificate to the end of a connection attempt. */
class CertificateError extends Error {}
