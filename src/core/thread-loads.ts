/** Where the numbers for the threads begin: before them come 8 bytes for the targets, and the lock. */
const lock = 2;
const counts = 3;

/**
 * How many clients each thread of a service has, in memory that they share. The main thread says which threads listen,
 * and each thread counts its own clients.
 */
export class ThreadLoads {
  readonly #numbers: Int32Array;
  readonly #targets: BigInt64Array;

  /** @param memory what `memory` of another thread's `ThreadLoads` gave */
  constructor(readonly memory: SharedArrayBuffer) {
    this.#numbers = new Int32Array(memory);
    this.#targets = new BigInt64Array(memory, 0, 1);
  }

  static forThreads(count: number): ThreadLoads {
    const bytes = (counts + 2 * count) * Int32Array.BYTES_PER_ELEMENT;
    // In whole numbers of 64 bits.
    const loads = new ThreadLoads(new SharedArrayBuffer(Math.ceil(bytes / 8) * 8));
    for (let thread = 1; thread <= count; thread++) loads.#place(thread, -1);
    return loads;
  }

  get #threads(): number {
    return Math.floor((this.#numbers.length - counts) / 2);
  }

  /** The positions of the listeners that new clients are directed to, as bits; 0: not directed. */
  get targets(): bigint {
    return BigInt.asUintN(64, Atomics.load(this.#targets, 0));
  }

  set targets(positions: bigint) {
    Atomics.store(this.#targets, 0, BigInt.asIntN(64, positions));
  }

  /** The thread has clients more, or less. */
  add(thread: number, clients: number): void {
    Atomics.add(this.#numbers, this.#countAt(thread), clients);
  }

  /** The thread listens. To be called in the order in which they began: the system numbers its listeners by it. */
  listens(thread: number): void {
    this.#place(thread, this.#listening().length);
  }

  /** The thread is gone. The system gives its position to the listener that began last. */
  gone(thread: number): void {
    const position = this.#position(thread);
    Atomics.store(this.#numbers, this.#countAt(thread), 0);
    // It may have died while it held the lock.
    Atomics.store(this.#numbers, lock, 0);
    if (position < 0) return;
    const lastPosition = this.#listening().length - 1;
    const last = this.#listening().find((other) => this.#position(other) === lastPosition);
    if (last !== undefined) this.#place(last, position);
    this.#place(thread, -1);
    this.targets = 0n;
  }

  /**
   * The positions of the threads with the fewest clients, as bits; 0: none listens. One with at most an eighth more
   * is as good, so that the answer does not change with each of thousands.
   */
  leastBusy(): bigint {
    const listening = this.#listening();
    const fewest = Math.min(...listening.map((thread) => this.#count(thread)));
    const enough = fewest + Math.floor(fewest / 8);
    return listening
      .filter((thread) => this.#count(thread) <= enough)
      .reduce((positions, thread) => positions | (1n << BigInt(this.#position(thread))), 0n);
  }

  /** Calls unless another thread is in such a call. @returns whether it called */
  exclusively(call: () => void): boolean {
    if (Atomics.compareExchange(this.#numbers, lock, 0, 1) !== 0) return false;
    try {
      call();
    } finally {
      Atomics.store(this.#numbers, lock, 0);
    }
    return true;
  }

  #listening(): number[] {
    return Array.from({ length: this.#threads }, (_, index) => index + 1).filter(
      (thread) => this.#position(thread) >= 0,
    );
  }

  #countAt(thread: number): number {
    return counts + thread - 1;
  }

  #count(thread: number): number {
    return Atomics.load(this.#numbers, this.#countAt(thread));
  }

  #position(thread: number): number {
    return Atomics.load(this.#numbers, this.#countAt(thread) + this.#threads);
  }

  #place(thread: number, position: number): void {
    Atomics.store(this.#numbers, this.#countAt(thread) + this.#threads, position);
  }
}
