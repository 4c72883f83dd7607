import type { Clock } from "../ports/clock.ts";
import { forEachGuarded } from "../wire/guard.ts";

/** How long all long work together may take in one turn of the event loop, in milliseconds. */
const turnBudget = 5;

/** Shares out the turns of the event loop: long work is done in slices, and everybody is served between them. */
export class Scheduler {
  readonly #clock: Clock;
  readonly #onError: (error: unknown) => void;
  readonly #deferred = new Set<() => void>();
  #spent = 0;
  #isScheduled = false;

  /** @param onError called with what a deferred call throws; the others are called all the same */
  constructor(clock: Clock, onError: (error: unknown) => void = () => {}) {
    this.#clock = clock;
    this.#onError = onError;
  }

  /** What is left of this turn's budget, in milliseconds. */
  get remaining(): number {
    return turnBudget - this.#spent;
  }

  /** Charges this turn's budget, which all share. */
  charge(milliseconds: number): void {
    if (milliseconds <= 0) return;
    this.#spent += milliseconds;
    this.#schedule();
  }

  /** Calls once in a later turn, in the order of the requests. */
  defer(call: () => void): void {
    this.#deferred.add(call);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#clock.soon(() => this.#begin());
  }

  #begin(): void {
    this.#isScheduled = false;
    this.#spent = 0;
    forEachGuarded(this.#due(), (call) => call(), this.#onError);
    if (this.#deferred.size > 0) this.#schedule();
  }

  /** As many of the deferred calls as the budget allows; what is deferred again meanwhile comes in the next turn. */
  *#due(): Generator<() => void> {
    let count = this.#deferred.size;
    for (const call of this.#deferred) {
      if (count-- === 0 || this.remaining <= 0) return;
      this.#deferred.delete(call);
      yield call;
    }
  }
}
