import type { Address } from "../../core/address.ts";
import type { DescriptorBudget } from "../../core/descriptors.ts";
import { describeError } from "../../core/errors.ts";
import type { Logger } from "../../core/log.ts";
import { type Problem, problem } from "../../core/problem.ts";
import { ThreadLoads } from "../../core/thread-loads.ts";
import type { SampleRates } from "../../observe/observer.ts";
import type { TrafficHub } from "../../observe/traffic-hub.ts";
import type { OperationDefinition, PlannedService } from "../config/plan.ts";
import type { BanList } from "../guards/ban-list.ts";
import { backoff } from "./backoff.ts";
import type { Runner } from "./runner.ts";
import { ThreadHandle } from "./thread-handle.ts";
import type { FromThread, StartMessage } from "./thread-messages.ts";

export interface ThreadsOptions {
  readonly count: number;
  readonly spawn: () => Worker;
  readonly log: Logger;
  readonly hub: TrafficHub;
  readonly version: string;
  readonly operations: readonly OperationDefinition[];
  readonly descriptors?: DescriptorBudget | undefined;
  readonly bans?: BanList | undefined;
  readonly graceMs: number;
  readonly fail: (error: Error) => void;
}

/**
 * A service in worker threads that share its port. The threads begin to load when this is constructed, so that those
 * of several services load in parallel, while the services start one after the other.
 */
export class Threads implements Runner {
  addresses: readonly Address[] = [];
  readonly views = {};
  readonly actions = {};
  readonly dataDirectory = undefined;
  readonly #planned: PlannedService;
  readonly #options: ThreadsOptions;
  readonly #handles = new Map<number, ThreadHandle>();
  readonly #pauses = new Map<number, ReturnType<typeof backoff>>();
  readonly #timers = new Set<Timer>();
  /** Counters of threads that have exited, because a total must never decrease. */
  readonly #exitedStats: Record<string, number> = {};
  readonly #unsubscribe: (() => void)[];
  readonly #lastStats = new Map<number, Readonly<Record<string, number>>>();
  /** Threads that load and have not been started. */
  readonly #loading: { readonly thread: number; readonly handle: ThreadHandle }[] = [];
  /** Threads whose role starts just now. */
  readonly #starting = new Set<ThreadHandle>();
  readonly #loads: ThreadLoads;
  /** The start of the last thread: they start one after the other, so that the order of their listeners is known. */
  #lastStart: Promise<unknown> = Promise.resolve();
  #stopping = false;
  /** What the threads said last is wrong; they have the same certificates. */
  #ownProblems: readonly Problem[] = [];

