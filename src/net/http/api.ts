import type { RoleContext } from "../../core/role.ts";
import type { TlsSetting } from "../../core/tls-setting.ts";
import type { HttpError } from "../../protocol/http/http-error.ts";
import type { TcpOptions, TcpServer } from "../tcp/api.ts";
import type { HttpRequest } from "./request.ts";

/** What listening needs of a role's context. */
export type HttpContext = Pick<
  RoleContext,
  "service" | "log" | "traffic" | "thread" | "joins" | "loads" | "descriptors" | "guards"
>;

export interface HttpOptions
  extends Pick<TcpOptions, "maxConnectionsPerAddress" | "maxConnectRate" | "proxyProtocol" | "ignoreBans"> {
  readonly host: string;
  /** 0 lets the operating system choose. */
  readonly port: number;
  /** Further connections are closed at once. */
  readonly maxConnections: number;
  /** Milliseconds in which a request must have arrived whole, however slowly it trickles; later it is answered 408. */
  readonly requestTimeout: number;
  /** Milliseconds without a byte in either direction; 0: for ever. */
  readonly idleTimeout: number;
  /** The largest request body in bytes. */
  readonly maxBody: number;
  /** Bytes that all clients together may make the service hold: unfinished requests, replies that nobody reads. */
  readonly maxBuffered: number;
  /** Its handshake has `requestTimeout`, too. */
  readonly tls?: TlsSetting | undefined;
  /** Where its settings are, when that is not under `services`. */
  readonly settings?: string;
}

export interface HttpReply {
  readonly status: number;
  /**
   * Without Date, Content-Length, Transfer-Encoding and Connection, which the server writes. Several values are as many
   * fields.
   */
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  /** A stream is sent as it comes. */
  readonly body: string | Uint8Array | ReadableStream<Uint8Array>;
}

export interface HttpHandler {
  /** The request and its body are valid until this returns, and with a promise until that resolves. */
  answer(request: HttpRequest): HttpReply | Promise<HttpReply>;
  /**
   * The answer, in the service's own form, to a request that is not served: it is malformed, too large, too slow.
   * @param request absent when its head could not be read
   */
  refuse(error: HttpError, request?: HttpRequest): HttpReply;
  /** What observers see of an exchange, one line each. Called for those that are sampled. */
  describe?(request: HttpRequest, reply: HttpReply): { readonly received: string; readonly sent: string };
}

/** `stop` lets requests in flight finish until the deadline. */
export type HttpServer = Pick<TcpServer, "address" | "stats" | "clients" | "problems" | "renewTls" | "stop">;
