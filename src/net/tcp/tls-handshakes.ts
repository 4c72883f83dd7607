import type { Socket } from "bun";
import { formatAddress, formatHostPort } from "../../core/address.ts";
import { StartError } from "../../core/errors.ts";
import { TimeoutQueue } from "../timeout-queue.ts";
import type { ListenContext, TcpOptions } from "./api.ts";
import type { TcpConnection } from "./connection.ts";
import { certificateWarning, readTlsFiles, type TlsMaterial } from "./tls-files.ts";

/** The TLS handshakes of a listener that are not finished yet. */
export class TlsHandshakes<S> {
  readonly material: TlsMaterial;
  failed = 0;
  readonly #log: ListenContext["log"];
  readonly #pending: TimeoutQueue<TcpConnection<S>>;
  readonly #requiresCertificate: boolean;

  /** @throws {StartError} its cause names the file that cannot be used */
  constructor({ service, log }: ListenContext, tls: NonNullable<TcpOptions["tls"]>, place: TcpOptions) {
    this.#log = log;
    this.#requiresCertificate = tls.files.requestClientCertificate;
    try {
      this.material = readTlsFiles(tls.files);
    } catch (cause) {
      const tried = `Cannot start "${service}" on TCP ${formatHostPort(place.host, place.port)} with TLS`;
      throw new StartError("failed", tried, { cause });
    }
    const warning = certificateWarning(tls.files, this.material, Date.now());
    if (warning !== undefined) log.warning(warning);
    const tooLate = `no TLS handshake within ${tls.handshakeTimeout} ms`;
    this.#pending = new TimeoutQueue(tls.handshakeTimeout, (connection) => this.#fail(connection, tooLate));
  }

  begin(connection: TcpConnection<S>): void {
    this.#pending.add(connection);
  }

  /** @returns whether the connection may be served */
  end(socket: Socket<TcpConnection<S>>, isDone: boolean, error: Error | null): boolean {
    const connection = socket.data;
    if (!this.#pending.remove(connection)) return false;
    // The handshake also succeeds without a client certificate, or with one of an unknown authority.
    if (isDone && (socket.authorized || !this.#requiresCertificate)) return true;
    this.#fail(connection, `its TLS handshake failed: ${error?.message ?? "no reason given"}`);
    return false;
  }

  /** Called when the connection is gone, perhaps before its handshake was finished. */
  gone(connection: TcpConnection<S>): void {
    if (this.#pending.remove(connection)) this.failed++;
  }

  close(): void {
    this.#pending.close();
  }

  #fail(connection: TcpConnection<S>, why: string): void {
    this.failed++;
    this.#log.debug(`Closed the connection from ${formatAddress(connection.remote)}: ${why}`);
    connection.destroy();
  }
}
