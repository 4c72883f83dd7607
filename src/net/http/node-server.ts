import http, { type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { type Address, formatAddress } from "../../core/address.ts";
import { onAbort } from "../../core/deadline.ts";
import { hasRoom, noRoom } from "../../core/descriptors.ts";
import { describeError } from "../../core/errors.ts";
import type { RoleContext } from "../../core/role.ts";
import { nextDescriptor } from "../descriptors.ts";
import { listenError } from "../listen-port.ts";
import { type HttpConnectionOwner, HttpConnection as SocketConnection } from "./node-connection.ts";
import { NodeHttpExchange } from "./node-exchange.ts";
import { NodeHttpTraffic } from "./node-traffic.ts";
import { maxPipelined, Pipelining } from "./pipelining.ts";

type Connection = SocketConnection<NodeHttpExchange>;

/** Where a request came from, for observers and for the service's description. */
export type HttpConnection = Pick<NodeHttpExchange, "conversation" | "local" | "remote">;

/** What listening needs of a role's context. */
export type HttpListenContext = Pick<RoleContext, "service" | "log" | "traffic" | "thread" | "descriptors">;

export interface NodeHttpOptions {
  readonly host: string;
  /** 0 lets the operating system choose. */
  readonly port: number;
  /** Further connections are closed at once. */
  readonly maxConnections: number;
  /** Bytes of a request's body. */
  readonly maxBody: number;
  /** Milliseconds in which a request must have arrived whole, however slowly it trickles. */
  readonly requestTimeout: number;
  /** Milliseconds that a connection may wait for its next request; 0: for ever. */
  readonly idleTimeout: number;
}

export interface HttpRequest {
  readonly method: string;
  /** The request target: path and query. */
  readonly url: string;
  /** Names in lower case. */
  readonly headers: IncomingHttpHeaders;
  readonly body: Uint8Array;
  readonly connection: HttpConnection;
}

export interface HttpReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface HttpHandler {
  reply(request: HttpRequest): HttpReply;
  /** The answer to a body beyond `maxBody`; the connection is closed after it. */
  tooLarge(request: HttpRequest): HttpReply;
}

export interface NodeHttpServer {
  readonly address: Address;
  stats(): Record<string, number>;
  /** The peers connected now. */
  clients(): string[];
  /** Stops accepting, answers requests in flight until the deadline, then closes all connections. */
  stop(deadline: AbortSignal): Promise<void>;
}

const maxHeaderSize = 16 * 1024;

/**
 * Serves HTTP/1.1 with node:http, which times out slow and silent clients.
 * @throws {StartError} naming the service, the port and what to change
 */
export async function listenNodeHttp(
  context: HttpListenContext,
  options: NodeHttpOptions,
  handler: HttpHandler,
): Promise<NodeHttpServer> {
  const server = new Server(context, options, handler);
  await server.listen();
  return server;
}

class Server implements NodeHttpServer, HttpConnectionOwner {
  address: Address;
  readonly service: string;
  readonly idPrefix: string;
  readonly #context: HttpListenContext;
  readonly #options: NodeHttpOptions;
  readonly #handler: HttpHandler;
  readonly #traffic: NodeHttpTraffic;
  readonly #server: http.Server;
  readonly #connections = new Map<Socket, Connection>();
  readonly #pipelining = new Pipelining<Connection>();
  #accepted = 0;
  #refused = 0;
  #exchanges = 0;
  #requests = 0;
  /** By the class of their status. */
  readonly #replies: number[] = [];
  #errors = 0;
  #stopped: Promise<void> | undefined;

  constructor(context: HttpListenContext, options: NodeHttpOptions, handler: HttpHandler) {
    this.#context = context;
    this.service = context.service;
    this.idPrefix = context.thread > 0 ? `${context.service}/${context.thread}` : context.service;
    this.#options = options;
    this.#handler = handler;
    this.#traffic = new NodeHttpTraffic(context.traffic);
    this.address = { transport: "tcp", host: options.host, port: options.port };
    const { requestTimeout, idleTimeout } = options;
    this.#server = http.createServer(
      {
        maxHeaderSize,
        requestTimeout,
        headersTimeout: requestTimeout,
        keepAliveTimeout: idleTimeout,
        connectionsCheckingInterval: Math.min(1000, Math.max(20, requestTimeout / 4)),
      },
      (request, response) => this.#request(request, response),
    );
    this.#server.on("connection", (socket: Socket) => this.#accept(socket));
  }

  /** @throws {StartError} */
  async listen(): Promise<void> {
    const { host, port } = this.#options;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#server.once("error", reject);
    this.#server.listen(port, host, resolve);
    try {
      await promise;
    } catch (cause) {
      throw listenError({ service: this.service, transport: "TCP", host, port }, cause);
    }
    this.#server.off("error", reject);
    this.#server.on("error", (error) => this.#context.log.error(`Listening: ${describeError(error)}`));
    const bound = this.#server.address();
    if (bound !== null && typeof bound === "object") this.address = { ...this.address, port: bound.port };
  }

  #accept(socket: Socket): void {
    this.#accepted++;
    const connection = new SocketConnection<NodeHttpExchange>(socket, this);
    const why = this.#whyRefuse();
    if (why !== undefined) {
      this.#refuse(connection, why);
      return;
    }
    this.#connections.set(socket, connection);
    socket.once("close", () => {
      this.#connections.delete(socket);
      for (const exchange of connection.exchanges) this.#end(exchange, "the client left before its answer");
    });
  }

  /** Why a new connection is not kept; undefined when it is. */
  #whyRefuse(): string | undefined {
    const { maxConnections } = this.#options;
    const { descriptors } = this.#context;
    const { size } = this.#connections;
    if (size >= maxConnections)
      return `${maxConnections} clients are connected and maxConnections is ${maxConnections}`;
    // The connection has a descriptor already, whose number Bun does not say; the next one is as good.
    if (descriptors === undefined || hasRoom(descriptors, nextDescriptor(), size)) return undefined;
    return noRoom(descriptors);
  }

  #refuse({ socket, remote }: Connection, why: string): void {
    this.#refused++;
    socket.destroy();
    // One line for the first and for every thousandth, so that a connection storm does not flood the log.
    if (this.#refused % 1000 !== 1) return;
    this.#context.log.warning(
      `Closed a connection from ${formatAddress(remote)}: ${why} (${this.#refused} closed so far)`,
    );
  }

  #request(incoming: IncomingMessage, response: ServerResponse): void {
    const connection = this.#connections.get(incoming.socket);
    // A connection above maxConnections, which is being closed.
    if (connection === undefined) return;
    if (!this.#pipelining.allows(() => connection)) {
      this.#context.log.debug(
        `Closed the connection from ${formatAddress(connection.remote)}: it sent more than ${maxPipelined} requests ahead`,
      );
      connection.socket.destroy();
      return;
    }
    const exchange = new NodeHttpExchange(incoming, response, connection, ++this.#exchanges);
    this.#traffic.open(exchange);
    this.#traffic.requestHead(exchange);
    // The client disconnected or timed out: node:http has closed the connection.
    incoming.on("error", () => {});
    response.on("error", () => {});
    // An announced length that is too large is refused before the body is read.
    const announced = Number(incoming.headers["content-length"] ?? 0);
    if (announced > this.#options.maxBody) this.#tooLarge(exchange);
    else this.#readBody(exchange);
  }

  #readBody(exchange: NodeHttpExchange): void {
    const { maxBody } = this.#options;
    let chunks: Uint8Array[] = [];
    let size = 0;
    exchange.incoming.on("data", (chunk: Uint8Array) => {
      this.#traffic.requestBody(exchange, chunk);
      const fitted = size <= maxBody;
      size += chunk.length;
      if (size <= maxBody) {
        chunks.push(chunk);
      } else if (fitted) {
        chunks = [];
        this.#tooLarge(exchange);
      }
    });
    exchange.incoming.on("end", () => {
      if (size <= maxBody) this.#reply(exchange, Buffer.concat(chunks));
    });
  }

  #reply(exchange: NodeHttpExchange, body: Uint8Array): void {
    this.#requests++;
    try {
      this.#send(exchange, this.#handler.reply(this.#describe(exchange, body)));
    } catch (error) {
      this.#errors++;
      this.#context.log.error(
        `Cannot answer ${formatAddress(exchange.connection.remote)}: ${describeError(error)}`,
      );
      this.#send(exchange, internalError);
    }
  }

  #tooLarge(exchange: NodeHttpExchange): void {
    this.#requests++;
    const reply = this.#handler.tooLarge(this.#describe(exchange, empty));
    this.#send(exchange, { ...reply, headers: { ...reply.headers, Connection: "close" } });
  }

  #describe(exchange: NodeHttpExchange, body: Uint8Array): HttpRequest {
    const { incoming } = exchange;
    return {
      method: incoming.method ?? "",
      url: incoming.url ?? "/",
      headers: incoming.headers,
      body,
      connection: exchange,
    };
  }

  #send(exchange: NodeHttpExchange, reply: HttpReply): void {
    const { incoming, response } = exchange;
    const headers: Record<string, string> = {
      ...reply.headers,
      "Content-Length": String(Buffer.byteLength(reply.body)),
    };
    // A kept-alive connection would delay the stop.
    if (this.#stopped !== undefined) headers.Connection = "close";
    response.writeHead(reply.status, headers);
    response.end(reply.body);
    const body = incoming.method === "HEAD" ? "" : reply.body;
    const kind = Math.floor(reply.status / 100);
    this.#replies[kind] = (this.#replies[kind] ?? 0) + 1;
    this.#traffic.reply(exchange, { ...reply, headers, body });
    this.#end(exchange);
  }

  #end(exchange: NodeHttpExchange, reason?: string): void {
    if (!exchange.isOpen) return;
    exchange.end();
    this.#traffic.close(exchange, reason);
  }

  stats(): Record<string, number> {
    return {
      connections: this.#connections.size,
      connections_total: this.#accepted,
      connections_refused_total: this.#refused,
      connection_errors_total: this.#errors,
      requests_total: this.#requests,
      responses_2xx_total: this.#replies[2] ?? 0,
      responses_3xx_total: this.#replies[3] ?? 0,
      responses_4xx_total: this.#replies[4] ?? 0,
      responses_5xx_total: this.#replies[5] ?? 0,
      bytes_received_total: this.#traffic.bytesReceived,
      bytes_sent_total: this.#traffic.bytesSent,
    };
  }

  clients(): string[] {
    return [...this.#connections.values()].map(({ remote }) => formatAddress(remote));
  }

  stop(deadline: AbortSignal): Promise<void> {
    this.#stopped ??= this.#stop(deadline);
    return this.#stopped;
  }

  async #stop(deadline: AbortSignal): Promise<void> {
    const { promise: closed, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    this.#server.closeIdleConnections();
    const forgetDeadline = onAbort(deadline, () => this.#server.closeAllConnections());
    await closed;
    forgetDeadline();
  }
}

const empty = new Uint8Array(0);
const internalError: HttpReply = {
  status: 500,
  headers: { "Content-Type": "text/plain" },
  body: "Internal error\n",
};
