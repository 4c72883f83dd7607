import { type Pointer, ptr } from "bun:ffi";
import { pollEvents } from "./constants.ts";
import { Doorbell } from "./epoll-waker.ts";
import type { Libzmq } from "./library.ts";
import type { ZmqSocket } from "./socket.ts";

/** Where the fields of zmq_pollitem_t lie: void *socket; int fd; short events; short revents. */
const item = { size: 16, socket: 0, events: 12 } as const;

/** Milliseconds that a thread waits in libzmq itself, deaf to its event loop, after it has been busy. */
const blockingSlice = 5;

/** Where nothing rings, the event loop looks this often: soon after work, and when there was none for a while. */
const lookEvery = { busy: 1, idle: 10, busyFor: 100 } as const;

/** The longest time that a timer takes. */
const longestTimer = 0x7fff_ffff;

export type Readiness = keyof typeof pollEvents;

/**
 * Waits until one of several sockets has work, the time is over, or somebody wakes it. The event loop runs
 * meanwhile.
 *
 * A thread of its own (`mayBlock`) first waits a few milliseconds in libzmq, which wakes it faster than the event
 * loop can; when nothing comes, and on the main thread always, libzmq wakes the event loop. So a busy service
 * answers without detours, an idle one uses no processor time, and both hear at once that they must stop.
 */
export class ZmqWaiter {
  readonly #lib: Libzmq;
  readonly #mayBlock: boolean;
  readonly #count: number;
  readonly #itemMemory: DataView<ArrayBuffer>;
  readonly #items: Pointer;
  readonly #doorbell: Doorbell | undefined;
  #lastTurn = performance.now();
  #lastWork = performance.now();
  #asked = 0;
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
    if (lib.linux !== undefined) this.#doorbell = new Doorbell(lib.linux, fds, () => this.#endSleep());
  }

  /**
   * Whether the event loop has not had its turn for so long that it should get one. Looks at the clock at every
   * 32nd question only: asked for each of five million messages a second, it took a tenth of the time.
   */
  get isDue(): boolean {
    this.#asked++;
    return (this.#asked & 31) === 0 && this.#isOverdue;
  }

  get #isOverdue(): boolean {
    return performance.now() - this.#lastTurn > blockingSlice;
  }

  /** Lets the event loop run: timers, messages from other threads, other services. */
  async turn(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    this.#lastTurn = performance.now();
  }

  /** From now on no wait lasts any longer. */
  wake(): void {
    this.#awake = true;
    this.#endSleep();
  }

  /**
   * @param events what to wait for, in the order of the sockets
   * @param limit milliseconds; 0 only looks
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
    this.#doorbell?.close();
  }

  /** Only the service's own socket: to watch the monitor's as well costs a busy service a tenth of its speed. */
  #pollFirst(limit: number): boolean {
    return this.#poll(1, Math.min(blockingSlice, limit));
  }

  #poll(count: number, timeout: number): boolean {
    const isReady = this.#lib.c.zmq_poll(this.#items, count, Math.ceil(timeout)) > 0;
    if (isReady) this.#lastWork = performance.now();
    return isReady;
  }

  /** Until the bell rings or somebody wakes us; may end early. */
  async #sleep(limit: number): Promise<void> {
    const hasBell = this.#doorbell?.works === true;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#endSleep = resolve;
    if (hasBell) this.#doorbell?.arm();
    const timer = setTimeout(resolve, Math.min(limit, hasBell ? longestTimer : this.#lookAgainIn()));
    await promise;
    clearTimeout(timer);
    this.#lastTurn = performance.now();
  }

  #lookAgainIn(): number {
    const quiet = performance.now() - this.#lastWork;
    return quiet < lookEvery.busyFor ? lookEvery.busy : lookEvery.idle;
  }
}
