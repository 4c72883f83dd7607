import { type Address, formatHostPort, plainHost } from "../../core/address.ts";
import type { DescriptorBudget } from "../../core/descriptors.ts";
import type { Logger } from "../../core/log.ts";
import { listenError } from "../listen-port.ts";
import { HttpListener } from "./listener.ts";

export interface AppServer {
  readonly address: Address;
  /** Stops accepting and lets requests in flight finish until the deadline. */
  stop(deadline: AbortSignal): Promise<void>;
}

export interface ServeAppOptions {
  /** The name of the server and of its settings, for the error message. */
  readonly service: string;
  readonly host: string;
  /** 0 lets the operating system choose. */
  readonly port: number;
  readonly log: Logger;
  /** Absent: connections are not limited by file descriptors. */
  readonly descriptors?: DescriptorBudget | undefined;
}

/** Answers a request; `remote` is the client's `host:port`. */
export type AppHandler = (request: Request, remote: string) => Response | Promise<Response>;

/** Longer than the interval of an event stream's heartbeat. */
const idleSeconds = 60;

/** Above the app's own limit, which has an answer that explains it; this one is for bodies that the app never reads. */
const maxBody = 2 * 1024 * 1024;

/**
 * Serves an app over HTTP, without traffic events and counters, so that watching traffic makes none.
 * @throws {StartError} naming the port and what to change
 */
export function serveApp(options: ServeAppOptions, handler: AppHandler): AppServer {
  const listener = listen(options, handler);
  const address: Address = { transport: "tcp", host: options.host, port: listener.port };
  return { address, stop: (deadline) => listener.stop(deadline) };
}

/** Keeps what is reserved for it nearly to the end, and leaves the others time to close theirs first. */
const [leftFree, checkMs] = [4, 2500];

function listen(options: ServeAppOptions, handler: AppHandler): HttpListener {
  const { service, host, port, log, descriptors } = options;
  const own = descriptors && { ...descriptors, reserved: descriptors.limit - leftFree };
  try {
    return new HttpListener({
      listen: (at) => serve(host, at, handler),
      port,
      log,
      descriptors: own,
      checkMs,
    });
  } catch (cause) {
    throw listenError({ service, settings: service, transport: "TCP", host, port }, cause);
  }
}

function serve(hostname: string, port: number, handler: AppHandler) {
  return Bun.serve({
    hostname,
    port,
    // Must be given: with the default a second server may share the port unnoticed.
    reusePort: false,
    idleTimeout: idleSeconds,
    maxRequestBodySize: maxBody,
    development: false,
    fetch(request, server) {
      const peer = server.requestIP(request);
      return handler(request, peer === null ? "" : formatHostPort(plainHost(peer.address), peer.port));
    },
  });
}
