import { type Pointer, ptr } from "bun:ffi";
import { pollEvents } from "./constants.ts";
import { EpollWaker } from "./epoll-waker.ts";
import type { Libzmq } from "./library.ts";
import type { ZmqSocket } from "./socket.ts";

/** Where the fields of zmq_pollitem_t lie: void *socket; int fd; short events; short revents. */
const item = { size: 16, socket: 0, events: 12 } as const;

/**
 * Milliseconds that a thread waits inside libzmq, without running its event loop, before it waits in the event loop.
 */
const blockingSlice = 5;

/**
 * Without a waker, the event loop polls at these intervals: `busy` until `busyFor` ms after the last work, then `idle`.
 */
const pollInterval = { busy: 1, idle: 10, busyFor: 100 } as const;

/** A timer's maximum delay. */
const maxTimer = 0x7fff_ffff;

export type Readiness = keyof typeof pollEvents;

/**
 * Waits until one of several sockets is ready, the time is over, or `wake` is called, while the event loop runs.
 *
 * A service's own thread (`mayBlock`) first waits a few milliseconds in zmq_poll, which returns faster than the event
 * loop wakes up. When nothing comes, and on the main thread always, libzmq's file descriptors wake the event loop. So a
 * busy service answers without delay, an idle one uses no processor time, and both notice at once that they must stop.
 */
export class ZmqWaiter {
  readonly #lib: Libzmq;
  readonly #mayBlock: boolean;
  readonly #count: number;
  readonly #itemMemory: DataView<ArrayBuffer>;
  readonly #items: Pointer;
  readonly #waker: EpollWaker | undefined;
  #lastTurn = performance.now();
  #lastWork = performance.now();
  #calls = 0;
  #awake = false;
  #endSleep = () => {};

  constructor(lib: Libzmq, sockets: readonly ZmqSocket[], mayBlock: boolean) {
    this.#lib = lib;
    this.#mayBlock = mayBlock;
    this.#count = sockets.length;
    this.#itemMemory = new DataView(new ArrayBuffer(item.size * sockets.length));
    this.#items = ptr(this.#itemMemory);
    sockets.forEach((socket, index) => {
      this.#itemMemory.setBigUint64(index * item.size + item.socket, BigInt(socket.handle), true);
    });
    const fds = sockets.map((socket) => socket.getInt("fd"));
    if (lib.linux !== undefined) this.#waker = new EpollWaker(lib.linux, fds, () => this.#endSleep());
  }

  /**
   * Whether a loop that never waits should let the event loop run. Reads the clock at every 32nd call only: read for
   * each of five million messages a second, it took a tenth of the time.
   */
  get isDue(): boolean {
    this.#calls++;
    return (this.#calls & 31) === 0 && this.#isOverdue;
  }

  get #isOverdue(): boolean {
    return performance.now() - this.#lastTurn > blockingSlice;
  }

  /** Lets the event loop run: timers, messages from other threads, other services. */
  async turn(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    this.#lastTurn = performance.now();
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
    if (this.#mayBlock && !this.#awake && events[0] !== "nothing" && this.#pollFirst(limit)) {
      if (this.#isOverdue) await this.turn();
      return true;
    }
    while (!this.#poll(this.#count, 0)) {
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

  /** Polls the service's own socket only: polling the monitor's as well costs a busy service a tenth of its speed. */
  #pollFirst(limit: number): boolean {
    return this.#poll(1, Math.min(blockingSlice, limit));
  }

  #poll(count: number, timeout: number): boolean {
    const isReady = this.#lib.c.zmq_poll(this.#items, count, Math.ceil(timeout)) > 0;
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
    this.#lastTurn = performance.now();
  }

  #pollAgainIn(): number {
    const quiet = performance.now() - this.#lastWork;
    return quiet < pollInterval.busyFor ? pollInterval.busy : pollInterval.idle;
  }
}
