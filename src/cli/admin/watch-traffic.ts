import { asDialError } from "../../net/dial-error.ts";
import { type CommandContext, defaultTimeout } from "../program/command-context.ts";
import { CliError, PeerError, TimedOutError } from "../program/errors.ts";
import { peerName } from "../program/peer.ts";
import { formatDuration, interruptible, pause, within } from "../program/timeout.ts";
import { reachingAdmin } from "./client.ts";
import { type EventQuery, type EventStream, openEvents } from "./open-events.ts";
import type { AdminPeer } from "./options.ts";
import { type ServerSentEvent, serverSentEvents } from "./server-sent-events.ts";
import { showEvent } from "./show-event.ts";

export interface WatchOptions extends EventQuery {
  readonly bytes?: true | undefined;
}

/** Milliseconds: the server gives a sign of life every 15 s, and is not taken for dead before the next is due. */
const leastSilence = 20_000;
const usualSilence = 45_000;

/** Milliseconds between two attempts to come back: the first, and the most that doubling makes of it. */
const backOff = { first: 250, most: 5000 };

/**
 * Shows events until Ctrl-C. A connection that is lost is made again, and goes on where it was; with `--timeout` for
 * no longer than that.
 * @throws {PeerError} when the server refuses, or is none
 */
export function watchTraffic(context: CommandContext, peer: AdminPeer, options: WatchOptions): Promise<void> {
  const watcher = new Watcher(context, peer, options);
  return reachingAdmin(peer, () => interruptible(context.signal, () => watcher.watch()));
}

class Watcher {
  #lastId: string | undefined;
  #times = 0;

  constructor(
    readonly context: CommandContext,
    readonly peer: AdminPeer,
    readonly options: WatchOptions,
  ) {}

  async watch(): Promise<never> {
    let stream = await openEvents(this.context, this.peer, this.options);
    for (;;) {
      const why = await this.#show(stream);
      this.context.note(`Lost ${peerName(this.peer)} (${why}); trying again`);
      stream = await this.#reopen();
    }
  }

  /** Until the stream ends. @returns why it did */
  async #show({ body, close }: EventStream): Promise<string> {
    const events = serverSentEvents(body);
    let isReady = false;
    try {
      for (;;) {
        const next = await this.#next(events, isReady);
        if (typeof next === "string") return next;
        if (next.done) return "it has ended the stream";
        if (next.value === undefined) continue;
        this.#lastId = next.value.id ?? this.#lastId;
        showEvent(this.context, next.value, this.options.bytes ?? false);
        if (next.value.event === "ready" && !isReady) {
          isReady = true;
          this.#greet();
        }
      }
    } finally {
      close();
    }
  }

  /** The next event, or why there is none. */
  async #next(
    events: AsyncGenerator<ServerSentEvent | undefined>,
    isReady: boolean,
  ): Promise<IteratorResult<ServerSentEvent | undefined> | string> {
    const { timeout, signal } = this.context;
    const limit = isReady ? Math.max(timeout ?? usualSilence, leastSilence) : (timeout ?? defaultTimeout);
    const name = peerName(this.peer);
    const complaint = (limit: string) => `No sign of life from ${name} within ${limit}`;
    try {
      return await within({ limit, signal, complaint }, () => events.next());
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof RangeError)
        throw new PeerError("bad-answer", `${name} sends no events of distsrv: ${error.message}`);
      if (!(error instanceof TimedOutError)) return "the connection broke";
      if (timeout !== undefined || this.#times === 0) throw error;
      return `no sign of life within ${formatDuration(limit)}`;
    }
  }

  /** The back-off ends when the server is there again. @throws {TimedOutError} after `--timeout`, where given */
  #reopen(): Promise<EventStream> {
    const { context, peer, options } = this;
    const complaint = (limit: string) => `${peerName(peer)} did not come back within ${limit}`;
    const deadline = { limit: context.timeout ?? 0, signal: context.signal, complaint };
    return within(deadline, async (signal) => {
      for (let wait = backOff.first; ; wait = Math.min(wait * 2, backOff.most)) {
        await pause(wait, signal);
        try {
          return await openEvents(context, peer, options, this.#lastId);
        } catch (error) {
          signal.throwIfAborted();
          if (!mayPass(error, peer)) throw error;
        }
      }
    });
  }

  #greet(): void {
    this.#times++;
    this.context.note(`Watching ${peerName(this.peer)}${this.#times > 1 ? " again" : ""}`);
  }
}

/** A server that starts refuses connections; one that was left by many is full for a moment. */
function mayPass(error: unknown, { host, port }: AdminPeer): boolean {
  if (error instanceof CliError) return error instanceof TimedOutError || error.code === "busy";
  return asDialError(error, host, port) !== undefined;
}
