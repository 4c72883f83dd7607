/** Somebody for whom memory is held. */
export interface Holder {
  readonly held: number;
  /** What was counted for it last. */
  accounted: number;
}

/**
 * The memory that all peers of a service hold together: unfinished messages, requests that wait, replies that are not
 * read. Past the limit those go who have been holding longest: an honest message is soon complete.
 */
export class HeldBytes<T extends Holder> {
  readonly limit: number;
  readonly #expel: (holder: T) => void;
  /** In the order in which they began to hold. */
  readonly #holders = new Set<T>();
  #total = 0;

  /** @param expel ends the holder, after which `remove` is called for it */
  constructor(limit: number, expel: (holder: T) => void) {
    this.limit = limit;
    this.#expel = expel;
  }

  get total(): number {
    return this.#total;
  }

  /** Counts anew what it holds. */
  update(holder: T): void {
    this.#count(holder);
    if (this.#total > this.limit) this.#makeRoom();
  }

  remove(holder: T): void {
    this.#total -= holder.accounted;
    holder.accounted = 0;
    this.#holders.delete(holder);
  }

  #count(holder: T): void {
    const { held, accounted } = holder;
    if (held === accounted) return;
    holder.accounted = held;
    this.#total += held - accounted;
    if (held === 0) this.#holders.delete(holder);
    else this.#holders.add(holder);
  }

  #makeRoom(): void {
    // What a peer has read meanwhile is not counted until its queue is empty.
    for (const holder of [...this.#holders]) this.#count(holder);
    for (const holder of this.#holders) {
      if (this.#total <= this.limit) return;
      this.#expel(holder);
      this.remove(holder);
    }
  }
}
