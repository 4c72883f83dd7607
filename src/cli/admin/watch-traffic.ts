import { asDialError } from "../../net/dial-error.ts";
import { formatDuration } from "../../protocol/text/units.ts";
import { type CommandContext, defaultTimeout } from "../program/command-context.ts";
import { CliError, PeerError, TimedOutError } from "../program/errors.ts";
import { peerName } from "../program/peer.ts";
import { pause } from "../program/schedule.ts";
import { interruptible, within } from "../program/timeout.ts";
import { withAdminErrors } from "./client.ts";
import { type EventQuery, openEvents } from "./open-events.ts";
import type { AdminStream } from "./open-stream.ts";
import type { AdminPeer } from "./options.ts";
import { type ServerSentEvent, serverSentEvents } from "./server-sent-events.ts";
import { showEvent } from "./show-event.ts";

export interface WatchOptions extends EventQuery {
  readonly bytes?: true | undefined;
}

/**
 * Milliseconds of silence after which the server counts as lost. It sends a keep-alive every 15 s, so `--timeout`
 * cannot make it less than `min`.
 */
const silenceLimit = { min: 20_000, default: 45_000 };

/** Milliseconds between two attempts to reconnect: they double from `min` up to `max`. */
const backOff = { min: 250, max: 5000 };

/**
 * Shows events until Ctrl-C. A lost connection is made again and continues after the last event; `--timeout` limits
 * how long that is tried.
 * @throws {PeerError} when the server refuses, or is no distsrv
 */
export function watchTraffic(context: CommandContext, peer: AdminPeer, options: WatchOptions): Promise<void> {
  const watcher = new Watcher(context, peer, options);
  return withAdminErrors(peer, () => interruptible(context.signal, () => watcher.watch()));
}

class Watcher {
  #lastId: string | undefined;
  #connections = 0;

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

  /** Shows the events of one stream. @returns why it ended */
  async #show({ body, close }: AdminStream): Promise<string> {
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
          this.#noteReady();
        }
        await this.context.drained();
      }
    } finally {
      close();
    }
  }

  /** The next event, or why there is none any more. */
  async #next(
    events: AsyncGenerator<ServerSentEvent | undefined>,
    isReady: boolean,
  ): Promise<IteratorResult<ServerSentEvent | undefined> | string> {
    const { timeout, signal } = this.context;
    const limit = isReady
      ? Math.max(timeout ?? silenceLimit.default, silenceLimit.min)
      : (timeout ?? defaultTimeout);
    const name = peerName(this.peer);
    const message = (limit: string) => `No sign of life from ${name} within ${limit}`;
    try {
      return await within({ limit, signal, message }, () => events.next());
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof RangeError)
        throw new PeerError("bad-answer", `${name} sends no events of distsrv: ${error.message}`);
      if (!(error instanceof TimedOutError)) return "the connection broke";
      if (timeout !== undefined || this.#connections === 0) throw error;
      return `no sign of life within ${formatDuration(limit)}`;
    }
  }

  /** Tries until the server is there again. @throws {TimedOutError} after `--timeout`, where given */
  #reopen(): Promise<AdminStream> {
    const { context, peer, options } = this;
    const message = (limit: string) => `${peerName(peer)} did not come back within ${limit}`;
    const timeout = { limit: context.timeout ?? 0, signal: context.signal, message };
    return within(timeout, async (signal) => {
      for (let wait = backOff.min; ; wait = Math.min(wait * 2, backOff.max)) {
        await pause(wait, signal);
        try {
          return await openEvents(context, peer, options, this.#lastId);
        } catch (error) {
          signal.throwIfAborted();
          if (!isTemporary(error, peer)) throw error;
        }
      }
    });
  }

  #noteReady(): void {
    this.#connections++;
    this.context.endByInterrupt();
    this.context.note(`Watching ${peerName(this.peer)}${this.#connections > 1 ? " again" : ""}`);
  }
}

/** A server that is starting refuses connections; one to which many reconnect at once is busy for a moment. */
function isTemporary(error: unknown, { host, port }: AdminPeer): boolean {
  if (error instanceof CliError) return error instanceof TimedOutError || error.code === "busy";
  return asDialError(error, host, port) !== undefined;
}
