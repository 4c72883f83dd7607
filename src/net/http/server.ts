import type { Server } from "bun";
import { type Address, formatAddress } from "../../core/address.ts";
import { describeError } from "../../core/errors.ts";
import type { RoleContext } from "../../core/role.ts";
import { listenError, probePort } from "../listen-port.ts";
import { BodyTimeoutError, PendingBodies } from "./bodies.ts";
import { type ExchangeOwner, HttpExchange } from "./exchange.ts";
import { requestHead, responseHead } from "./head.ts";
import { HttpListener } from "./listener.ts";
import { maxPipelined, Pipelining } from "./pipelining.ts";

export { BodyTooLargeError, type HttpExchange } from "./exchange.ts";

/** The most bodies that may be pending, and their bytes, before the oldest are given up. */
const bodyLimits = { maxBodies: 10_000, maxBytes: 256 * 1024 * 1024 };

/** What listening needs of a role's context. */
export type HttpContext = Pick<
  RoleContext,
  "service" | "log" | "traffic" | "thread" | "joins" | "descriptors"
>;

export interface HttpOptions {
  readonly host: string;
  /** 0 lets the operating system choose. */
  readonly port: number;
  /** Milliseconds without a byte, at most 255 s; 0: for ever. Bun counts in steps of about four seconds. */
  readonly idleTimeout: number;
  /** Milliseconds in which a request's body must have arrived; later it is answered 408. */
  readonly requestTimeout: number;
  /** Requests being answered at once; more are answered 503. Bun does not report connections. */
  readonly maxRequests: number;
  /** The largest request body in bytes. */
  readonly maxBody: number;
}

export type HttpHandler = (exchange: HttpExchange) => Response | Promise<Response>;

export interface HttpServer {
  readonly address: Address;
  stats(): Record<string, number>;
  /** What is wrong at the moment, one sentence each. */
  problems(): readonly string[];
  /** Stops accepting and lets requests in flight finish until the deadline. */
  stop(deadline: AbortSignal): Promise<void>;
}

/**
 * Listens on HTTP. A handler that throws fails its own request only: the client gets a 500, the reason is logged.
 * @throws {StartError} naming the service, the port and what to change
 */
export async function serveHttp(
  context: HttpContext,
  options: HttpOptions,
  handler: HttpHandler,
): Promise<HttpServer> {
  return new ListeningServer(context, options, handler);
}

class ListeningServer implements HttpServer, ExchangeOwner {
  readonly address: Address;
  readonly service: string;
  readonly traffic: HttpContext["traffic"];
  readonly local: string;
  readonly idPrefix: string;
  readonly maxBody: number;
  readonly bodies: PendingBodies;
  readonly #context: HttpContext;
  readonly #options: HttpOptions;
  readonly #handler: HttpHandler;
  readonly #listener: HttpListener;
  /** Replies by the first digit of their status. */
  readonly #replies = [0, 0, 0, 0, 0, 0];
  #requests = 0;
  #aborted = 0;
  readonly #pipelining = new Pipelining<string>();
  #stopped: Promise<void> | undefined;

  constructor(context: HttpContext, options: HttpOptions, handler: HttpHandler) {
    this.#context = context;
    this.#options = options;
    this.#handler = handler;
    this.service = context.service;
    this.traffic = context.traffic;
    this.maxBody = options.maxBody;
    this.bodies = new PendingBodies({ ...bodyLimits, timeout: options.requestTimeout });
    this.idPrefix = context.thread > 0 ? `${context.service}/${context.thread}` : context.service;
    this.#listener = this.#listen();
    this.address = { transport: "tcp", host: options.host, port: this.#listener.port };
    this.local = formatAddress(this.address);
  }

  /** @throws {StartError} */
  #listen(): HttpListener {
    const { host, port } = this.#options;
    const { thread, joins, log, descriptors } = this.#context;
    try {
      // Threads share their port; the first one makes sure that no other program has it.
      const sharedPort = thread > 0 && !joins ? probePort(host, port) : port;
      const listen = (realPort: number) => this.#open(realPort);
      return new HttpListener({ listen, port: sharedPort, log, descriptors });
    } catch (cause) {
      throw listenError({ service: this.service, transport: "TCP", host, port }, cause);
    }
  }

