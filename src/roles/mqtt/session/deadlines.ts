const step = 1000;

/** Things to do at a time, to the second: cheap to add and to take back, however many there are. */
export class Deadlines {
  readonly #slots = new Map<number, Set<() => void>>();
  #next: number;

  constructor(now: number) {
    this.#next = Math.floor(now / step);
  }

  /** @returns what takes it back */
  at(time: number, call: () => void): () => void {
    const slot = Math.max(this.#next, Math.ceil(time / step));
    const calls = this.#slots.get(slot) ?? new Set();
    this.#slots.set(slot, calls.add(call));
    return () => {
      if (calls.delete(call) && calls.size === 0) this.#slots.delete(slot);
    };
  }

  /** Does what has become due by `now`. */
  run(now: number): void {
    const last = Math.floor(now / step);
    for (; this.#next <= last; this.#next++) {
      const calls = this.#slots.get(this.#next);
      if (calls === undefined) continue;
      this.#slots.delete(this.#next);
      for (const call of calls) call();
    }
  }
}
