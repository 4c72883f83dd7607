import type { LinuxFunctions } from "./library.ts";

const epoll = { add: 1, readable: 1 } as const;

/** Bun takes a file descriptor here, as its documentation of `FdSocketOptions` says; its types forget to. */
const connectFd: (options: Bun.FdSocketOptions) => Promise<Bun.Socket> = Bun.connect as never;

/**
 * Wakes the event loop when one of several file descriptors becomes readable, without reading from it.
 *
 * libzmq signals new work through a file descriptor (`ZMQ_FD`) that must be polled and never read. Bun cannot poll a
 * bare file descriptor, but `Bun.connect` takes the one of a connected socket. Given a duplicate of an epoll instance,
 * Bun polls it, fails to read from it when it becomes readable, and reports it as closed. Each wake-up uses up one
 * duplicate.
 */
export class EpollWaker {
  readonly #c: LinuxFunctions;
  readonly #wake: () => void;
  readonly #epoll: number;
  #state: "idle" | "armed" | "broken" | "closed" = "idle";
  #duplicate: Bun.Socket | undefined;

  /** @param wake called once after each `arm`, when a file descriptor is readable */
  constructor(c: LinuxFunctions, fds: readonly number[], wake: () => void) {
    this.#c = c;
    this.#wake = wake;
    this.#epoll = c.epoll_create1(0);
    if (this.#epoll < 0) this.#state = "broken";
    for (const fd of fds) {
      // struct epoll_event is an uint32_t of events and 64 bits of our own, unused: 12 bytes on x64, 16 on arm64.
      c.epoll_ctl(this.#epoll, epoll.add, fd, new Uint32Array([epoll.readable, 0, 0, 0]));
    }
  }

  /** False once it has woken without a readable file descriptor: then this mechanism does not work here. */
  get works(): boolean {
    return this.#state === "idle" || this.#state === "armed";
  }

  /** Stays armed until it wakes the event loop. */
  arm(): void {
    if (this.#state !== "idle") return;
    this.#state = "armed";
    const closed = () => this.#woken(this.#isReadable());
    const socket = { open() {}, data() {}, error() {}, close: closed };
    connectFd({ fd: this.#c.dup(this.#epoll), socket }).then(
      (duplicate) => {
        if (this.#state === "closed") duplicate.terminate();
        else if (this.#state === "armed") this.#duplicate = duplicate;
      },
      () => this.#woken(false),
    );
  }

  close(): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#duplicate?.terminate();
    this.#c.close(this.#epoll);
  }

  #woken(isReadable: boolean): void {
    if (this.#state === "closed") return;
    this.#state = isReadable ? "idle" : "broken";
    this.#duplicate = undefined;
    this.#wake();
  }

  #isReadable(): boolean {
    return this.#state !== "closed" && this.#c.epoll_wait(this.#epoll, new Uint32Array(4), 1, 0) !== 0;
  }
}
