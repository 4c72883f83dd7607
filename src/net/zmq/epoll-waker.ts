import type { LinuxFunctions } from "./library.ts";

const epoll = { add: 1, readable: 1 } as const;

/** Bun takes a file descriptor here, as its documentation of `FdSocketOptions` says; its types forget to. */
const connectFd: (options: Bun.FdSocketOptions) => Promise<Bun.Socket> = Bun.connect as never;

/**
 * Wakes the event loop when one of several file descriptors becomes readable, without reading from it.
 *
 * libzmq tells of new work through a file descriptor (`ZMQ_FD`) that must be watched and never read. Bun has no
 * such watch, but it takes the file descriptor of a connected socket: given a copy of an epoll instance, it
 * watches that, finds no socket to read from when it turns readable, and reports it as closed. Each ring uses up
 * one copy.
 */
export class Doorbell {
  readonly #c: LinuxFunctions;
  readonly #ring: () => void;
  readonly #epoll: number;
  #state: "idle" | "armed" | "broken" | "closed" = "idle";
  #watch: Bun.Socket | undefined;

  /** @param ring called once for each time that the bell was armed and something has come */
  constructor(c: LinuxFunctions, fds: readonly number[], ring: () => void) {
    this.#c = c;
    this.#ring = ring;
    this.#epoll = c.epoll_create1(0);
    if (this.#epoll < 0) this.#state = "broken";
    for (const fd of fds) {
      // struct epoll_event is an uint32_t of events and 64 bits of our own, unused: 12 bytes on x64, 16 on arm64.
      c.epoll_ctl(this.#epoll, epoll.add, fd, new Uint32Array([epoll.readable, 0, 0, 0]));
    }
  }

  /** False once it has rung without cause: then this way of watching does not work here. */
  get works(): boolean {
    return this.#state === "idle" || this.#state === "armed";
  }

  /** Stays armed until it rings. */
  arm(): void {
    if (this.#state !== "idle") return;
    this.#state = "armed";
    const closed = () => this.#rung(this.#isReadable());
    const socket = { open() {}, data() {}, error() {}, close: closed };
    connectFd({ fd: this.#c.dup(this.#epoll), socket }).then(
      (watch) => {
        if (this.#state === "closed") watch.terminate();
        else if (this.#state === "armed") this.#watch = watch;
      },
      () => this.#rung(false),
    );
  }

  close(): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#watch?.terminate();
    this.#c.close(this.#epoll);
  }

  #rung(withCause: boolean): void {
    if (this.#state === "closed") return;
    this.#state = withCause ? "idle" : "broken";
    this.#watch = undefined;
    this.#ring();
  }

  #isReadable(): boolean {
    return this.#state !== "closed" && this.#c.epoll_wait(this.#epoll, new Uint32Array(4), 1, 0) !== 0;
  }
}