  /** @throws {Error} when a thread cannot be made, and leaves none behind */
  constructor(planned: PlannedService, options: ThreadsOptions) {
    this.#planned = planned;
    this.#options = options;
    this.#loads = ThreadLoads.forThreads(options.count);
    const leaveHub = options.hub.onRatesChange(() => {
      for (const handle of this.#handles.values()) handle.setRates(this.#ratesPerThread());
    });
    const leaveBans = options.bans?.onChange((change) => {
      for (const handle of [...this.#starting, ...this.#handles.values()]) handle.changeBans(change);
    });
    this.#unsubscribe = [leaveHub, ...(leaveBans === undefined ? [] : [leaveBans])];
    try {
      for (let thread = 1; thread <= options.count; thread++)
        this.#loading.push({ thread, handle: this.#open(thread) });
    } catch (error) {
      void this.stop(AbortSignal.abort());
      throw error;
    }
  }

  /** @throws {StartError} and leaves no thread behind */
  async start(): Promise<void> {
    try {
      // The first thread claims the port and learns its number; only then do the others share it.
      this.addresses = await this.#startThread(1);
      const others = Array.from({ length: this.#options.count - 1 }, (_, i) => this.#startThread(i + 2));
      await Promise.all(others);
    } catch (error) {
      await this.stop(AbortSignal.abort());
      throw error;
    }
  }

  async stats(): Promise<Readonly<Record<string, number>>> {
    const threads = await this.#readAll();
    const total: Record<string, number> = { ...this.#exitedStats };
    for (const { stats } of threads) add(total, stats);
    return { ...total, threads: this.#handles.size };
  }

  async clients(): Promise<readonly string[]> {
    return (await this.#readAll()).flatMap(({ thread, clients }) =>
      clients.map((client) => `${client} (thread ${thread})`),
    );
  }

  /** Each thread has a configuration of its own, from its start. */
  async reload(): Promise<boolean> {
    return false;
  }

  /** A thread that is replaced later reads them at its start. */
  async renewTls(config: unknown): Promise<boolean> {
    const renewals = [...this.#handles.values()].map((handle) => handle.renewTls(config));
    return (await Promise.all(renewals)).includes(true);
  }

  /** No service in threads says so. */
  unready(): undefined {}

  problems(): readonly Problem[] {
    const { count } = this.#options;
    const missing = count - this.#handles.size;
    if (this.#stopping) return [];
    if (missing <= 0) return this.#ownProblems;
    const text = `${missing} of ${count} threads are being replaced`;
    return [problem("threads-missing", text, { missing, count }), ...this.#ownProblems];
  }

  async stop(deadline: AbortSignal): Promise<void> {
    this.#stopping = true;
    for (const leave of this.#unsubscribe) leave();
    for (const timer of this.#timers) clearTimeout(timer);
    const grace = deadline.aborted ? 0 : this.#options.graceMs;
    const loading = this.#loading.splice(0).map(({ handle }) => handle);
    const handles = [...this.#handles.values(), ...this.#starting, ...loading];
    await Promise.all(handles.map((handle) => handle.stop(deadline, grace)));
    this.#handles.clear();
  }

  async #readAll() {
    const answers = await Promise.all(
      [...this.#handles].map(async ([thread, handle]) => ({ thread, answer: await handle.read() })),
    );
    return answers.map(({ thread, answer }) => {
      if (answer !== undefined) {
        this.#lastStats.set(thread, answer.stats);
        this.#ownProblems = answer.problems;
      }
      // A thread that is too busy to answer counts with its last stats.
      return { thread, stats: this.#lastStats.get(thread) ?? {}, clients: answer?.clients ?? [] };
    });
  }

  #open(thread: number): ThreadHandle {
    return new ThreadHandle(this.#options.spawn, {
      onMessage: (message) => this.#receive(message),
      onExit: (reason) => this.#exited(thread, reason),
    });
  }

  #startThread(thread: number): Promise<readonly Address[]> {
    const started = this.#lastStart.then(() => this.#startNow(thread));
    this.#lastStart = started.catch(() => {});
    return started;
  }

  async #startNow(thread: number): Promise<readonly Address[]> {
    if (this.#stopping) throw new Error("stopped while it started");
    const index = this.#loading.findIndex((loading) => loading.thread === thread);
    const handle = this.#loading.splice(index, index < 0 ? 0 : 1)[0]?.handle ?? this.#open(thread);
    // Before it listens, because it directs clients as soon as it does.
    this.#loads.listens(thread);
    const addresses = await this.#startIn(handle, thread);
    // The rates may have changed while the thread started.
    handle.setRates(this.#ratesPerThread());
    if (!this.#stopping) return addresses;
    await handle.stop(AbortSignal.abort(), 0);
    this.#handles.delete(thread);
    throw new Error("stopped while it started");
  }

  async #startIn(handle: ThreadHandle, thread: number): Promise<readonly Address[]> {
    this.#starting.add(handle);
    try {
      const addresses = await handle.start(this.#startMessage(thread));
      this.#handles.set(thread, handle);
      return addresses;
    } catch (error) {
      this.#loads.gone(thread);
      throw error;
    } finally {
      this.#starting.delete(handle);
    }
  }

  #startMessage(thread: number): Omit<StartMessage, "inFlight"> {
    const { operations, descriptors, version, bans } = this.#options;
    return {
      kind: "start",
      role: this.#planned.role.name,
      service: this.#planned.name,
      version,
      config: this.#configFor(),
      operations,
      descriptors,
      thread,
      // Once a thread has claimed the port, all later ones join it, even if no thread is left: the listener of a
      // thread that is about to exit would make an exclusive claim fail.
      joins: this.addresses.length > 0,
      loads: this.#loads.memory,
      rates: this.#ratesPerThread(),
      bans: bans?.list(),
    };
  }

  /** Each thread gets an equal part of the service's rates. */
  #ratesPerThread(): SampleRates {
    const { hub, count } = this.#options;
    return Object.fromEntries(
      Object.entries(hub.ratesFor(this.#planned.name)).map(([kind, rate]) => [kind, Math.ceil(rate / count)]),
    );
  }

  /** The configuration with the port that the first thread was given, where it says port 0. */
  #configFor(): unknown {
    const { config } = this.#planned;
    const [address] = this.addresses;
    const isAnyPort = typeof config === "object" && config !== null && "port" in config && config.port === 0;
    return isAnyPort && address !== undefined ? { ...config, port: address.port } : config;
  }

  #receive(message: FromThread): void {
    const { hub, log, fail } = this.#options;
    switch (message.kind) {
      case "log":
        return log[message.level](message.message, message.fields);
      case "traffic":
        for (const event of message.events) hub.relay(event);
        return;
      case "sampled-out":
        return hub.relaySampledOut(this.#planned.name, message.traffic, message.count);
      case "failed":
        return fail(new Error(message.message));
    }
  }

  #exited(thread: number, reason: string): void {
    this.#handles.delete(thread);
    this.#loads.gone(thread);
    add(this.#exitedStats, onlyCounters(this.#lastStats.get(thread) ?? {}));
    this.#lastStats.delete(thread);
    if (this.#stopping) return;
    this.#options.log.error(
      `Thread ${thread} died: ${reason}. ${this.#handles.size} serve on while it is replaced`,
    );
    this.#replace(thread);
  }

  #replace(thread: number): void {
    const pause = this.#pauses.get(thread) ?? backoff({ firstMs: 0 });
    this.#pauses.set(thread, pause);
    const timer = setTimeout(async () => {
      this.#timers.delete(timer);
      try {
        await this.#startThread(thread);
        this.#options.log.info(`Thread ${thread} has been replaced`);
      } catch (error) {
        if (this.#stopping) return;
        this.#options.log.error(`Cannot replace thread ${thread}: ${describeError(error)}`);
        if (this.#handles.size === 0) this.#options.fail(new Error("no thread is left", { cause: error }));
        else this.#replace(thread);
      }
    }, pause.next());
    this.#timers.add(timer);
  }
}

function add(total: Record<string, number>, stats: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(stats)) total[name] = (total[name] ?? 0) + value;
}

function onlyCounters(stats: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(stats).filter(([name]) => name.endsWith("_total")));
}
