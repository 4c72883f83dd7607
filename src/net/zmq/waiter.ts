import { type Pointer, ptr } from "bun:ffi";
import { pollEvents } from "./constants.ts";
import { EpollWaker } from "./epoll-waker.ts";
import type { Libzmq } from "./library.ts";
import type { ZmqSocket } from "./socket.ts";

/** Where the fields of zmq_pollitem_t lie: void *socket; int fd; short events; short revents. */
const item = { size: 16, socket: 0, events: 12 } as const;

/**
 * Without a waker, the event loop polls at these intervals: `busy` until `busyFor` ms after the last work, then `idle`.
 */
const pollInterval = { busy: 1, idle: 10, busyFor: 100 } as const;

/** A timer's maximum delay. */
const maxTimer = 0x7fff_ffff;

export type Readiness = keyof typeof pollEvents;

/**
 * Waits until one of several sockets is ready, the time is over, or `close` is called, while the event loop runs:
 * libzmq's file descriptors wake it.
 */
export class ZmqWaiter {
  readonly #lib: Libzmq;
  readonly #count: number;
  readonly #itemMemory: DataView<ArrayBuffer>;
  readonly #items: Pointer;
  readonly #waker: EpollWaker | undefined;
  #lastWork = performance.now();
  #awake = false;
  #endSleep = () => {};

  constructor(lib: Libzmq, sockets: readonly ZmqSocket[]) {
    this.#lib = lib;
    this.#count = sockets.length;
    this.#itemMemory = new DataView(new ArrayBuffer(item.size * sockets.length));
    this.#items = ptr(this.#itemMemory);
    sockets.forEach((socket, index) => {
      this.#itemMemory.setBigUint64(index * item.size + item.socket, BigInt(socket.handle), true);
    });
    const fds = sockets.map((socket) => socket.getInt("fd"));
    if (lib.linux !== undefined) this.#waker = new EpollWaker(lib.linux, fds, () => this.#endSleep());
  }

  /** Ends the current wait and all later ones. */
  wake(): void {
    this.#awake = true;
    this.#endSleep();
  }

  /**
   * @param events what to wait for, in the order of the sockets
   * @param limit milliseconds; 0 only polls
   * @returns whether there is work
   */
  async wait(events: readonly Readiness[], limit = Number.POSITIVE_INFINITY): Promise<boolean> {
    events.forEach((event, index) => {
      this.#itemMemory.setInt16(index * item.size + item.events, pollEvents[event], true);
    });
    const until = performance.now() + limit;
    while (!this.#poll()) {
      const left = until - performance.now();
      if (this.#awake || left <= 0) return false;
      await this.#sleep(left);
    }
    return true;
  }

  close(): void {
    this.wake();
    this.#waker?.close();
  }

  #poll(): boolean {
    const isReady = this.#lib.c.zmq_poll(this.#items, this.#count, 0) > 0;
    if (isReady) this.#lastWork = performance.now();
    return isReady;
  }

  /** Until the waker or `wake` ends it; may end early. */
  async #sleep(limit: number): Promise<void> {
    const hasWaker = this.#waker?.works === true;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#endSleep = resolve;
    if (hasWaker) this.#waker?.arm();
    const timer = setTimeout(resolve, Math.min(limit, hasWaker ? maxTimer : this.#pollAgainIn()));
    await promise;
    clearTimeout(timer);
  }

  #pollAgainIn(): number {
    const quiet = performance.now() - this.#lastWork;
    return quiet < pollInterval.busyFor ? pollInterval.busy : pollInterval.idle;
  }
}
