import type { Parts } from "../../protocol/zmtp/frame.ts";
import type { SocketType } from "./constants.ts";
import { ZmqContext } from "./context.ts";
import { connectsOverIpv6, needsIpv6, resolveBindEndpoint } from "./endpoint.ts";
import { bindSocket, clearIpcPath } from "./ipc-path.ts";
import { decodeMonitorEvent, openMonitor } from "./monitor.ts";
import type { ZmqSocket } from "./socket.ts";
import { ZmqWaiter } from "./waiter.ts";

export interface ZmqClientOptions {
  readonly endpoint: string;
  /** Listen there, instead of connecting. */
  readonly bind: boolean;
  /** Of a SUB socket: the prefixes to receive. */
  readonly subscribe?: readonly string[];
}

/**
 * `ready`: the handshake is done, and the socket types fit. `no-handshake`: something is there, and it is no ZeroMQ
 * socket or one of a type that does not fit.
 */
export type FirstContact = "ready" | "no-handshake" | "unreached";

interface ResolvedOptions extends ZmqClientOptions {
  readonly ipv6: boolean;
}

/**
 * What a peer may send. libzmq bounds the bytes of a part and the number of whole messages that wait. It has no bound for
 * the parts of an unfinished message: a peer that never ends one can fill the memory of this program.
 */
interface Limits {
  readonly partBytes: number;
  readonly waitingMessages: number;
}

const connecting: Limits = { partBytes: 256 * 1024 * 1024, waitingMessages: 100 };
/** Anybody may connect. */
const listening: Limits = { partBytes: 16 * 1024 * 1024, waitingMessages: 64 };
/** PUSH receives nothing, and PUB subscriptions only. */
const sending: Limits = { partBytes: 4096, waitingMessages: 64 };

function limitsOf(type: SocketType, bind: boolean): Limits {
  if (type === "push" || type === "pub" || type === "xpub") return sending;
  return bind ? listening : connecting;
}

/** One socket with promises for `receive` and `send`, for a client program on the main thread. */
export class ZmqClient {
  /** Where it is bound or connected; port 0 is replaced by the real port. */
  readonly endpoint: string;
  readonly #zmq: ZmqContext;
  readonly #socket: ZmqSocket;
  readonly #waiter: ZmqWaiter;
  readonly #monitor: ZmqSocket;
  #isClosed = false;

  /** @throws {ZmqError} when the endpoint is invalid or cannot be bound; an absent peer is no error */
  static async open(type: SocketType, options: ZmqClientOptions): Promise<ZmqClient> {
    const { bind, endpoint } = options;
    const resolved = bind ? await resolveBindEndpoint(endpoint) : endpoint;
    if (bind) await clearIpcPath(endpoint);
    const ipv6 = bind ? needsIpv6(resolved) : await connectsOverIpv6(endpoint);
    const zmq = await ZmqContext.create();
    try {
      return new ZmqClient(zmq, type, { ...options, endpoint: resolved, ipv6 });
    } catch (error) {
      await zmq.terminate(AbortSignal.timeout(1000));
      throw error;
    }
  }

  private constructor(
    zmq: ZmqContext,
    type: SocketType,
    { bind, endpoint, subscribe, ipv6 }: ResolvedOptions,
  ) {
    this.#zmq = zmq;
    this.#socket = zmq.socket(type);
    if (ipv6) this.#socket.setInt("ipv6", 1);
    const { partBytes, waitingMessages } = limitsOf(type, bind);
    this.#socket.setMaxMessageSize(partBytes);
    this.#socket.setInt("rcvhwm", waitingMessages);
    if (type === "push") this.#socket.setInt("immediate", 1);
    if (bind) this.#socket.requireZmtp3();
    for (const prefix of subscribe ?? []) this.#socket.subscribe(prefix);
    this.#monitor = openMonitor(zmq, this.#socket);
    if (bind) bindSocket(this.#socket, endpoint);
    else this.#socket.connect(endpoint);
    this.endpoint = this.#socket.lastEndpoint();
    this.#waiter = new ZmqWaiter(zmq.lib, [this.#socket, this.#monitor]);
  }

  /** The outcome of the first attempt to connect; libzmq itself retries without reporting it. */
  async firstContact(onConnected: () => void): Promise<FirstContact> {
    for (;;) {
      this.#throwIfClosed();
      const parts = this.#monitor.receive();
      if (parts === undefined) {
        await this.#waiter.wait(["nothing", "readable"]);
        continue;
      }
      switch (decodeMonitorEvent(parts)?.kind) {
        case "connected":
          onConnected();
          break;
        case "handshakeSucceeded":
          return "ready";
        case "handshakeFailedNoDetail":
        case "handshakeFailedProtocol":
        case "handshakeFailedAuth":
        case "disconnected":
          return "no-handshake";
        case "connectRetried":
          return "unreached";
      }
    }
  }

  /** The next message; rejects once the client is closed. */
  async receive(): Promise<Uint8Array[]> {
    for (;;) {
      this.#throwIfClosed();
      const parts = this.#socket.receive();
      if (parts !== undefined) return parts;
      this.#hasDisconnected(); // read, or the events of many peers would pile up
      await this.#waiter.wait(["readable", "readable"]);
    }
  }

  /**
   * As `receive`, for a reply that comes over the connection that the request went over.
   * @returns undefined when that connection has ended; libzmq connects again, but sends the request only once
   */
  async receiveReply(): Promise<Uint8Array[] | undefined> {
    for (let isLost = false; ; isLost = this.#hasDisconnected()) {
      this.#throwIfClosed();
      const parts = this.#socket.receive();
      if (parts !== undefined || isLost) return parts;
      await this.#waiter.wait(["readable", "readable"]);
    }
  }

  #hasDisconnected(): boolean {
    let isLost = false;
    for (let parts = this.#monitor.receive(); parts !== undefined; parts = this.#monitor.receive()) {
      if (decodeMonitorEvent(parts)?.kind === "disconnected") isLost = true;
    }
    return isLost;
  }

  /** Resolves when a peer's queue has taken the message; rejects once the client is closed. */
  async send(parts: Parts): Promise<void> {
    for (;;) {
      this.#throwIfClosed();
      if (this.#socket.sendParts(parts)) return;
      this.#hasDisconnected();
      await this.#waiter.wait(["writable", "readable"]);
    }
  }

  /** @param linger milliseconds that unsent messages may still take */
  async close(linger: number): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#waiter.close();
    this.#socket.endMonitor();
    this.#monitor.close();
    this.#socket.setInt("linger", linger);
    await this.#zmq.terminate(AbortSignal.timeout(linger + 1000));
  }

  #throwIfClosed(): void {
    if (this.#isClosed) throw new Error("The ZeroMQ socket is closed");
  }
}
