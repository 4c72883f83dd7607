import type { Server } from "bun";
import { withDeadline, withTimeout } from "../../core/deadline.ts";
import type { DescriptorBudget } from "../../core/descriptors.ts";
import { describeError } from "../../core/errors.ts";
import type { Logger } from "../../core/log.ts";
import { nextDescriptor } from "../descriptors.ts";

export interface HttpListenerOptions {
  /** Opens the port. @throws the operating system's error */
  readonly listen: (port: number) => Server<undefined>;
  /** 0 lets the operating system choose. */
  readonly port: number;
  readonly log: Logger;
  /** Absent: connections are not limited by file descriptors. */
  readonly descriptors?: DescriptorBudget | undefined;
  /** The lowest free descriptor; another one in tests. */
  readonly next?: () => number;
  readonly checkMs?: number;
}

/** How often it looks whether descriptors are left. */
const defaultCheckMs = 1000;

/** How long requests in flight have for their answers before the connections are closed. */
const answerMs = 250;

/**
 * Listens with `Bun.serve`, which accepts whatever comes and reports no connection before its first request. When the
 * last file descriptors are used up, its event loop spins in accept(). So when the reserved descriptors are reached,
 * the port is closed with all its connections, after the requests in flight have been answered, and opened again once
 * there is room.
 */
export class HttpListener {
  readonly port: number;
  readonly #options: HttpListenerOptions;
  /** Absent while there is no room. */
  #server: Server<undefined> | undefined;
  #pauses = 0;
  #isChecking = false;
  #timer: Timer | undefined;
  #isStopped = false;

  /** @throws the operating system's error */
  constructor(options: HttpListenerOptions) {
    this.#options = options;
    this.#server = options.listen(options.port);
    this.port = this.#server.port ?? options.port;
    if (options.descriptors === undefined) return;
    this.#timer = setInterval(() => void this.#check(), options.checkMs ?? defaultCheckMs);
    this.#timer.unref();
  }

  get pendingRequests(): number {
    return this.#server?.pendingRequests ?? 0;
  }

  /** How often the port was closed for want of descriptors. */
  get pauses(): number {
    return this.#pauses;
  }

  get problem(): string | undefined {
    if (this.#server !== undefined || this.#isStopped) return undefined;
    return `It accepts no connections: nearly all of the ${this.#options.descriptors?.limit} file descriptors of this process are open; raise the limit (ulimit -n, LimitNOFILE=)`;
  }

  /** Stops accepting and lets requests in flight finish until the deadline. */
  async stop(deadline: AbortSignal): Promise<void> {
    this.#isStopped = true;
    clearInterval(this.#timer);
    await withDeadline(Promise.resolve(this.#server?.stop(false)), deadline);
    await this.#server?.stop(true);
  }

  async #check(): Promise<void> {
    if (this.#isChecking) return;
    this.#isChecking = true;
    const hasRoom = (this.#options.next ?? nextDescriptor)() < (this.#options.descriptors?.reserved ?? 0);
    if (this.#server === undefined) {
      if (hasRoom) this.#resume();
    } else if (!hasRoom) await this.#pause(this.#server);
    this.#isChecking = false;
  }

  async #pause(server: Server<undefined>): Promise<void> {
    this.#pauses++;
    // One line for the first and for every thousandth.
    if (this.#pauses % 1000 === 1) {
      this.#options.log.warning(
        `Closed its connections: nearly all of the ${this.#options.descriptors?.limit} file descriptors of this process are open. It accepts again when there is room (${this.#pauses} times so far)`,
      );
    }
    await withTimeout(server.stop(false), answerMs);
    await server.stop(true);
    if (!this.#isStopped) this.#server = undefined;
  }

  #resume(): void {
    try {
      this.#server = this.#options.listen(this.port);
    } catch (error) {
      // Somebody else has taken the port, or the descriptors. It is tried again at the next check.
      this.#options.log.error(`Cannot accept connections again: ${describeError(error)}`);
    }
  }
}
