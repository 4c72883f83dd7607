import type { Counters } from "../broker/counters.ts";
import type { Clock } from "../ports/clock.ts";
import type { Turns } from "./scheduler.ts";
import type { Session } from "./session.ts";

/** After so many milliseconds all queues may be looked through again. */
const pause = 1000;

interface Surroundings {
  readonly sessions: ReadonlyMap<string, Session>;
  readonly clock: Clock;
  readonly turns: Turns;
  readonly counters: Counters;
}

/** Takes out of queues what has expired there: what nobody will get must not keep out what somebody would. */
export class Expired {
  readonly #broker: Surroundings;
  /** Goes through all sessions, a part at a time. */
  #round: Iterator<Session> | undefined;
  #nextRound = 0;

  constructor(broker: Surroundings) {
    this.#broker = broker;
  }

  /**
   * Makes room in a session's queue, or in any when it is all of them that hold too much. The time for it is the
   * turn's: when that is spent, the next turn goes on.
   * @returns whether anything has been taken out
   */
  clearOut(session: Session, isAll: boolean): boolean {
    const { clock, turns } = this.#broker;
    const start = clock.now();
    const end = start + turns.left;
    if (start >= end) return false;
    const count = this.#throwOut(session, start) + (isAll ? this.#throwOutAll(start, end) : 0);
    turns.spend(clock.now() - start);
    return count > 0;
  }

  #throwOutAll(start: number, end: number): number {
    const { sessions, clock } = this.#broker;
    let count = 0;
    if (this.#round === undefined && start < this.#nextRound) return 0;
    this.#round ??= sessions.values();
    for (let now = start; now < end; now = clock.now()) {
      const { done, value } = this.#round.next();
      if (done) {
        this.#round = undefined;
        this.#nextRound = now + pause;
        break;
      }
      count += this.#throwOut(value, now);
    }
    return count;
  }

  #throwOut({ queue, journal }: Session, now: number): number {
    const expired = queue.takeExpired(now);
    for (const pending of expired) journal?.dropped(pending);
    this.#broker.counters.drop("expired", expired.length);
    return expired.length;
  }
}
