import { forEachGuarded } from "../wire/guard.ts";

const resolution = 1000;

/** A timer wheel with slots of a second: a call is added and cancelled in constant time, however many there are. */
export class TimerWheel {
  readonly #slots = new Map<number, Set<() => void>>();
  #next: number;

  readonly #onError: (error: unknown) => void;

  constructor(now: number, onError: (error: unknown) => void = () => {}) {
    this.#next = Math.floor(now / resolution);
    this.#onError = onError;
  }

  /** @returns cancels the call */
  at(time: number, call: () => void): () => void {
    const slot = Math.max(this.#next, Math.ceil(time / resolution));
    const calls = this.#slots.get(slot) ?? new Set();
    this.#slots.set(slot, calls.add(call));
    return () => {
      if (calls.delete(call) && calls.size === 0) this.#slots.delete(slot);
    };
  }

  /** Calls what has become due by `now`. */
  run(now: number): void {
    const last = Math.floor(now / resolution);
    for (; this.#next <= last; this.#next++) {
      const calls = this.#slots.get(this.#next);
      if (calls === undefined) continue;
      this.#slots.delete(this.#next);
      forEachGuarded(calls, (call) => call(), this.#onError);
    }
  }
}
