import type { Address } from "../../core/address.ts";
import { late, withDeadline, withTimeout } from "../../core/deadline.ts";
import { StartError } from "../../core/errors.ts";
import type { Problem } from "../../core/problem.ts";
import type { SampleRates } from "../../observe/observer.ts";
import type { BanChange } from "../guards/ban-list.ts";
import type { FromThread, StartMessage, ToThread } from "./thread-messages.ts";
import { InFlightTraffic } from "./traffic-relay.ts";

export interface ThreadStats {
  readonly problems: readonly Problem[];
  readonly stats: Readonly<Record<string, number>>;
  readonly clients: readonly string[];
}

export interface ThreadEvents {
  /** Log lines, traffic, counts of events sampled out, and failures after the start. */
  onMessage(message: FromThread): void;
  /** The thread has exited without having been asked to. */
  onExit(reason: string): void;
}

/** How long a thread may take for an answer that needs no waiting. */
const replyTimeoutMs = 1000;

/** How long after the deadline of a stop a thread is terminated. */
const terminateAfterMs = 500;

/** One worker thread of a service, as the main thread sees it. */
export class ThreadHandle {
  readonly #worker: Worker;
  readonly #events: ThreadEvents;
  /** Requests for stats that have not been answered yet. */
  readonly #requests = new Map<number, (stats: ThreadStats) => void>();
  readonly #renewals = new Map<number, (result: boolean | string) => void>();
  readonly #inFlight = new InFlightTraffic();
  #nextId = 1;
  #settleStart: ((outcome: readonly Address[] | Error) => void) | undefined;
  #resolveStop = () => {};
  #hasExited = false;
  /** It has been asked to start: what changes from now on it has to be told. */
  #isAsked = false;
  #isServing = false;
  #isStopping = false;
  #lastError = "";

  /** Begins to load the thread; the role is not started before `start`. */
  constructor(spawn: () => Worker, events: ThreadEvents) {
    this.#worker = spawn();
    this.#events = events;
    this.#worker.onmessage = (event: MessageEvent<FromThread>) => this.#receive(event.data);
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#lastError = lastLine(event.message);
    };
    this.#worker.addEventListener("close", () => this.#exited());
  }

  /** @throws {StartError} when the role cannot start in the thread, which has exited then */
  async start(message: Omit<StartMessage, "inFlight">): Promise<readonly Address[]> {
    const outcome = await new Promise<readonly Address[] | Error>((resolve) => {
      this.#settleStart = resolve;
      this.#isAsked = true;
      if (this.#hasExited) this.#failStart();
      else this.#post({ ...message, inFlight: this.#inFlight.memory });
    });
    if (outcome instanceof Error) {
      this.#terminate();
      throw outcome;
    }
    this.#isServing = true;
    return outcome;
  }

  /** Its counters and clients; undefined when it does not answer in time, because it is busy or has exited. */
  async read(): Promise<ThreadStats | undefined> {
    if (this.#hasExited) return undefined;
    const id = this.#nextId++;
    const { promise, resolve } = Promise.withResolvers<ThreadStats>();
    this.#requests.set(id, resolve);
    this.#post({ kind: "read", id });
    const answer = await withTimeout(promise, replyTimeoutMs);
    this.#requests.delete(id);
    return answer === late ? undefined : answer;
  }

  /** @returns whether any certificate is different @throws {Error} when they cannot be used, or it does not answer */
  async renewTls(config: unknown): Promise<boolean> {
    const id = this.#nextId++;
    const { promise, resolve } = Promise.withResolvers<boolean | string>();
    this.#renewals.set(id, resolve);
    this.#post({ kind: "renew-tls", id, config });
    const result = this.#hasExited ? late : await withTimeout(promise, replyTimeoutMs);
    this.#renewals.delete(id);
    if (result === late) throw new Error("a thread does not answer");
    if (typeof result === "string") throw new Error(result);
    return result;
  }

  /** Has no effect before the start, whose message carries the rates. */
  setRates(rates: SampleRates): void {
    if (this.#isServing && !this.#hasExited) this.#post({ kind: "rates", rates });
  }

  /** Has no effect before the start, whose message carries all bans. */
  changeBans(change: BanChange): void {
    if (this.#isAsked && !this.#hasExited) this.#post({ kind: "bans", change });
  }

  /** Lets the role drain until the deadline, then terminates the thread in any case. */
  async stop(deadline: AbortSignal, graceMs: number): Promise<void> {
    if (this.#hasExited) return;
    this.#isStopping = true;
    if (!this.#isServing) return this.#terminate();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#resolveStop = resolve;
    this.#post({ kind: "stop", graceMs });
    await withDeadline(promise, deadline, terminateAfterMs);
    this.#terminate();
  }

  #terminate(): void {
    this.#worker.terminate();
    this.#exited();
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
      case "stats":
        return this.#requests.get(message.id)?.(message);
      case "renewed-tls":
        return this.#renewals.get(message.id)?.(message.result);
      case "stopped":
        return this.#resolveStop();
      case "traffic":
        this.#events.onMessage(message);
        return this.#inFlight.taken(message.size);
      default:
        return this.#events.onMessage(message);
    }
  }

  #settle(outcome: readonly Address[] | Error): void {
    this.#settleStart?.(outcome);
    this.#settleStart = undefined;
  }

  #exited(): void {
    if (this.#hasExited) return;
    this.#hasExited = true;
    this.#resolveStop();
    if (this.#settleStart !== undefined) this.#failStart();
    else if (this.#isServing && !this.#isStopping) this.#events.onExit(this.#reason);
  }

  #failStart(): void {
    this.#settle(new StartError("failed", `the thread died while it started: ${this.#reason}`));
  }

  get #reason(): string {
    return this.#lastError === "" ? "it ended by itself" : this.#lastError;
  }
}

/** Bun puts an excerpt of the source above a worker's error message. */
function lastLine(message: string): string {
  const line = message.split("\n").findLast((text) => /^\s*(\w*[Ee]rror|Uncaught)/.test(text));
  return (line ?? message.split("\n")[0] ?? message).trim();
}
