import { late, withDeadline } from "../../core/deadline.ts";
import { contextOptions, type SocketType, socketTypes } from "./constants.ts";
import { check, lastError } from "./error.ts";
import { type Handle, type Libzmq, loadLibzmq } from "./library.ts";
import { ZmqSocket } from "./socket.ts";

/**
 * Sockets that a context may have open: the service's own and the two ends of its monitor, with some to spare.
 * Peers do not count: one socket serves as many as there are file descriptors.
 */
const maxSockets = 8;

/** Milliseconds that closing may take past the deadline: it takes a few even when nothing lingers. */
const closingTime = 250;

/** A libzmq context: sockets that share an I/O thread. It and its sockets belong to the thread that made it. */
export class ZmqContext {
  readonly lib: Libzmq;
  readonly #handle: Handle;
  readonly #sockets = new Set<ZmqSocket>();
  #terminated: Promise<boolean> | undefined;

  static async create(): Promise<ZmqContext> {
    return new ZmqContext(await loadLibzmq());
  }

  constructor(lib: Libzmq) {
    this.lib = lib;
    const handle = lib.c.zmq_ctx_new();
    if (handle === null) throw lastError(lib, "zmq_ctx_new");
    this.#handle = handle;
    check(
      lib,
      lib.c.zmq_ctx_set(handle, contextOptions.maxSockets, maxSockets),
      "zmq_ctx_set ZMQ_MAX_SOCKETS",
    );
  }

  socket(type: SocketType): ZmqSocket {
    const handle = this.lib.c.zmq_socket(this.#handle, socketTypes[type]);
    if (handle === null) throw lastError(this.lib, `zmq_socket ${type}`);
    const socket = new ZmqSocket(this.lib, handle);
    this.#sockets.add(socket);
    return socket;
  }

  /**
   * Closes every socket, and ends the context once their unsent messages are sent or have lingered long enough.
   * After the deadline this goes on in the background.
   * @returns whether it ended before the deadline
   */
  terminate(deadline: AbortSignal): Promise<boolean> {
    this.#terminated ??= this.#terminate(deadline);
    return this.#terminated;
  }

  async #terminate(deadline: AbortSignal): Promise<boolean> {
    for (const socket of this.#sockets) socket.close();
    return (await withDeadline(this.#whenSocketsGone(), deadline, closingTime)) !== late;
  }

  // zmq_ctx_term blocks its thread until the last socket has lingered, but returns at once when all are gone. A closed
  // socket is gone when it does not count any more against the context's limit of sockets.
  async #whenSocketsGone(): Promise<void> {
    for (let pause = 1; !this.#allSocketsGone(); pause = Math.min(pause * 2, 50)) {
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
    this.lib.c.zmq_ctx_term(this.#handle);
  }

  #allSocketsGone(): boolean {
    const probes: Handle[] = [];
    while (probes.length < maxSockets) {
      const probe = this.lib.c.zmq_socket(this.#handle, socketTypes.pair);
      if (probe === null) break;
      probes.push(probe);
    }
    for (const probe of probes) this.lib.c.zmq_close(probe);
    return probes.length === maxSockets;
  }
}