  #open(port: number): Server<undefined> {
    const { host, idleTimeout } = this.#options;
    return Bun.serve({
      hostname: host,
      port,
      reusePort: this.#context.thread > 0,
      idleTimeout: Math.min(255, Math.ceil(idleTimeout / 1000)),
      // Bun's own limit answers with an empty 413; `HttpExchange.body` enforces ours, and the role answers.
      maxRequestBodySize: Number.MAX_SAFE_INTEGER,
      development: false,
      fetch: (request, server) => this.#serve(request, server),
      error: (error) => this.#internalError(error),
    });
  }

  /** Makes no promise for a synchronous handler: its microtasks would take half of a small request's time. */
  #serve(request: Request, server: Server<undefined>): Response | Promise<Response> {
    const exchange = new HttpExchange(request, this, server, ++this.#requests);
    if (!this.#pipelining.allows(() => peerOf(request, server)))
      return this.#finish(exchange, tooManyPipelined());
    const answering = server.pendingRequests - this.bodies.count;
    if (answering > this.#options.maxRequests) return this.#finish(exchange, busy());
    if (this.traffic.sample("open")) this.traffic.emit({ kind: "open", conversation: exchange.conversation });
    if (this.traffic.sample("bytes")) this.#emitBytes(exchange, "in", requestHead(request));
    try {
      const reply = this.#handler(exchange);
      if (!(reply instanceof Promise)) return this.#finish(exchange, reply);
      return reply.then(
        (response) => this.#finish(exchange, response),
        (error) => this.#fail(exchange, error),
      );
    } catch (error) {
      return this.#fail(exchange, error);
    }
  }

  #finish(exchange: HttpExchange, response: Response): Response | Promise<Response> {
    const kind = Math.floor(response.status / 100);
    this.#replies[kind] = (this.#replies[kind] ?? 0) + 1;
    if (this.traffic.sample("bytes")) return this.#emitResponseBytes(exchange, response);
    this.#close(exchange);
    return response;
  }

  #fail(exchange: HttpExchange, error: unknown): Response | Promise<Response> {
    if (!exchange.request.signal.aborted) {
      const isTimeout = error instanceof BodyTimeoutError;
      return this.#finish(exchange, isTimeout ? bodyTimeout(error) : this.#internalError(error));
    }
    // The client disconnected before its request was complete: nobody would read an answer.
    this.#aborted++;
    this.#close(exchange, "the client left before its request was complete");
    return new Response(null, { status: 400 });
  }

  #internalError(error: unknown): Response {
    this.#context.log.error(`Could not answer a request: ${describeError(error)}`);
    return Response.json({ error: "Internal server error" }, { status: 500 });
  }

  async #emitResponseBytes(exchange: HttpExchange, response: Response): Promise<Response> {
    const body = await response.clone().bytes();
    this.#emitBytes(exchange, "out", responseHead(response, body.length));
    if (body.length > 0) this.#emitBytes(exchange, "out", body);
    this.#close(exchange);
    return response;
  }

  #emitBytes(exchange: HttpExchange, direction: "in" | "out", bytes: Uint8Array): void {
    this.traffic.emit({ kind: "bytes", conversation: exchange.conversation, direction, bytes });
  }

  #close(exchange: HttpExchange, reason?: string): void {
    if (!this.traffic.sample("close")) return;
    const why = reason === undefined ? {} : { reason };
    this.traffic.emit({ kind: "close", conversation: exchange.conversation, ...why });
  }

  stats(): Record<string, number> {
    return {
      requests: this.#listener.pendingRequests,
      requests_total: this.#requests,
      requests_aborted_total: this.#aborted,
      accept_pauses_total: this.#listener.pauses,
      responses_2xx_total: this.#replies[2] ?? 0,
      responses_3xx_total: this.#replies[3] ?? 0,
      responses_4xx_total: this.#replies[4] ?? 0,
      responses_5xx_total: this.#replies[5] ?? 0,
    };
  }

  problems(): readonly string[] {
    const { problem } = this.#listener;
    return problem === undefined ? [] : [problem];
  }

  stop(deadline: AbortSignal): Promise<void> {
    this.#stopped ??= this.#stop(deadline);
    return this.#stopped;
  }

  async #stop(deadline: AbortSignal): Promise<void> {
    await this.#listener.stop(deadline);
    this.bodies.close();
  }
}

function busy(): Response {
  const headers = { "retry-after": "1" };
  return Response.json({ error: "Too many requests at once" }, { status: 503, headers });
}

/** Closes the connection: what else arrives on it would be the rest of this body. */
function bodyTimeout({ message }: BodyTimeoutError): Response {
  return Response.json({ error: message }, { status: 408, headers: { connection: "close" } });
}

/** Closes the connection: the other requests that it has sent ahead are not read. */
function tooManyPipelined(): Response {
  const error = `Too many requests sent ahead: wait for answers after ${maxPipelined}`;
  return Response.json({ error }, { status: 503, headers: { connection: "close" } });
}

function peerOf(request: Request, server: Server<undefined>): string {
  const peer = server.requestIP(request);
  return peer === null ? "" : `${peer.address} ${peer.port}`;
}
