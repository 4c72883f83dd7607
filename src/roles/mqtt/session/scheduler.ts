import type { Clock } from "../ports/clock.ts";

/** How long all sessions together may look for retained messages in one turn of the event loop, in milliseconds. */
const perTurn = 5;

/** Shares the turns of the event loop: long work is done in pieces, and everybody is served between them. */
export class Turns {
  readonly #clock: Clock;
  readonly #waiting = new Set<() => void>();
  #spent = 0;
  #isScheduled = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** What is left of this turn, in milliseconds. */
  get left(): number {
    return perTurn - this.#spent;
  }

  /** Takes from this turn, for everybody. */
  spend(milliseconds: number): void {
    if (milliseconds <= 0) return;
    this.#spent += milliseconds;
    this.#schedule();
  }

  /** Calls in a later turn, once, in the order of asking. */
  later(call: () => void): void {
    this.#waiting.add(call);
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
    // Who asks again while this goes on comes in the next turn.
    let count = this.#waiting.size;
    for (const call of this.#waiting) {
      if (count-- === 0 || this.left <= 0) break;
      this.#waiting.delete(call);
      call();
    }
    if (this.#waiting.size > 0) this.#schedule();
  }
}
