import type { Clock } from "../ports/clock.ts";
import type { Counters } from "../wire/counters.ts";
import type { Journal } from "./journal.ts";
import type { Queue } from "./queue.ts";
import type { Scheduler } from "./scheduler.ts";

/** Minimum interval between two searches of all queues, in milliseconds. */
const roundPause = 1000;

/** Whose queue is searched. */
interface QueueOwner {
  readonly queue: Queue;
  readonly journal: Journal | undefined;
}

interface Dependencies {
  readonly sessions: ReadonlyMap<string, QueueOwner>;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly counters: Counters;
}

/**
 * Evicts expired messages from queues when a limit is reached. Otherwise they are dropped when their turn comes, in
 * `Sender.sendPending`.
 */
export class QueueExpiry {
  readonly #context: Dependencies;
  /** Goes through all sessions, a part at a time. */
  #round: Iterator<QueueOwner> | undefined;
  #nextRound = 0;

  constructor(context: Dependencies) {
    this.#context = context;
  }

  /**
   * Evicts from one queue, and from others when it is all of them together that hold too much. It takes its time from
   * the turn's budget: when that is spent, the next turn goes on.
   * @returns whether anything was evicted
   */
  evict(queue: Queue, journal: Journal | undefined, isAll: boolean): boolean {
    const { clock, scheduler } = this.#context;
    const start = clock.now();
    const end = start + scheduler.remaining;
    if (start >= end) return false;
    const count = this.#evictFrom(queue, journal, start) + (isAll ? this.#evictFromAll(start, end) : 0);
    scheduler.charge(clock.now() - start);
    return count > 0;
  }

  #evictFromAll(start: number, end: number): number {
    const { sessions, clock } = this.#context;
    let count = 0;
    if (this.#round === undefined && start < this.#nextRound) return 0;
    this.#round ??= sessions.values();
    for (let now = start; now < end; now = clock.now()) {
      const { done, value } = this.#round.next();
      if (done) {
        this.#round = undefined;
        this.#nextRound = now + roundPause;
        break;
      }
      count += this.#evictFrom(value.queue, value.journal, now);
    }
    return count;
  }

  #evictFrom(queue: Queue, journal: Journal | undefined, now: number): number {
    const expired = queue.removeExpired(now);
    for (const pending of expired) journal?.dequeued(pending);
    this.#context.counters.drop("expired", expired.length);
    return expired.length;
  }
}
