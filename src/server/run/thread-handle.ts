import type { Address } from "../../core/address.ts";
import { StartError } from "../../core/errors.ts";
import type { Appetite } from "../../observe/traffic-hub.ts";
import type { FromThread, ToThread } from "./thread-messages.ts";

export interface ThreadReading {
  readonly stats: Readonly<Record<string, number>>;
  readonly clients: readonly string[];
}

export interface ThreadEvents {
  /** Log lines, traffic, left-out counts and failures after start. */
  told(message: FromThread): void;
  /** The thread is gone without having been asked to stop. */
  died(reason: string): void;
}

/** How long a thread may take for an answer that needs no waiting. */
const patienceMs = 1000;

/** One worker thread of a service, from the main thread's side. */
export class ThreadHandle {
  readonly #worker: Worker;
  readonly #events: ThreadEvents;
  readonly #readings = new Map<number, (reading: ThreadReading) => void>();
  #nextId = 1;
  #settleStart: ((outcome: readonly Address[] | Error) => void) | undefined;
  #stopped = () => {};
  #isGone = false;
  #isServing = false;
  #isStopping = false;
  #lastError = "";

  /** The thread begins to load at once; it runs nothing until `start`. */
  constructor(spawn: () => Worker, events: ThreadEvents) {
    this.#worker = spawn();
    this.#events = events;
    this.#worker.onmessage = (event: MessageEvent<FromThread>) => this.#receive(event.data);
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#lastError = lastLine(event.message);
    };
    this.#worker.addEventListener("close", () => this.#gone());
  }

  /** @throws {StartError} when the role cannot start in the thread, which is gone then */
  async start(message: Extract<ToThread, { kind: "start" }>): Promise<readonly Address[]> {
    const outcome = await new Promise<readonly Address[] | Error>((resolve) => {
      this.#settleStart = resolve;
      if (this.#isGone) this.#diedEarly();
      else this.#post(message);
    });
    if (outcome instanceof Error) throw outcome;
    this.#isServing = true;
    return outcome;
  }

  /** Its counters and clients; undefined when it does not answer, because it is busy or gone. */
  async read(): Promise<ThreadReading | undefined> {
    if (this.#isGone) return undefined;
    const id = this.#nextId++;
    return await new Promise<ThreadReading | undefined>((resolve) => {
      const timer = setTimeout(() => done(undefined), patienceMs);
      const done = (reading: ThreadReading | undefined) => {
        clearTimeout(timer);
        this.#readings.delete(id);
        resolve(reading);
      };
      this.#readings.set(id, done);
      this.#post({ kind: "read", id });
    });
  }

  /** A thread that has not started yet is told with its start. */
  setAppetite(appetite: Appetite): void {
    if (this.#isServing && !this.#isGone) this.#post({ kind: "appetite", appetite });
  }

  /** Lets the role drain until the deadline, then ends the thread, whatever it does. */
  async stop(deadline: AbortSignal, graceMs: number): Promise<void> {
    if (this.#isGone) return;
    this.#isStopping = true;
    if (!this.#isServing) return this.#end();
    const stopped = new Promise<void>((resolve) => {
      this.#stopped = resolve;
    });
    this.#post({ kind: "stop", graceMs });
    // A role that honours the deadline stops by it; one that does not gets a moment more and is cut off.
    const cut = new Promise<void>((resolve) => {
      const later = () => setTimeout(resolve, patienceMs / 2);
      if (deadline.aborted) later();
      else deadline.addEventListener("abort", later, { once: true });
    });
    await Promise.race([stopped, cut]);
    this.#end();
  }

  #end(): void {
    this.#worker.terminate();
    this.#gone();
  }

  #post(message: ToThread): void {
    this.#worker.postMessage(message);
  }

  #receive(message: FromThread): void {
    switch (message.kind) {
      case "started":
        return this.#settle(message.addresses);
      case "refused":
        return this.#settle(new StartError(message.code, message.message));
      case "reading":
        return this.#readings.get(message.id)?.(message);
      case "stopped":
        return this.#stopped();
      default:
        return this.#events.told(message);
    }
  }

  #settle(outcome: readonly Address[] | Error): void {
    this.#settleStart?.(outcome);
    this.#settleStart = undefined;
  }

  #gone(): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#stopped();
    if (this.#settleStart !== undefined) this.#diedEarly();
    else if (this.#isServing && !this.#isStopping) this.#events.died(this.#reason);
  }

  #diedEarly(): void {
    this.#settle(new StartError("failed", `the thread died while it started: ${this.#reason}`));
  }

  get #reason(): string {
    return this.#lastError === "" ? "it ended by itself" : this.#lastError;
  }
}

/** Bun reports a worker's error with an excerpt of the source above it. */
function lastLine(message: string): string {
  const line = message.split("\n").findLast((text) => /^\s*(\w*[Ee]rror|Uncaught)/.test(text));
  return (line ?? message.split("\n")[0] ?? message).trim();
}
