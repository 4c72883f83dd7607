import type { Socket, TLSOptions } from "bun";
import { formatAddress, formatHostPort } from "../../core/address.ts";
import { StartError } from "../../core/errors.ts";
import type { Problem } from "../../core/problem.ts";
import { weakOf } from "../../core/tls-ciphers.ts";
import type { TlsSetting } from "../../core/tls-setting.ts";
import { LimitedLog } from "../limited-log.ts";
import { TimeoutQueue } from "../timeout-queue.ts";
import type { ListenContext, TcpOptions } from "./api.ts";
import type { TcpConnection } from "./connection.ts";
import { checkContext, listenOptions, replaceContext } from "./tls-context.ts";
import { failureReason, isProved } from "./tls-failures.ts";
import { isSameMaterial, readTlsFiles, type TlsMaterial } from "./tls-files.ts";
import { termProblems } from "./tls-terms.ts";

/** The TLS of a listener: its certificates, and the handshakes that are not finished yet. */
export class TlsHandshakes<S> {
  failed = 0;
  #material: TlsMaterial;
  readonly #log: ListenContext["log"];
  readonly #failures: LimitedLog;
  readonly #pending: TimeoutQueue<TcpConnection<S>>;

  /** @throws {StartError} its cause names the file that cannot be used */
  constructor({ service, log }: ListenContext, tls: NonNullable<TcpOptions["tls"]>, place: TcpOptions) {
    this.#log = log;
    this.#failures = new LimitedLog((line) => log.info(line), "failed TLS handshakes");
    try {
      this.#material = readTlsFiles(tls.setting);
    } catch (cause) {
      const tried = `Cannot start "${service}" on TCP ${formatHostPort(place.host, place.port)} with TLS`;
      throw new StartError("failed", tried, { cause });
    }
    this.#warn();
    const tooLate = `it has not finished within ${tls.handshakeTimeout} ms`;
    this.#pending = new TimeoutQueue(tls.handshakeTimeout, (connection) => this.#fail(connection, tooLate));
  }

  /** What the listener is opened with. */
  get options(): TLSOptions {
    return listenOptions(this.#material);
  }

  /** What expires soon, or has. */
  problems(): Problem[] {
    return termProblems(this.#material.terms, Date.now());
  }

  /**
   * Reads the files again. What they hold concerns connections from now on.
   * @param listener undefined: each connection gets `options` when it begins
   * @returns whether anything is different
   * @throws {Error} when they cannot be used: everything stays as it is
   */
  async renew(listener: object | undefined, setting: TlsSetting): Promise<boolean> {
    const next = readTlsFiles(setting);
    if (isSameMaterial(this.#material, next)) return false;
    if (listener === undefined) await checkContext(next);
    else await replaceContext(listener, next);
    this.#material = next;
    this.#warn();
    return true;
  }

  begin(connection: TcpConnection<S>): void {
    this.#pending.add(connection);
  }

  /** @returns whether the connection may be served */
  end(socket: Socket<TcpConnection<S>>, isDone: boolean, error: Error | null): boolean {
    const connection = socket.data;
    if (!this.#pending.remove(connection)) return false;
    // The handshake also succeeds with a certificate that is revoked, or of an unknown authority.
    if (isDone && isProved(socket.authorized, this.#material)) return true;
    const shown = isDone ? socket.getPeerX509Certificate() : undefined;
    this.#fail(connection, failureReason(error, shown));
    return false;
  }

  /** Called when the connection is gone, perhaps before its handshake was finished. */
  gone(connection: TcpConnection<S>): void {
    if (!this.#pending.remove(connection)) return;
    this.failed++;
    // Probes of a port do that all the time.
    this.#log.debug(`${formatAddress(connection.remote)} left before its TLS handshake was finished`);
  }

  close(): void {
    this.#pending.close();
    this.#failures.close();
  }

  #warn(): void {
    for (const { text } of this.problems()) this.#log.warning(text);
    const weak = weakOf(this.#material.setting.ciphers);
    if (weak.length > 0)
      this.#log.warning(
        `tls.ciphers allows ${weak.join(", ")}, which lack forward secrecy or authenticated encryption`,
      );
  }

  #fail(connection: TcpConnection<S>, why: string): void {
    this.failed++;
    this.#failures.write(`TLS handshake with ${formatAddress(connection.remote)} failed: ${why}`);
    connection.destroy();
  }
}
