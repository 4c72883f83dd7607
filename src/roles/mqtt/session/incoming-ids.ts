/** A chunk has the bits of 1024 identifiers in so many words; one more word counts them. */
const wordsPerChunk = 32;
const countAt = wordsPerChunk;

const noChunks: (Uint32Array | undefined)[] = [];

/**
 * A set of packet identifiers. Before MQTT 5 a client cannot be given a limit, so it may use all 65,535; they take
 * 8 KiB then, and not two megabytes, for as long as its session is kept. Most clients use a few of them in turn, so
 * the bits are allocated in chunks.
 */
export class IncomingIds {
  #chunks = noChunks;
  /** The chunk that was added to last: it stays when it is empty, to be used again. */
  #latest = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  has(id: number): boolean {
    const chunk = this.#chunks[chunkOf(id)];
    return chunk !== undefined && (chunk[wordOf(id)]! & bitOf(id)) !== 0;
  }

  add(id: number): void {
    const index = chunkOf(id);
    const chunk = this.#chunks[index] ?? this.#allocate(index);
    if (index !== this.#latest) this.#leave(index);
    const bits = chunk[wordOf(id)]!;
    if ((bits & bitOf(id)) !== 0) return;
    chunk[wordOf(id)] = bits | bitOf(id);
    chunk[countAt]!++;
    this.#size++;
  }

  /** @returns whether it was there */
  delete(id: number): boolean {
    const index = chunkOf(id);
    const chunk = this.#chunks[index];
    if (chunk === undefined) return false;
    const bits = chunk[wordOf(id)]!;
    if ((bits & bitOf(id)) === 0) return false;
    chunk[wordOf(id)] = bits & ~bitOf(id);
    chunk[countAt]!--;
    this.#size--;
    if (chunk[countAt] === 0 && index !== this.#latest) this.#chunks[index] = undefined;
    return true;
  }

  #allocate(index: number): Uint32Array {
    if (this.#chunks === noChunks) this.#chunks = [];
    const chunk = new Uint32Array(wordsPerChunk + 1);
    this.#chunks[index] = chunk;
    return chunk;
  }

  #leave(index: number): void {
    if (this.#chunks[this.#latest]?.[countAt] === 0) this.#chunks[this.#latest] = undefined;
    this.#latest = index;
  }

  *[Symbol.iterator](): Generator<number, void, undefined> {
    if (this.#size === 0) return;
    for (let id = 1; id <= 65_535; id++) if (this.has(id)) yield id;
  }
}

const chunkOf = (id: number): number => id >> 10;
const wordOf = (id: number): number => (id >> 5) & (wordsPerChunk - 1);
const bitOf = (id: number): number => 1 << (id & 31);
