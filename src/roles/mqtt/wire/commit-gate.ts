import type { Store } from "../ports/store.ts";

/** Whoever has something to say that must wait for a commit. */
interface Speaker {
  flush(): void;
}

/**
 * When the store is asked to make durable what it has been told: before anything is written to the network, and
 * never in the middle of something that must be there as a whole or not at all.
 */
export class Commits {
  readonly #store: Pick<Store, "isDurable" | "commit">;
  readonly #onFailure: (cause: unknown) => void;
  readonly #soon: (call: () => void) => void;
  #depth = 0;
  #isScheduled = false;
  #hasFailed = false;
  readonly #late = new Set<Speaker>();

  constructor(
    store: Pick<Store, "isDurable" | "commit">,
    soon: (call: () => void) => void,
    onFailure: (cause: unknown) => void,
  ) {
    this.#store = store;
    this.#soon = soon;
    this.#onFailure = onFailure;
  }

  /** Something is under way: nobody writes early. */
  get isHeld(): boolean {
    return this.#depth > 0;
  }

  /** What happens until `release` belongs together. */
  hold(): void {
    if (this.#store.isDurable) this.#depth++;
  }

  release(): void {
    if (this.#depth === 0 || --this.#depth > 0) return;
    this.#schedule();
    if (this.#late.size === 0) return;
    const late = [...this.#late];
    this.#late.clear();
    for (const speaker of late) speaker.flush();
  }

  // Nobody may have anything to say in this turn: a message is retained, a client has gone.
  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#soon(() => {
      this.#isScheduled = false;
      this.commit();
    });
  }

  asOne(call: () => void): void {
    this.hold();
    try {
      call();
    } finally {
      this.release();
    }
  }

  /** Calls `flush` when nothing is under way any more. */
  whenReleased(speaker: Speaker): void {
    this.#late.add(speaker);
  }

  /** @returns false when nothing may be written any more: clients would hear of what a crash could undo */
  commit(): boolean {
    if (this.#hasFailed) return false;
    try {
      this.#store.commit();
      return true;
    } catch (error) {
      this.#hasFailed = true;
      this.#onFailure(error);
      return false;
    }
  }
}
