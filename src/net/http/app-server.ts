import { isLoopback } from "../../core/address.ts";
import type { DescriptorBudget } from "../../core/descriptors.ts";
import type { Guards } from "../../core/guards.ts";
import type { Logger } from "../../core/log.ts";
import type { TlsSetting } from "../../core/tls-setting.ts";
import { unobserved } from "../../core/traffic.ts";
import { replyByFetch } from "./fetch-handler.ts";
import { type HttpServer, serveHttp } from "./server.ts";

/** `stop` lets requests in flight finish until the deadline. */
export type AppServer = Pick<HttpServer, "address" | "problems" | "renewTls" | "stop">;

export interface ServeAppOptions {
  /** The name of the server and of its settings, for the error message. */
  readonly service: string;
  readonly host: string;
  /** 0 lets the operating system choose. */
  readonly port: number;
  readonly log: Logger;
  readonly tls?: TlsSetting | undefined;
  /** Absent: connections are not limited by file descriptors. */
  readonly descriptors?: DescriptorBudget | undefined;
  /** Whom it keeps out; this machine gets in in any case, so that a ban can be lifted. */
  readonly guards?: Guards | undefined;
}

/** Answers a request; `remote` is the client's `host:port`. */
export type AppHandler = (request: Request, remote: string) => Response | Promise<Response>;

const limits = {
  maxConnections: 1000,
  requestTimeout: 15_000,
  /** Longer than the interval of an event stream's heartbeat. */
  idleTimeout: 60_000,
  /** Above the app's own limit, which has an answer that explains it. */
  maxBody: 2 * 1024 * 1024,
  maxBuffered: 16 * 1024 * 1024,
};

/** Keeps what is reserved for it nearly to the end. */
const leftFree = 4;

/**
 * Serves an app over HTTP, without traffic events and counters, so that watching traffic makes none.
 * @throws {StartError} naming the port and what to change
 */
export async function serveApp(options: ServeAppOptions, handler: AppHandler): Promise<AppServer> {
  const { service, host, port, log, tls, descriptors, guards } = options;
  const own = descriptors && { ...descriptors, reserved: descriptors.limit - leftFree };
  const context = { service, log, traffic: unobserved, thread: 0, joins: false, descriptors: own, guards };
  return await serveHttp(
    context,
    { ...limits, host, port, tls, settings: service, ignoreBans: isLoopback },
    {
      answer: (request) => replyByFetch(request, (asked) => handler(asked, request.remote)),
      refuse: ({ status, message }) => ({
        status,
        headers: jsonHeaders,
        body: JSON.stringify({ error: message }),
      }),
    },
  );
}

const jsonHeaders = { "Content-Type": "application/json" };
