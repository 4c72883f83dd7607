import { formatAddress } from "../../core/address.ts";
import { describeError } from "../../core/errors.ts";
import type { Traffic } from "../../core/traffic.ts";
import { HttpError } from "../../protocol/http/http-error.ts";
import { HeldBytes } from "../held-bytes.ts";
import { listenTcp, type TcpConnection, type TcpHandler, type TcpServer } from "../tcp/server.ts";
import { TimeoutQueue } from "../timeout-queue.ts";
import type { HttpContext, HttpHandler, HttpOptions, HttpReply, HttpServer } from "./api.ts";
import { HttpConnection, type HttpConnectionOwner } from "./connection.ts";
import { ReplyWriter } from "./reply-writer.ts";
import type { HttpRequest } from "./request.ts";

export type { HttpContext, HttpHandler, HttpOptions, HttpReply, HttpServer } from "./api.ts";
export { describeReply, describeRequest } from "./exchange-traffic.ts";
export type { HttpRequest } from "./request.ts";

type Tcp = TcpConnection<HttpConnection>;

/**
 * Listens on HTTP/1.1 over the TCP layer. A handler that throws fails its own request only: the client gets a 500, the
 * reason is logged.
 * @throws {StartError} naming the service, the port and what to change
 */
export async function serveHttp(
  context: HttpContext,
  options: HttpOptions,
  handler: HttpHandler,
): Promise<HttpServer> {
  const connections = new HttpConnections(context, options, handler);
  const tcp = await listenTcp(
    context,
    // Heads may hold credentials, so the connections emit the bytes.
    {
      ...options,
      transport: "http",
      emitsBytes: false,
      tls: options.tls && { setting: options.tls, handshakeTimeout: options.requestTimeout },
    },
    connections,
  );
  return {
    address: tcp.address,
    stats: () => ({ ...tcp.stats(), ...connections.stats() }),
    clients: () => tcp.clients(),
    problems: () => tcp.problems(),
    renewTls: (setting) => tcp.renewTls(setting),
    stop: (deadline) => connections.stop(tcp, deadline),
  };
}

class HttpConnections implements TcpHandler<HttpConnection>, HttpConnectionOwner {
  readonly handler: HttpHandler;
  readonly traffic: Traffic;
  readonly replies = new ReplyWriter();
  readonly maxBody: number;
  isStopping = false;
  readonly #log: HttpContext["log"];
  readonly #unfinished: TimeoutQueue<HttpConnection>;
  readonly #held: HeldBytes<HttpConnection>;
  readonly #tcpOf = new WeakMap<HttpConnection, Tcp>();
  /** Replies by the first digit of their status. */
  readonly #replies = [0, 0, 0, 0, 0, 0];
  #aborted = 0;
  #expelled = 0;
  #errors = 0;

  constructor({ log, traffic }: HttpContext, options: HttpOptions, handler: HttpHandler) {
    this.handler = handler;
    this.traffic = traffic;
    this.maxBody = options.maxBody;
    this.#log = log;
    this.#unfinished = new TimeoutQueue(options.requestTimeout, (connection) => connection.giveUp());
    this.#held = new HeldBytes(options.maxBuffered, (connection) => this.#expel(connection));
  }

  open(tcp: Tcp): HttpConnection {
    const connection = new HttpConnection(tcp, this);
    this.#tcpOf.set(connection, tcp);
    return connection;
  }

  data({ state }: Tcp, chunk: Uint8Array): void {
    state.receive(chunk);
  }

  holds({ state }: Tcp): void {
    state.noteHeld();
  }

  drain({ state }: Tcp): void {
    state.drained();
  }

  end({ state }: Tcp): void {
    state.ended();
  }

  finish({ state }: Tcp): void {
    state.finish();
  }

  close({ state }: Tcp): void {
    state.closed();
    this.#held.remove(state);
  }

  began(connection: HttpConnection): void {
    this.#unfinished.add(connection);
  }

  arrived(connection: HttpConnection): void {
    this.#unfinished.remove(connection);
  }

  counts(connection: HttpConnection): void {
    this.#held.update(connection);
  }

  replied(status: number): void {
    const kind = Math.floor(status / 100);
    this.#replies[kind] = (this.#replies[kind] ?? 0) + 1;
  }

  aborted(): void {
    this.#aborted++;
  }

  failure(error: unknown, request: HttpRequest): HttpReply {
    if (error instanceof HttpError) return this.handler.refuse(error, request);
    this.broken(error, request);
    return this.handler.refuse(new HttpError(500, "Internal server error"), request);
  }

  broken(error: unknown, request: HttpRequest): void {
    this.#errors++;
    this.#log.error(`Could not answer ${request.remote}: ${describeError(error)}`);
  }

  /** Of those that hold memory the one that has done so longest: an honest request has soon arrived. */
  #expel(connection: HttpConnection): void {
    const tcp = this.#tcpOf.get(connection);
    if (tcp === undefined) return;
    this.#expelled++;
    if (this.#expelled % 1000 === 1) {
      this.#log.warning(
        `Closed the connection from ${formatAddress(tcp.remote)}: all clients together hold more than ${this.#held.limit} bytes, maxBuffered (${this.#expelled} closed so far)`,
      );
    }
    tcp.destroy();
  }

  stats(): Record<string, number> {
    const [, , successes = 0, redirects = 0, refusals = 0, failures = 0] = this.#replies;
    return {
      requests_total: successes + redirects + refusals + failures,
      requests_aborted_total: this.#aborted,
      requests_failed_total: this.#errors,
      held_bytes: this.#held.total,
      responses_2xx_total: successes,
      responses_3xx_total: redirects,
      responses_4xx_total: refusals,
      responses_5xx_total: failures,
    };
  }

  async stop(tcp: TcpServer, deadline: AbortSignal): Promise<void> {
    this.isStopping = true;
    await tcp.stop(deadline);
    this.#unfinished.close();
  }
}
